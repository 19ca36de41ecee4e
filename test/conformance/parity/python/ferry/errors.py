"""What can go wrong on a ferry line."""


class FerryError(Exception):
    pass


class BerthTaken(FerryError):
    def __init__(self, berth, ship):
        super().__init__(berth, ship)
        self.berth, self.ship = berth, ship

    def __str__(self):
        return f"berth {self.berth} is held by {self.ship}"


class Manifest:
    class Unreadable(FerryError):
        pass


class TooHeavy(ValueError):
    pass
