"""Loads and manifests."""
import json

from ferry.errors import Manifest, TooHeavy


def weigh(load):
    if load > 900:
        raise TooHeavy(f"{load} t are too much\nlimit: 900 t\n  (spring tide)")
    return load


def manifest(text):
    try:
        return json.loads(text)
    except ValueError:
        raise Manifest.Unreadable("page 3") from None


def stow(loads):
    left = []
    for load in loads:
        try:
            weigh(load)
        except TooHeavy as err:
            err.add_note(f"while stowing {len(loads)} loads")
            left.append(err)
    if left:
        raise ExceptionGroup("stowing failed", left)


def tariff(table, kind):
    try:
        return table[kind]
    except KeyError:
        return table["any"] / 0
