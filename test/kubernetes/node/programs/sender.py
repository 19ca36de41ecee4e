"""Sends one error by OTLP to the agent of its node, again until it is taken; it says nothing of the pod that it is."""
import json
import os
import time
import urllib.error
import urllib.request

record = {"severityNumber": 17, "timeUnixNano": str(time.time_ns()), "body": {"stringValue": "sent by OTLP"}}
resource = {"attributes": [{"key": "k8s.pod.name", "value": {"stringValue": "somebody-else"}}]}
body = json.dumps({"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [record]}]}]}).encode()
url = f"http://{os.environ['AGENT']}:4318/v1/logs"
for _ in range(60):
    try:
        urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"}), timeout=5)
        break
    except (urllib.error.URLError, OSError) as error:
        print(error, flush=True)
        time.sleep(0.5)
time.sleep(3600)
