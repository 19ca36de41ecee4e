// Everything an event says about its surroundings: request, user, tags, contexts, extra data, packages.

import { h } from "./dom.js";
import { card, fields, valueNode } from "./parts.js";
import { entriesOf, pairsOf, plain, plural } from "./format.js";

export function request(payload) {
  const r = payload.request;
  if (entriesOf(r).length === 0) return null;
  const query = typeof r.query_string === "string" ? [...new URLSearchParams(r.query_string)] : pairsOf(r.query_string);
  const blocks = [["Query", query], ["Headers", pairsOf(r.headers)], ["Cookies", typeof r.cookies === "string" ? [["", r.cookies]] : pairsOf(r.cookies)], ["Environment", pairsOf(r.env)]];
  return card("Request", { key: "request" },
    h("p", { class: "request-line mono" }, r.method && h("span", { class: "method", text: plain(r.method) }), h("span", { class: "url", text: plain(r.url) })),
    blocks.map(([name, pairs]) => pairs.length > 0 && h("div", { class: "block" }, h("h3", { class: "label", text: name }), fields(pairs, { class: "mono" }))),
    r.data !== undefined && r.data !== null && r.data !== "" && h("div", { class: "block" }, h("h3", { class: "label", text: "Body" }), h("pre", { class: "value json", tabindex: 0, text: plain(r.data) })));
}

export function user(payload) {
  const u = entriesOf(payload.user);
  if (u.length === 0) return null;
  return card("User", { key: "user" }, fields(u));
}

const titles = {
  os: "Operating system", runtime: "Runtime", app: "App", device: "Device", browser: "Browser", gpu: "GPU", culture: "Culture", trace: "Trace context", k8s: "Kubernetes",
  container: "Container", cloud_resource: "Cloud", response: "Response", otel: "OpenTelemetry", flags: "Feature flags", process: "Process", state: "State",
};

export function contexts(payload) {
  const all = entriesOf(payload.contexts).filter(([, v]) => typeof v === "object");
  const sdk = entriesOf(payload.sdk);
  if (all.length === 0 && sdk.length === 0) return null;
  return card("Contexts", { key: "contexts" }, h("div", { class: "context-grid" },
    all.sort(([a], [b]) => a.localeCompare(b)).map(([name, c]) => context(titles[name] || name, name, c)),
    sdk.length > 0 && context("SDK", "sdk", payload.sdk)));
}

function context(title, name, c) {
  const rows = entriesOf(c).filter(([k]) => k !== "type");
  if (rows.length === 0) return null;
  const wide = rows.some(([, v]) => typeof v === "object");
  return h("div", { class: `context ${wide ? "wide" : ""}`, "data-key": name }, h("h3", { text: title }), fields(rows.flatMap(([k, v]) => flat(k, v, 0))));
}

// flat turns small nested objects into rows with dotted names: OpenTelemetry attributes are read better so than as JSON.
function flat(key, value, depth) {
  const nested = entriesOf(value);
  if (nested.length === 0 || depth > 2) return [[key, valueNode(value)]];
  return nested.flatMap(([k, v]) => flat(depth === 0 && (key === "attributes" || key === "resource" || key === "data") ? k : `${key}.${k}`, v, depth + 1));
}

export function tags(event) {
  const all = event.tags || [];
  if (all.length === 0) return null;
  return card("Tags", { key: "tags", aside: h("span", { class: "dim small", text: String(all.length) }) }, h("dl", { class: "tag-list" }, all.map(({ key, value }) => h("div", { class: "tag" },
    h("dt", { text: key }), h("dd", null, h("a", { href: `#/issues?query=${encodeURIComponent(term(key, value))}`, title: `Issues with ${key} ${value}`, text: value || "(empty)" }))))));
}

function term(key, value) {
  return /[\s"]/.test(value) ? `${key}:"${value.replaceAll('"', "")}"` : `${key}:${value}`;
}

export function extra(payload) {
  const all = entriesOf(payload.extra).filter(([k]) => k !== "exception.stacktrace");
  if (all.length === 0) return null;
  return card("Additional data", { key: "extra" }, fields(all));
}

export function modules(payload) {
  const all = entriesOf(payload.modules);
  if (all.length === 0) return null;
  return card(null, { key: "modules" }, h("details", { class: "packages" }, h("summary", { text: plural(all.length, "package") }), fields(all, { class: "mono" })));
}
