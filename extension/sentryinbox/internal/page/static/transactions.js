// The list of transactions.

import { breakable, h } from "./dom.js";
import { get } from "./api.js";
import { duration, number, plural } from "./format.js";
import { badge, facets, filtersOf, nothingFound, shownOf, timeAgo, toolbar } from "./parts.js";
import { breakdownBar, family, serviceOf, statusBadge } from "./waterfall.js";

const limit = 200;

export const load = (ctx) => get("transactions/", filtersOf(ctx, limit));
export const title = () => "Transactions";

export function render({ data: list, hits }, ctx) {
  const longest = Math.max(0.001, ...list.map((t) => t.duration));
  return [
    h("h1", { class: "visually-hidden", text: "Transactions", "data-key": "h1" }),
    toolbar(ctx, "Search transactions: words, op:http.server, status:internal_error", facets(ctx)),
    list.length === 0
      ? nothingFound(ctx, "transactions", "Traces that come in are shown here, one row for what one service did for one call.")
      : h("div", { class: "list", "data-key": "list" },
        h("div", { class: "list-head tx-cols", "aria-hidden": "true", "data-key": "head" },
          h("span", { text: plural(hits, "transaction") }), h("span", { class: "col-break", text: "Where the time went" }), h("span", { class: "num", text: "Duration" }),
          h("span", { class: "num col-spans", text: "Spans" }), h("span", { class: "num", text: "Started" })),
        h("ul", { class: "rows", "data-key": "rows" }, list.map((t) => row(t, longest)))),
    shownOf(list.length, hits, "transactions"),
  ];
}

function row(t, longest) {
  const service = serviceOf(t);
  const link = t.eventID ? `#/transactions/${t.eventID}` : `#/traces/${t.traceID}`;
  return h("li", { class: "row", "data-key": t.eventID || t.spanID },
    h("a", { class: "row-link tx-cols", href: link },
      h("span", { class: "row-main" },
        h("span", { class: "row-title" }, h("span", { class: `op-name ${family(t.op)}`, text: t.op || "default" }), " ", h("span", { class: "title-type tx-name" }, breakable(t.transaction || "(no name)")), " ", statusBadge(t.status), " ", !t.eventID && badge("streamed", "calm")),
        h("span", { class: "row-meta" }, service && h("span", { class: "strong", text: service }), h("span", { class: "mono", text: `trace ${t.traceID.slice(0, 8)}` }), t.release && h("span", { text: t.release }), t.environment && h("span", { text: t.environment }),
          h("span", { text: `project ${t.projectID}` }))),
      h("span", { class: "col-break" }, h("span", { class: "tx-length", style: { width: `${Math.max(3, (t.duration / longest) * 100).toFixed(2)}%` } },
        t.breakdown.length ? breakdownBar(t.breakdown, true) : h("span", { class: "breakdown small" }, h("span", { class: `part ${family(t.op)}`, style: { "flex-grow": 1 } })))),
      h("span", { class: "num strong col-duration", text: duration(t.duration) }),
      h("span", { class: "num col-spans", text: number(t.spanCount) }),
      h("span", { class: "num dim col-seen" }, timeAgo(t.startTimestamp))));
}
