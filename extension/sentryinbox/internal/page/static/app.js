// The frame of the page: which view is shown, the header, and keeping both up to date.

import { h, icon, morph, update } from "./dom.js";
import { changed, clear } from "./api.js";
import { ago, number } from "./format.js";
import { emptyInbox } from "./empty.js";
import { toast } from "./parts.js";
import * as issues from "./issues.js";
import * as issue from "./issue.js";
import * as transactions from "./transactions.js";
import * as transaction from "./transaction.js";
import * as trace from "./trace.js";
import * as logs from "./logs.js";
import * as protocol from "./protocol.js";
import * as envelope from "./envelope.js";

const pollEvery = 2000; // ms
const pollOffline = 5000;

// A view loads its data and turns it into nodes. The pattern's words starting with ":" are its parameters.
const views = [
  ["issues", issues, "issues"],
  ["issues/:id", issue, "issues"],
  ["issues/:id/events/:event", issue, "issues"],
  ["transactions", transactions, "transactions"],
  ["transactions/:id", transaction, "transactions"],
  ["traces/:id", trace, "transactions"],
  ["logs", logs, "logs"],
  ["protocol", protocol, "protocol"],
  ["protocol/:id", envelope, "protocol"],
];

const tabs = [
  ["issues", "Issues", (k) => k.issues],
  ["transactions", "Transactions", (k) => k.transactions],
  ["logs", "Logs", (k) => k.logs],
  ["protocol", "Protocol", (k) => k.envelopes],
];

const main = document.getElementById("main");
const top = document.getElementById("top");
const scrolls = new Map(); // hash -> where the person was

const state = { stats: null, live: true, online: true, shown: "", hash: "", loading: 0 };

