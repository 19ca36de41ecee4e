// Everything that carries one trace id.

import { h, icon } from "./dom.js";
import { get } from "./api.js";
import { duration, full, plural } from "./format.js";
import { card, idWithCopy } from "./parts.js";
import { draw, serviceOf } from "./waterfall.js";
import { errorsCard, spanOf, timeCard } from "./transaction.js";
import { logList } from "./logs.js";

const payloads = new Map(); // transaction id -> its payload, or the promise of it
const keptPayloads = 20;

export const load = async (ctx) => (await get(`traces/${encodeURIComponent(ctx.params.id)}/`)).data;
export const title = (t) => (t.transactions[0] ? t.transactions[0].transaction : "Trace");

export function render(t) {
  const w = t.waterfall;
  const root = t.transactions[0];
  return [
    h("p", { class: "crumbs", "data-key": "crumbs" }, h("a", { href: "#/transactions" }, icon("back"), "Transactions")),
    h("header", { class: "tx-head", "data-key": "head" },
      h("h1", { class: "issue-title" }, h("span", { class: "dim", text: "Trace " }), root ? root.transaction : t.traceID.slice(0, 8)),
      h("p", { class: "issue-meta" }, idWithCopy(t.traceID), w.rows.length > 0 && h("span", { class: "dim", text: full(new Date(w.start)) }))),
    timeCard(w, w.duration, w.rows.length),
    h("div", { class: "split", "data-key": "split" },
      h("div", { class: "split-main", "data-key": "main" }, h("div", { class: "stack-of-cards" },
        w.rows.length > 0
          ? card(plural(w.rows.length, "span"), { key: "spans", class: "flush", aside: h("span", { class: "dim small", text: `${plural(t.transactions.length, "transaction")}, ${duration(w.duration)}` }) },
            draw(`trace-${t.traceID}`, w, t.events, (row) => detail(t, row)))
          : h("section", { class: "notice small-notice" }, h("p", { text: "No spans of this trace have come in. Only what else carries its id is shown." })),
        t.logs.length > 0 && card(plural(t.logs.length, "log"), { key: "logs", class: "flush" }, logList(t.logs)))),
      h("aside", { class: "split-side", "data-key": "side", "aria-label": "About this trace" }, errorsCard(t.events), segments(t))),
  ];
}

function segments(t) {
  if (t.transactions.length === 0) return null;
  return card(plural(t.transactions.length, "transaction"), { key: "segments" }, h("ul", { class: "event-list" }, t.transactions.map((x) => h("li", { "data-key": x.eventID || x.spanID }, segment(x)))));
}

// segment names a transaction; a streamed one has no page of its own: all that is known of it is in the waterfall.
function segment(x) {
  const service = serviceOf(x);
  const text = [h("span", { class: "event-list-title" }, service && h("span", { class: "dim", text: `${service} ` }), x.transaction), h("span", { class: "dim num", text: duration(x.duration) })];
  return x.eventID ? h("a", { href: `#/transactions/${x.eventID}` }, text) : h("span", { class: "event-list-row" }, text);
}

function detail(t, row) {
  const { eventID, index } = row.ref;
  if (!eventID) return t.spans[String(index)];
  const known = payloads.get(eventID) || fetchPayload(eventID);
  return known instanceof Promise ? known.then((payload) => spanOf(payload, row)) : spanOf(known, row);
}

function fetchPayload(eventID) {
  if (payloads.size >= keptPayloads) payloads.delete(payloads.keys().next().value);
  const promise = get(`transactions/${eventID}/`).then(({ data }) => {
    payloads.set(eventID, data.event);
    return data.event;
  });
  payloads.set(eventID, promise);
  promise.catch(() => payloads.delete(eventID));
  return promise;
}
