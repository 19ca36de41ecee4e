// The list of issues.

import { breakable, h } from "./dom.js";
import { get } from "./api.js";
import { number, plural } from "./format.js";
import { badge, choice, facets, filtersOf, levelClass, nothingFound, shownOf, timeAgo, toolbar } from "./parts.js";

const limit = 200;
const levels = ["fatal", "error", "warning", "info", "debug"];

export const load = (ctx) => get("issues/", filtersOf(ctx, limit));
export const title = () => "Issues";

export function render({ data: issues, hits }, ctx) {
  return [
    h("h1", { class: "visually-hidden", text: "Issues", "data-key": "h1" }),
    toolbar(ctx, "Search issues: words, level:error, release:1.2*", facets(ctx), choice(ctx, "level", "Level", levels)),
    issues.length === 0
      ? nothingFound(ctx, "issues", "Errors and messages that come in are grouped here.")
      : h("div", { class: "list", "data-key": "list" },
        h("div", { class: "list-head issue-cols", "aria-hidden": "true", "data-key": "head" },
          h("span", { text: plural(hits, "issue") }), h("span", { class: "col-trend", text: "Trend" }), h("span", { class: "num", text: "Events" }),
          h("span", { class: "num col-users", text: "Users" }), h("span", { class: "num", text: "Last seen" })),
        h("ul", { class: "rows", "data-key": "rows" }, issues.map(row))),
    shownOf(issues.length, hits, "issues"),
  ];
}

function row(issue) {
  const { type, value } = issue.metadata;
  return h("li", { class: `row ${levelClass(issue.level)}`, "data-key": issue.id },
    h("a", { class: "row-link issue-cols", href: `#/issues/${issue.id}` },
      h("span", { class: "row-main" },
        h("span", { class: "row-title" },
          h("span", { class: "level-dot", title: issue.level }), h("span", { class: "visually-hidden", text: `${issue.level}: ` }),
          h("span", { class: "title-type" }, breakable(type || value || issue.title)), " ",
          issue.isUnhandled && badge("unhandled", "alert")),
        type && value && h("span", { class: "row-value", text: value }),
        h("span", { class: "row-meta" },
          h("span", { class: "mono culprit", text: issue.culprit || "unknown place" }),
          h("span", { class: "meta-id", text: issue.shortId }),
          h("span", { class: "meta-project", text: `project ${issue.project.id}` }))),
      h("span", { class: "col-trend" }, spark(issue.trend, issue.level)),
      h("span", { class: "num strong col-events" }, h("span", { class: "phone-only label", text: "events " }), number(issue.count)),
      h("span", { class: "num col-users" }, number(issue.userCount)),
      h("span", { class: "num dim col-seen" }, timeAgo(issue.lastSeen))));
}

// spark draws counts as bars.
export function spark(counts, level, big) {
  const width = big ? 480 : 96;
  const height = big ? 40 : 26;
  const most = Math.max(1, ...counts);
  const step = width / counts.length;
  const gap = big ? step * 0.32 : 0.6;
  return h("svg", {
    class: `spark ${levelClass(level)} ${big ? "spark-big" : ""}`, viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img",
    "aria-label": `${counts.reduce((a, b) => a + b, 0)} events over time`,
  }, counts.map((n, i) => {
    const bar = n === 0 ? 1.5 : Math.max(3, (n / most) * (height - 1));
    return h("rect", { class: n ? "bar" : "bar none", x: (i * step + gap).toFixed(2), width: (step - 2 * gap).toFixed(2), y: (height - bar).toFixed(2), height: bar.toFixed(2), rx: 1 });
  }));
}
