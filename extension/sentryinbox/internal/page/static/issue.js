// One issue, with one of its events in full.

import { breakable, h, icon } from "./dom.js";
import { get } from "./api.js";
import { bytes, full, number, percent, plain, plural } from "./format.js";
import { badge, card, envelopeLink, idWithCopy, levelBadge, levelClass, parts, shortID, timeAgo } from "./parts.js";
import { spark } from "./issues.js";
import { exceptions, rawOnly, threads } from "./stack.js";
import { breadcrumbs } from "./breadcrumbs.js";
import { contexts, extra, modules, request, tags, user } from "./contexts.js";

export async function load(ctx) {
  const { id, event } = ctx.params;
  const issue = (await get(`issues/${encodeURIComponent(id)}/`)).data;
  const [detail, list] = await Promise.all([
    get(`issues/${issue.id}/events/${encodeURIComponent(event || "latest")}/`),
    get(`issues/${issue.id}/events/`, { limit: 50 }),
  ]);
  const out = { issue, event: detail.data, list: list.data, hits: list.hits, trace: null };
  if (out.event.traceID) {
    try {
      out.trace = (await get(`traces/${out.event.traceID}/`)).data;
    } catch { /* the trace has only this event, which may have left meanwhile */ }
  }
  return out;
}

export const title = ({ issue }) => issue.title;

export function render(data, ctx) {
  const { issue, event } = data;
  const payload = event.event || {};
  return [
    h("p", { class: "crumbs", "data-key": "crumbs" }, h("a", { href: "#/issues" }, icon("back"), "Issues"), h("span", { class: "dim mono", text: issue.shortId })),
    head(issue),
    h("div", { class: "split", "data-key": "split" },
      h("div", { class: "split-main", "data-key": "main" },
        eventBar(data, ctx),
        h("div", { class: "stack-of-cards", "data-key": event.eventID },
          parts(exceptions, message, rawOnly, threads, breadcrumbs, request, user, contexts, extra, modules)(payload, event.eventID))),
      h("aside", { class: "split-side", "data-key": "side", "aria-label": "About this issue" },
        traceCard(data), tags(event), facts(event), distribution(issue), events(data))),
  ];
}

function head(issue) {
  const { type, value } = issue.metadata;
  return h("header", { class: `issue-head ${levelClass(issue.level)}`, "data-key": "head" },
    h("div", { class: "issue-words" },
      h("h1", { class: "issue-title" }, breakable(type || value || issue.title)),
      type && value && h("p", { class: "issue-value", text: value }),
      h("p", { class: "issue-meta" }, levelBadge(issue.level), issue.isUnhandled && badge("unhandled", "alert"),
        issue.platform && badge(issue.platform), h("span", { class: "mono culprit", text: issue.culprit }))),
    h("div", { class: "figures" },
      figure("Events", number(issue.count), issue.kept < issue.count && `${number(issue.kept)} kept`),
      figure("Users", number(issue.userCount)),
      figure("First seen", timeAgo(issue.firstSeen)),
      figure("Last seen", timeAgo(issue.lastSeen))),
    issue.kept > 1 && h("div", { class: "issue-trend" }, spark(issue.trend, issue.level, true)));
}

function figure(label, value, note) {
  return h("div", { class: "figure" }, h("span", { class: "label", text: label }), h("span", { class: "figure-value" }, value), note && h("span", { class: "dim small", text: note }));
}

function eventBar({ issue, event }, ctx) {
  const to = (id) => `#/issues/${issue.id}/events/${id}`;
  const step = (id, name, label) => h("a", {
    class: `button icon-only ${id ? "" : "disabled"}`, href: id ? to(id) : "#/issues", "aria-label": label, title: label,
    "aria-disabled": id ? null : "true", tabindex: id ? null : -1, onclick: id ? null : (e) => e.preventDefault(),
  }, icon(name));
  const newer = ctx.params.event && issue.latestEventID !== event.eventID;
  return h("div", { class: "event-bar", "data-key": "bar" },
    h("div", { class: "event-what" },
      h("span", { class: "strong" }, "Event ", shortID(event.eventID)),
      h("span", { class: "dim" }, timeAgo(event.dateCreated), ` · ${event.place} of ${event.kept}`),
      event.repeats > 0 && badge(`came ${event.repeats + 1} times`, "calm", "The same event id came again and was kept once, as in Sentry.")),
    h("div", { class: "event-steps" },
      newer && h("a", { class: "button", href: to(issue.latestEventID), text: "Latest" }),
      step(event.previousEventID, "back", "Older event"), step(event.nextEventID, "next", "Newer event"),
      h("a", { class: "button", href: `/api/0/events/${event.eventID}/?project=${event.projectID}`, target: "_blank", rel: "noopener", text: "JSON" })));
}

