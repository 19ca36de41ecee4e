"""Relay's own normaliser on every payload: normalize.py PAYLOADS (JSON, one a line: source, type, payload).

It is the Rust code that Sentry's Relay runs. What it repairs or removes it says in `errors` and in `_meta`; a good payload has neither.
The exit code is 1 where one payload was repaired, or none was there.
"""
import collections
import json
import sys

from sentry_relay.processing import StoreNormalizer

SHOWN = 20


def errors_in(meta, path=""):
    """Every place of `_meta` with an error."""
    if isinstance(meta, dict):
        own = meta.get("")
        if isinstance(own, dict) and own.get("err"):
            yield path, own["err"]
        for key, value in meta.items():
            if key:
                yield from errors_in(value, path + "." + key if path else key)


def repairs_of(normalizer, payload):
    event = normalizer.normalize_event(dict(payload))
    repairs = [json.dumps(e) for e in event.get("errors") or []]
    return repairs + ["%s: %s" % (path, json.dumps(err)) for path, err in errors_in(event.get("_meta") or {})]


def main():
    normalizer = StoreNormalizer(project_id=1)
    broken = {"exception": {"values": [{"type": "E", "stacktrace": {"frames": [{"function": "f", "lineno": "abc"}]}}]}}
    if not repairs_of(normalizer, broken):
        sys.exit("the normaliser does not repair what is broken: it judges nothing")
    counts, bad = collections.Counter(), []
    with open(sys.argv[1], encoding="utf-8") as lines:
        for line in lines:
            given = json.loads(line)
            counts[given["type"]] += 1
            repairs = repairs_of(normalizer, given["payload"])
            if repairs:
                bad.append((given["source"], given["type"], given["payload"].get("event_id"), repairs))
    for source, kind, event_id, repairs in bad[:SHOWN]:
        print("%s: %s %s" % (source, kind, event_id))
        for repair in repairs[:5]:
            print("   ", repair)
    print(", ".join("%d of type %s" % (n, kind) for kind, n in sorted(counts.items())) + ": %d repaired" % len(bad))
    sys.exit(1 if bad or not counts else 0)


if __name__ == "__main__":
    main()
