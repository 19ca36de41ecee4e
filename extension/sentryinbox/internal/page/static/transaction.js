// One transaction: where its time went, its spans, and what else is known.

import { h, icon } from "./dom.js";
import { get } from "./api.js";
import { bytes, duration, full, listOf, plural } from "./format.js";
import { badge, card, envelopeLink, idWithCopy, parts, timeAgo } from "./parts.js";
import { breakdownBar, byIssue, draw, family, legend, slowest, statusBadge } from "./waterfall.js";
import { contexts, extra, request, tags, user } from "./contexts.js";

export const load = async (ctx) => (await get(`transactions/${encodeURIComponent(ctx.params.id)}/`)).data;
export const title = (t) => t.transaction || "Transaction";

export function render(t) {
  const payload = t.event || {};
  const w = t.waterfall;
  return [
    h("p", { class: "crumbs", "data-key": "crumbs" }, h("a", { href: "#/transactions" }, icon("back"), "Transactions")),
    h("header", { class: "tx-head", "data-key": "head" },
      h("h1", { class: "issue-title" }, t.transaction || "(no name)"),
      h("p", { class: "issue-meta" }, h("span", { class: `op-name ${family(t.op)}`, text: t.op || "default" }), statusBadge(t.status) || badge(t.status || "no status", "calm"),
        t.platform && badge(t.platform), t.source && badge(`named by ${t.source}`), h("span", { class: "dim" }, timeAgo(t.startTimestamp)),
        t.repeats > 0 && badge(`came ${t.repeats + 1} times`, "calm"))),
    timeCard(w, t.duration, t.spanCount),
    h("div", { class: "split", "data-key": "split" },
      h("div", { class: "split-main", "data-key": "main" }, h("div", { class: "stack-of-cards" },
        card("Spans", { key: "spans", class: "flush", aside: h("span", { class: "dim small", text: "solid: the span itself · pale: its children" }) },
          draw(`tx-${t.eventID}`, w, t.errors, (row) => spanOf(payload, row))),
        parts(request, user, contexts, extra)(payload))),
      h("aside", { class: "split-side", "data-key": "side", "aria-label": "About this transaction" },
        card("Trace", { key: "trace" }, h("p", { class: "small dim" }, idWithCopy(t.traceID)),
          h("p", { class: "small", text: counts(t.trace) }), h("a", { class: "button wide", href: `#/traces/${t.traceID}` }, icon("trace"), "View trace")),
        errorsCard(t.errors), tags(t), facts(t))),
  ];
}

// timeCard says where the time went.
export function timeCard(w, total, spanCount) {
  if (w.rows.length === 0) return null;
  return card("Where the time went", { key: "time", aside: h("span", { class: "big-number", text: duration(total) }) },
    breakdownBar(w.breakdown), h("div", { class: "time-split" }, legend(w.breakdown),
      spanCount > 0 && h("div", { class: "slow-box" }, h("h3", { class: "label", text: "Took longest by itself" }), slowest(w.rows, total))));
}

function counts(trace) {
  const known = [["transactions", "transaction"], ["spans", "span"], ["events", "event"], ["logs", "log"]];
  return known.filter(([k]) => trace[k] > 0).map(([k, word]) => plural(trace[k], word)).join(", ");
}

// spanOf finds the payload of a row; the transaction's own span has its data in the trace context.
export function spanOf(payload, row) {
  if (row.ref.index >= 0) return listOf(payload.spans)[row.ref.index] || {};
  return (payload.contexts && payload.contexts.trace) || {};
}

export function errorsCard(errors) {
  if (!errors || errors.length === 0) return null;
  return card("Issues in this trace", { key: "errors" }, h("ul", { class: "event-list" }, byIssue(errors).map(([e, n]) => h("li", { "data-key": e.eventID },
    h("a", { href: `#/issues/${e.groupID}/events/${e.eventID}`, class: "error-link" }, icon("bug"), h("span", { class: "event-list-title", text: e.title }), n > 1 && h("span", { class: "dim num", text: `× ${n}` }))))));
}

function facts(t) {
  const rows = [
    ["Event id", idWithCopy(t.eventID)], ["Started", full(new Date(t.startTimestamp))], ["Duration", duration(t.duration)], ["Spans", String(t.spanCount)], ["Project", t.projectID], ["Size", bytes(t.size)],
    ["Envelope", envelopeLink(t)],
    ["JSON", h("a", { href: `/api/0/transactions/${t.eventID}/?project=${t.projectID}`, target: "_blank", rel: "noopener", text: "open" })],
  ];
  return card("About this transaction", { key: "facts" }, h("dl", { class: "fields narrow" }, rows.map(([k, v]) => [h("dt", { text: k }), h("dd", null, v)])));
}
