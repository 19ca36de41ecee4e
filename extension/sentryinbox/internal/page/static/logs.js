// Sentry Logs.

import { h, icon } from "./dom.js";
import { get } from "./api.js";
import { clock, full, plural } from "./format.js";
import { choice, facets, fields, filtersOf, levelClass, nothingFound, shownOf, toolbar, valueNode } from "./parts.js";

const limit = 300;
const levels = ["fatal", "error", "warn", "info", "debug", "trace"];

export const load = (ctx) => get("logs/", filtersOf(ctx, limit));
export const title = () => "Logs";

export function render({ data: list, hits }, ctx) {
  return [
    h("h1", { class: "visually-hidden", text: "Logs", "data-key": "h1" }),
    toolbar(ctx, "Search logs: words, level:warn, any.attribute:value", facets(ctx), choice(ctx, "level", "Level", levels)),
    list.length === 0
      ? nothingFound(ctx, "logs", "Structured logs (log containers) are shown here. The exporter sends them where logs.enabled is true.")
      : h("div", { class: "list", "data-key": "list" }, h("div", { class: "list-head", "aria-hidden": "true", "data-key": "head" }, h("span", { text: plural(hits, "log") }), h("span", { class: "push", text: "newest first" })), logList(list)),
    shownOf(list.length, hits, "logs"),
  ];
}

export function logList(list) {
  return h("ul", { class: "rows logs", "data-key": "logs" }, list.map(row));
}

function row(log) {
  const at = new Date(log.timestamp);
  const attributes = Object.entries(log.attributes || {}).sort(([a], [b]) => a.localeCompare(b));
  return h("li", { class: `log ${levelClass(log.level)}`, "data-key": `log${log.id}` }, h("details", null,
    h("summary", { class: "log-line" },
      h("time", { class: "log-time mono", datetime: log.timestamp, title: full(at), text: clock(at) }),
      h("span", { class: `log-level ${levelClass(log.level)}`, text: log.level || "?" }),
      h("span", { class: "log-body mono", text: log.body }), icon("next")),
    h("div", { class: "log-more" },
      h("pre", { class: "log-full", text: log.body }),
      h("p", { class: "small log-links" }, log.traceID && h("a", { href: `#/traces/${log.traceID}` }, icon("trace"), `Trace ${log.traceID.slice(0, 8)}`), h("a", { href: `#/protocol/${log.envelopeID}`, text: `Envelope #${log.envelopeID}` }),
        h("span", { class: "dim", text: `project ${log.projectID}` }), log.spanID && h("span", { class: "dim mono", text: `span ${log.spanID}` })),
      attributes.length > 0 && fields(attributes.map(([k, a]) => [k, valueNode(a && typeof a === "object" && "value" in a ? a.value : a)]), { class: "mono" }))));
}