function message(payload) {
  const entry = [payload.logentry, payload.message].find((x) => x && typeof x === "object") || {};
  const text = plain(entry.formatted || entry.message || (typeof payload.message === "string" ? payload.message : ""));
  if (!text) return null;
  const params = entry.params;
  const hasParams = params && (Array.isArray(params) ? params.length > 0 : Object.keys(params).length > 0);
  return card("Message", { key: "message" },
    h("pre", { class: "message-text", text }),
    entry.message && entry.formatted && entry.message !== entry.formatted &&
      h("p", { class: "small" }, h("span", { class: "label", text: "Template " }), h("code", { text: plain(entry.message) })),
    hasParams && h("p", { class: "small" }, h("span", { class: "label", text: "Parameters " }), h("code", { text: JSON.stringify(params) })));
}

function traceCard({ event, trace }) {
  if (!event.traceID) return null;
  const counts = trace && [
    trace.transactions.length && plural(trace.transactions.length, "transaction"), trace.waterfall.rows.length && plural(trace.waterfall.rows.length, "span"),
    trace.events.length > 1 && plural(trace.events.length, "event"), trace.logs.length && plural(trace.logs.length, "log"),
  ].filter(Boolean);
  const roots = trace ? trace.transactions.slice(0, 3) : [];
  return card("Trace", { key: "trace" },
    h("p", { class: "small dim" }, idWithCopy(event.traceID)),
    roots.map((t) => h("p", { class: "trace-root" }, t.op && badge(t.op, "op"), h("span", { text: t.transaction }))),
    counts && counts.length > 0 && h("p", { class: "small trace-counts", text: counts.join(", ") }),
    h("a", { class: "button wide", href: `#/traces/${event.traceID}` }, icon("trace"), "View trace"));
}

function facts(event) {
  const rows = [
    ["Event id", idWithCopy(event.eventID)],
    ["Time", full(new Date(event.dateCreated))],
    ["Received", full(new Date(event.dateReceived))],
    ["Project", event.projectID],
    ["Size", bytes(event.size)],
    ["Envelope", envelopeLink(event)],
  ];
  return card("About this event", { key: "facts" }, h("dl", { class: "fields narrow" }, rows.map(([k, v]) => [h("dt", { text: k }), h("dd", null, v)])));
}

const spreadTags = ["release", "environment", "server_name", "transaction", "logger", "level"];

// distribution tells how the events of the issue spread over the values of a tag, for tags that have more than one.
function distribution(issue) {
  const spread = (issue.tags || []).filter((t) => t.topValues.length > 1)
    .sort((a, b) => rank(a.key) - rank(b.key)).slice(0, 5);
  if (spread.length === 0) return null;
  return card("Across events", { key: "spread" }, spread.map((t) => h("div", { class: "spread", "data-key": t.key },
    h("p", { class: "label", text: t.key }),
    t.topValues.slice(0, 4).map((v) => h("div", { class: "spread-row" },
      h("span", { class: "spread-bar", style: { "--part": v.count / t.totalValues } }),
      h("span", { class: "spread-value mono", text: v.value, title: v.value }), h("span", { class: "dim", text: percent(v.count / t.totalValues) }))))));
}

function rank(key) {
  const at = spreadTags.indexOf(key);
  return at < 0 ? spreadTags.length : at;
}

function events({ issue, event, list, hits }) {
  if (list.length < 2) return null;
  return card(plural(hits, "event"), { key: "events" }, h("ul", { class: "event-list" }, list.map((e) => h("li", { "data-key": e.eventID },
    h("a", { href: `#/issues/${issue.id}/events/${e.eventID}`, "aria-current": e.eventID === event.eventID ? "true" : null },
      shortID(e.eventID), h("span", { class: "event-list-release", text: e.release || e.environment || "" }), timeAgo(e.dateCreated, { class: "dim" }))))));
}
