// What happened before the event.

import { h, icon } from "./dom.js";
import { badge, card, levelClass } from "./parts.js";
import { clock, full, listOf, plain, plural, when } from "./format.js";

const shownAtFirst = 12;

const icons = { http: "http", query: "db", navigation: "nav", user: "user", ui: "user", error: "bug", exception: "bug", transaction: "transactions" };

export function breadcrumbs(payload) {
  const all = listOf(payload.breadcrumbs);
  if (all.length === 0) return null;
  const older = all.slice(0, Math.max(0, all.length - shownAtFirst));
  const recent = all.slice(older.length);
  const end = when(payload.timestamp);
  return card("Breadcrumbs", { key: "breadcrumbs", aside: h("span", { class: "dim small", text: `${plural(all.length, "step")}, oldest first` }) },
    older.length > 0 && h("details", { class: "fold older" }, h("summary", null, icon("next"), h("span", { text: `${plural(older.length, "older step")}` })),
      h("ol", { class: "trail" }, older.map((b, i) => crumb(b, i, end)))),
    h("ol", { class: "trail" }, recent.map((b, i) => crumb(b, older.length + i, end)),
      h("li", { class: "step-crumb here" }, h("span", { class: "crumb-icon" }, icon("flame")), h("div", { class: "crumb-body" }, h("p", { class: "crumb-text strong", text: "This event" })), end && h("time", { class: "crumb-time mono", datetime: end.toISOString(), title: full(end), text: clock(end) }))));
}

// httpLine writes a request as one line; what it says is then left out of the data.
function httpLine(data) {
  const method = data["http.request.method"] || data.method;
  const url = data.url || data["url.full"] || data["http.url"];
  if (!method && !url) return null;
  const status = data.status_code || data["http.response.status_code"];
  return { text: [method, url].filter(Boolean).map(plain).join(" "), status, said: new Set(["http.request.method", "method", "url", "url.full", "http.url", "status_code", "http.response.status_code"]) };
}

function crumb(b, i, end) {
  const at = when(b.timestamp);
  const http = b.type === "http" && b.data && typeof b.data === "object" && !b.message ? httpLine(b.data) : null;
  const data = (b.data && typeof b.data === "object" ? Object.entries(b.data) : []).filter(([k]) => !http || !http.said.has(k));
  const level = plain(b.level || "info");
  const name = icons[b.type] || icons[String(b.category || "").split(".")[0]] || "dot";
  return h("li", { class: `step-crumb ${levelClass(level)}`, "data-key": `b${i}` },
    h("span", { class: "crumb-icon" }, icon(name)),
    h("div", { class: "crumb-body" },
      h("p", { class: "crumb-text" }, (level === "error" || level === "fatal" || level === "warning") && badge(level, `level ${levelClass(level)}`),
        h("span", { class: "crumb-category", text: plain(b.category || b.type || "default") }), b.message !== undefined && h("span", { class: "crumb-message", text: plain(b.message) }),
        http && h("span", { class: "crumb-message", text: http.text }), http && http.status && badge(plain(http.status), Number(http.status) >= 400 ? "alert" : "calm")),
      data.length > 0 && h("p", { class: "crumb-data mono" }, data.map(([k, v]) => h("span", null, h("span", { class: "dim", text: `${k}=` }), plain(v))))),
    at && h("time", { class: "crumb-time mono", datetime: at.toISOString(), title: full(at) }, clock(at), end && h("span", { class: "dim", text: ` ${before(end - at)}` })));
}

function before(ms) {
  if (!isFinite(ms) || Math.abs(ms) < 1) return "";
  return ms < 1000 ? `−${Math.round(ms)} ms` : ms < 120000 ? `−${(ms / 1000).toFixed(1)} s` : `−${Math.round(ms / 60000)} min`;
}
