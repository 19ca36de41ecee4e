def departures(day):
    return [d for d in day
