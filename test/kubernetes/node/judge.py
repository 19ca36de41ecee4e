"""Are the four crashes in the inbox, each with its frames, breadcrumbs, pod, workload and release? Prints what it found; exits 1 if not."""
import json
import sys
import urllib.request

inbox = sys.argv[1]
wanted = {  # workload: release, type, innermost function
    "shop-java": ("1.1.0", "IllegalStateException", "take"),
    "shop-python": ("1.2.0", "LookupError", "take"),
    "shop-go": ("1.3.0", "plainError", "take"),
    "shop-node": ("1.4.0", "RangeError", "take"),
}


def get(path):
    with urllib.request.urlopen(inbox + path) as answer:
        return json.load(answer)


faults = 0
seen = {}
for item in get("/api/0/events/"):
    event = get(f"/api/0/events/{item['eventID']}/")["event"]
    if isinstance(event, str):
        event = json.loads(event)
    tags = event.get("tags") or {}
    seen.setdefault(tags.get("k8s.deployment.name"), []).append(event)

for workload, (release, kind, function) in wanted.items():
    events = seen.get(workload, [])
    if not events:
        print(f"{workload}: no event")
        faults += 1
        continue
    event = events[0]
    thrown = (event.get("exception") or {"values": [{}]})["values"][-1]
    frames = (thrown.get("stacktrace") or {}).get("frames") or []
    crumbs = event.get("breadcrumbs") or []
    crumbs = crumbs if isinstance(crumbs, list) else crumbs["values"]
    found = {
        "release": event.get("release") == release,
        "type": kind in thrown.get("type", ""),
        "frames": len(frames) >= 2 and function in frames[-1].get("function", ""),
        "breadcrumbs": any("order 4711" in json.dumps(c) for c in crumbs),
        "pod": (event.get("server_name") or "").startswith(workload + "-"),
        "environment": event.get("environment") == "production",
    }
    missing = [name for name, there in found.items() if not there]
    faults += len(missing)
    print(f"{workload}: {thrown.get('type')}: {thrown.get('value')} in {len(frames)} frames, {len(crumbs)} breadcrumbs, "
          f"release {event.get('release')}, pod {event.get('server_name')}" + (f"; WRONG: {', '.join(missing)}" if missing else ""))
sent = [e for events in seen.values() for e in events if (e.get("logentry") or {}).get("formatted") == "sent by OTLP"]
if not sent or sent[0].get("server_name") != "sender" or sent[0].get("release") != "1.2.0":
    print("OTLP: WRONG:", [(e.get("server_name"), e.get("release")) for e in sent])
    faults += 1
else:
    print("OTLP: an error from the pod sender, known by its address")
sys.exit(1 if faults else 0)
