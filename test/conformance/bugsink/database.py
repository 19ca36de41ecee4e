"""What is in Bugsink's database.

database.py create PROJECT              makes a project of that number and prints its key
database.py compare FILE                compares the stored events of project 1 with those sent: FILE has payloads, JSON, one a line
database.py issues PROJECT EVENTS LEAST MOST    counts the events of a project, and its issues
"""
import json
import sys

import django

django.setup()

from events.models import Event  # noqa: E402
from issues.models import Issue  # noqa: E402
from projects.models import Project  # noqa: E402
from teams.models import Team  # noqa: E402


def create(number):
    team, _ = Team.objects.get_or_create(name="conformance")
    project = Project.objects.create(id=int(number), name="conformance " + number, team=team, retention_max_event_count=1_000_000)
    print(project.sentry_key.hex)


def compare(path):
    with open(path, encoding="utf-8") as lines:
        payloads = [json.loads(line) for line in lines]
    sent = {p["payload"]["event_id"]: p["payload"] for p in payloads if p["type"] == "event" and p["source"] == "exporter"}
    stored = {event_id.hex if hasattr(event_id, "hex") else event_id.replace("-", "") for event_id in Event.objects.filter(project_id=1).values_list("event_id", flat=True)}
    issues = Issue.objects.filter(project_id=1)
    print("%d events sent, %d stored, as %d issues" % (len(sent), len(stored), issues.count()))
    for event_id in sorted(set(sent) - stored)[:20]:
        print("not stored:", json.dumps(sent[event_id])[:2000])
    for event_id in sorted(stored - set(sent))[:20]:
        print("stored, but not among those sent to the fake:", event_id)
    digested = sum(issues.values_list("digested_event_count", flat=True))
    if digested != len(stored):
        print("the issues count %d events" % digested)
    sys.exit(0 if sent and set(sent) == stored and digested == len(stored) else 1)


def issues(project, events, least, most):
    found = Issue.objects.filter(project_id=int(project)).count()
    stored = Event.objects.filter(project_id=int(project)).count()
    print("%d events are %d issues" % (stored, found))
    sys.exit(0 if stored == int(events) and int(least) <= found <= int(most) else 1)


if __name__ == "__main__":
    {"create": create, "compare": compare, "issues": issues}[sys.argv[1]](*sys.argv[2:])