function route() {
  const [path, search] = location.hash.replace(/^#\/?/, "").split("?");
  const words = path.split("/").filter(Boolean).map(decode);
  for (const [pattern, view, tab] of views) {
    const params = match(pattern.split("/"), words);
    if (params) return { view, tab, params, query: new URLSearchParams(search || ""), path: words.join("/") };
  }
  return { view: issues, tab: "issues", params: {}, query: new URLSearchParams(), path: "issues" };
}

function decode(word) {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}

function match(pattern, words) {
  if (pattern.length !== words.length) return null;
  const params = {};
  for (const [i, part] of pattern.entries()) {
    if (part.startsWith(":")) params[part.slice(1)] = words[i];
    else if (part !== words[i]) return null;
  }
  return params;
}

// setQuery changes what a list is filtered by without a new entry in the history.
function setQuery(name, value) {
  const r = route();
  if (value) r.query.set(name, value);
  else r.query.delete(name);
  const search = r.query.toString();
  scrolls.delete(location.hash);
  location.replace(`#/${r.path}${search ? "?" + search : ""}`);
}

async function show() {
  const r = route();
  const ticket = ++state.loading;
  const ctx = { ...r, stats: state.stats, setQuery, refresh: show };
  let data;
  let failure = null;
  try {
    data = await r.view.load(ctx);
  } catch (err) {
    failure = err;
  }
  if (ticket !== state.loading) return; // something newer is on its way
  if (failure && failure.status === undefined) {
    offline();
    return;
  }
  const nodes = failure ? [failed(failure, r)] : draw(r, data, ctx);
  const hash = location.hash;
  if (state.shown === r.path) {
    update(main, nodes);
    state.hash = hash;
  } else {
    scrolls.set(state.hash, window.scrollY);
    const first = state.shown === "";
    state.shown = r.path;
    state.hash = hash;
    main.replaceChildren(...[nodes].flat(Infinity).filter((n) => n instanceof Node));
    window.scrollTo(0, scrolls.get(hash) || 0);
    if (!first) main.focus({ preventScroll: true });
  }
  header();
}

function draw(r, data, ctx) {
  try {
    document.title = `${r.view.title(data, ctx)} · Sentry Inbox`;
    return isEmpty() && r.path === r.tab ? [emptyInbox()] : r.view.render(data, ctx);
  } catch (err) {
    console.error(err);
    return [failed(err, r)];
  }
}

function isEmpty() {
  const k = state.stats && state.stats.kept;
  return Boolean(k) && k.envelopes === 0;
}

function failed(err, r) {
  const gone = err.status === 404;
  return h("section", { class: "notice" },
    h("h1", { text: gone ? "Not here any more" : "That did not work" }),
    h("p", { text: gone ? "The inbox keeps the newest items only, in memory. This one has made room for others, or the inbox was restarted." : err.message }),
    h("p", null, h("a", { href: `#/${r.tab}`, text: "Back to the list" })));
}

function header() {
  const r = route();
  const k = (state.stats && state.stats.kept) || {};
  const link = ([name, label, count]) => h("a", {
    class: "tab", href: `#/${name}`, "aria-current": r.tab === name ? "page" : null, "data-key": name,
  }, icon(name), h("span", { class: "tab-label", text: label }),
    h("span", { class: "count", text: number(count(k)), "aria-label": `${count(k) || 0} kept` }),
    name === "protocol" && k.flawed > 0 && h("span", { class: "flaw-dot", title: `${k.flawed} envelopes break a rule`, "aria-label": `${k.flawed} envelopes break a rule` }));
  morph(top, h("header", { class: "top", id: "top" },
    h("div", { class: "top-in" },
      h("a", { class: "brand", href: "#/issues", "aria-label": "Sentry Inbox, issues" }, mark(), h("span", { class: "brand-name", text: "Sentry Inbox" })),
      h("nav", { class: "tabs", "aria-label": "Sections" }, tabs.map(link)),
      h("div", { class: "top-actions" },
        h("button", {
          class: `live ${state.online ? (state.live ? "is-live" : "is-paused") : "is-off"}`, type: "button", onclick: toggleLive,
          "aria-pressed": String(state.live), title: state.live ? "New items appear by themselves. Press to pause." : "Press to follow again.",
        }, h("span", { class: "live-dot" }), h("span", { class: "live-text", text: !state.online ? "Offline" : state.live ? "Live" : "Paused" })),
        h("button", { class: "quiet", type: "button", onclick: askClear, title: "Forget everything", "aria-label": "Clear the inbox" }, icon("trash"))))));
}

function mark() {
  return h("svg", { class: "mark", viewBox: "0 0 32 32", "aria-hidden": "true" },
    h("rect", { width: 32, height: 32, rx: 8, class: "mark-back" }),
    h("path", { class: "mark-line", d: "M8 18.5 10.6 9.600A1.6 1.6 0 0 1 12.1 8.400h7.800a1.6 1.6 0 0 1 1.5 1.200L24 18.500v4a1.6 1.6 0 0 1-1.6 1.600H9.600A1.6 1.6 0 0 1 8 22.500zM8 18.500h4.300c.4 1.7 1.8 2.8 3.7 2.800s3.3-1.1 3.7-2.800H24" }),
    h("circle", { class: "mark-dot", cx: 23.5, cy: 8.5, r: 4 }));
}

function toggleLive() {
  state.live = !state.live;
  header();
  if (state.live) poll();
}

let clearAsked = 0;

async function askClear() {
  if (Date.now() - clearAsked > 4000) {
    clearAsked = Date.now();
    toast("Press again to forget everything.");
    return;
  }
  clearAsked = 0;
  await clear();
  toast("The inbox is empty.");
  location.hash = "#/issues";
  await poll();
}

function offline() {
  state.online = false;
  header();
}

let timer = 0;

async function poll() {
  clearTimeout(timer);
  try {
    const stats = await changed();
    const back = !state.online;
    state.online = true;
    if (stats) state.stats = stats;
    if (stats || back) await show();
  } catch {
    offline();
  }
  if (state.live && !document.hidden) timer = setTimeout(poll, state.online ? pollEvery : pollOffline);
}

function tick() {
  const now = Date.now();
  for (const el of document.querySelectorAll("time[data-ago]")) {
    const text = ago(new Date(el.dateTime), now);
    if (el.textContent !== text) el.textContent = text;
  }
}

addEventListener("hashchange", show);
document.addEventListener("visibilitychange", () => { if (!document.hidden && state.live) poll(); });
document.addEventListener("keydown", (e) => {
  if (e.key !== "/" || e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName)) return;
  const search = document.querySelector("input[type=search]");
  if (search) {
    e.preventDefault();
    search.focus();
  }
});
history.scrollRestoration = "manual";
setInterval(tick, 1000);
header();
await poll();
if (!state.shown) await show();
