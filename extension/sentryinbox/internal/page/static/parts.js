// Small pieces that several views share.

import { h, icon } from "./dom.js";
import { ago, full, plain, plural } from "./format.js";

export function timeAgo(value, extra) {
  const date = new Date(value);
  return h("time", { datetime: date.toISOString(), "data-ago": true, title: full(date), text: ago(date), ...extra });
}

export function badge(text, kind, title) {
  return h("span", { class: `badge ${kind || ""}`, text, title });
}

const levels = new Set(["fatal", "error", "warning", "info", "debug", "trace"]);

export function levelClass(level) {
  const known = level === "warn" ? "warning" : level;
  return `level-${levels.has(known) ? known : "error"}`;
}

export function levelBadge(level) {
  return badge(level || "error", `level ${levelClass(level)}`);
}

export function card(title, props, ...children) {
  const { key, aside, class: extra, id } = props || {};
  return h("section", { class: `card ${extra || ""}`, "data-key": key, id },
    title && h("div", { class: "card-head" }, h("h2", { text: title }), aside && h("div", { class: "card-aside" }, aside)), children);
}

// fields is a list of names and values; nested values are written as JSON.
export function fields(entries, props) {
  return h("dl", { class: `fields ${(props && props.class) || ""}` }, entries.map(([name, value]) => [
    h("dt", { text: name }),
    h("dd", null, value instanceof Node ? value : valueNode(value)),
  ]));
}

export function valueNode(value) {
  if (value === null || value === undefined) return h("span", { class: "dim", text: "null" });
  if (value === "") return h("span", { class: "dim", text: "(empty)" });
  if (typeof value === "object") return h("pre", { class: "value json", text: plain(value) });
  const text = String(value);
  return h("span", { class: `value ${typeof value === "string" ? "" : "literal"} ${text.includes("\n") ? "lines" : ""}`, text });
}

// envelopeLink leads to how an item came, and says whether that broke rules.
export function envelopeLink(item) {
  return h("span", null, item.violations > 0 && badge(plural(item.violations, "broken rule"), "caution"), " ", h("a", { href: `#/protocol/${item.envelopeID}`, text: `#${item.envelopeID}` }));
}

// parts draws the parts of a payload one by one: one that cannot be drawn does not take the others with it.
export function parts(...draw) {
  return (...args) => draw.map((part) => {
    try {
      return part(...args);
    } catch (err) {
      console.error(err);
      return card(null, { key: part.name }, h("p", { class: "dim", text: `The ${part.name} of this item have a form that cannot be shown. They are in its JSON.` }));
    }
  });
}

let toastTimer = 0;

export function toast(text) {
  const el = document.getElementById("toast");
  el.textContent = text;
  el.classList.add("shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => el.classList.remove("shown"), 3500);
}

export function copyButton(text, label) {
  return h("button", {
    class: "quiet copy", type: "button", title: label || "Copy", "aria-label": label || "Copy",
    onclick: async () => {
      try {
        await navigator.clipboard.writeText(typeof text === "function" ? text() : text);
        toast("Copied.");
      } catch {
        toast("The browser does not let this page copy.");
      }
    },
  }, icon("copy"));
}

export function shortID(id) {
  return h("code", { class: "id", title: id, text: (id || "").slice(0, 8) });
}

export function idWithCopy(id) {
  return h("span", { class: "id-copy" }, h("code", { class: "id full", text: id }), copyButton(id, `Copy ${id}`));
}

let searchTimer = 0;

// toolbar is the search box of a list, with the choices that the kept items offer.
export function toolbar(ctx, placeholder, ...more) {
  const box = h("input", {
    type: "search", name: "query", placeholder, value: ctx.query.get("query") || "", autocomplete: "off", spellcheck: "false",
    "aria-label": "Search", "data-key": "query",
    oninput: (e) => {
      clearTimeout(searchTimer);
      const { value } = e.target;
      searchTimer = setTimeout(() => ctx.setQuery("query", value.trim()), 180);
    },
  });
  return h("div", { class: "toolbar", role: "search", "data-key": "toolbar" },
    h("label", { class: "search" }, icon("search"), box, h("kbd", { text: "/", "aria-hidden": "true" })),
    h("div", { class: "choices" }, more));
}

// choice is a drop-down that narrows a list; nothing where there is nothing to choose from.
export function choice(ctx, name, label, values) {
  const now = ctx.query.get(name) || "";
  const all = now && !values.includes(now) ? [now, ...values] : values;
  if (all.length < 2 && !now) return null;
  const select = h("select", { "aria-label": label, "data-key": name, onchange: (e) => ctx.setQuery(name, e.target.value) },
    h("option", { value: "", text: label }),
    all.map((v) => h("option", { value: v, text: v, selected: v === now })));
  select.value = now;
  return select;
}

export function facets(ctx) {
  const s = ctx.stats || {};
  return [choice(ctx, "project", "Project", s.projects || []), choice(ctx, "environment", "Environment", s.environments || [])];
}

export function nothingFound(ctx, what, hint) {
  const filtered = [...ctx.query.keys()].length > 0;
  return h("section", { class: "notice", "data-key": "none" },
    h("h2", { text: filtered ? `No ${what} match` : `No ${what} yet` }),
    h("p", { text: filtered ? "Search looks for words and for terms like level:error or release:1.2*, and ! turns a term round." : hint }),
    filtered && h("p", null, h("a", { href: `#/${ctx.path}`, text: "Show all" })));
}

export function shownOf(list, hits, what) {
  return h("p", { class: "more dim", "data-key": "more", text: list < hits ? `The newest ${list} of ${hits} ${what} are shown. Search narrows them down.` : "" });
}

// filtersOf are the parameters of a list request.
export function filtersOf(ctx, limit) {
  const params = { limit };
  for (const name of ["query", "project", "environment", "level"]) params[name] = ctx.query.get(name);
  return params;
}
