"""Berths and their ships."""
from ferry.errors import BerthTaken, FerryError

BERTHS = {"N1": "Aurora", "N2": None}


class Harbour:
    def __init__(self, name):
        self.name = name

    def moor(self, ship, berth):
        held = BERTHS[berth]
        if held is not None:
            raise BerthTaken(berth, held)
        return self._tie(ship, berth)

    def _tie(self, ship, berth):
        BERTHS[berth] = ship
        return berth

    @staticmethod
    def depth(text):
        return float(text)

    def plan(self, ships):
        return [self.moor(ship, berth) for ship, berth in ships]


def reroute(ship):
    try:
        Harbour("north").moor(ship, "N1")
    except BerthTaken as err:
        raise FerryError(f"no way in for {ship}") from err


def count(n):
    return 0 if n < 0 else count(n - 1) + 1 / n


async def arrive(ship, berth):
    return Harbour("north").moor(ship, berth)
