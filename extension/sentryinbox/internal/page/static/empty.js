// What a person sees first: nothing has come yet, and what to do next.

import { h } from "./dom.js";
import { copyButton } from "./parts.js";

const origin = location.origin;
const dsn = `${location.protocol}//inbox@${location.host}/1`;

// Each run makes a new id: the same id again would be counted as a repeat.
const curl = `id=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')
curl ${origin}/api/1/envelope/ \\
  -H 'X-Sentry-Auth: Sentry sentry_version=7, sentry_key=inbox' \\
  --data-binary @- <<EOF
{"event_id":"$id","sent_at":"$(date -u +%FT%TZ)","sdk":{"name":"curl","version":"1.0"}}
{"type":"event","length":148}
{"event_id":"$id","timestamp":$(date +%s),"platform":"other","level":"error","logentry":{"formatted":"Hello from curl"}}
EOF`;

const collector = `exporters:
  sentry:
    dsn: ${dsn}`;

const otlp = `curl http://127.0.0.1:4318/v1/logs -H 'Content-Type: application/json' -d '{
  "resourceLogs": [{"resource": {"attributes": [
      {"key": "service.name", "value": {"stringValue": "shop"}}]},
    "scopeLogs": [{"logRecords": [{
      "severityNumber": 17, "body": {"stringValue": "payment failed"},
      "attributes": [
        {"key": "exception.type", "value": {"stringValue": "CardDeclined"}},
        {"key": "exception.message", "value": {"stringValue": "insufficient funds"}}]}]}]}]}'`;

function step(n, title, text, code) {
  return h("li", { class: "step" },
    h("span", { class: "step-number", text: n, "aria-hidden": "true" }),
    h("div", { class: "step-body" }, h("h2", { text: title }), h("p", { text }),
      h("div", { class: "code" }, h("pre", { tabindex: 0 }, h("code", { text: code })), copyButton(code, "Copy the command"))));
}

export function emptyInbox() {
  return h("section", { class: "empty", "data-key": "empty" },
    h("div", { class: "empty-head" },
      h("div", { class: "radar", "aria-hidden": "true" }, h("span"), h("span"), h("span")),
      h("h1", { text: "Waiting for the first envelope" }),
      h("p", { text: "Whatever is sent here shows up by itself: issues, transactions, logs, and every rule of the protocol that was broken." })),
    h("ol", { class: "steps" },
      step(1, "Point the exporter here", "In the Collector's configuration. Any Sentry SDK takes the same DSN.", collector),
      step(2, "Send an error through the Collector", "A log record with an exception, over OTLP.", otlp),
      step(3, "Or try the inbox by itself", "An event, straight from the command line.", curl)),
    h("p", { class: "dim centre", text: "Kept in memory only: a restart forgets everything." }));
}
