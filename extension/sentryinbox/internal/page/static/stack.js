// Exceptions with their frames, threads, and raw stack traces.

import { breakable, h, icon } from "./dom.js";
import { badge, card, copyButton, fields, valueNode } from "./parts.js";
import { entriesOf, listOf, plain, plural } from "./format.js";

const framesOf = (x) => (x.stacktrace && typeof x.stacktrace === "object" ? listOf(x.stacktrace.frames) : []);
const rawText = (payload) => {
  const text = payload.extra && payload.extra["exception.stacktrace"];
  return typeof text === "string" ? text : "";
};

const modes = new Map(); // event id -> how its stack traces are shown

const modeNames = [["relevant", "Relevant"], ["full", "All frames"], ["raw", "Raw"]];

// exceptions shows the chain, the thrown exception first, each cause below what it caused.
export function exceptions(payload, eventID) {
  const chain = listOf(payload.exception).reverse();
  if (chain.length === 0) return null;
  const hasFrames = chain.some((e) => framesOf(e).length > 0);
  const mode = modes.get(eventID) || "relevant";
  const raw = rawText(payload) || chain.map((e, i) => (i ? "Caused by: " : "") + textOf(e)).join("\n");
  const choices = hasFrames && h("div", { class: "segments", role: "group", "aria-label": "How frames are shown" }, modeNames.map(([name, label]) => h("button", {
    type: "button", "aria-pressed": String(name === mode), text: label, "data-mode": name, onclick: (e) => choose(e.currentTarget, eventID, name),
  })));
  return h("section", { class: "card chain", "data-key": "exceptions", "data-mode": mode },
    h("div", { class: "card-head" }, h("h2", { text: chain.length > 1 ? `Exception, ${plural(chain.length - 1, "cause")}` : "Exception" }), h("div", { class: "card-aside" }, choices)),
    h("div", { class: "chain-frames" }, chain.map((e, i) => exception(e, i))),
    hasFrames && h("div", { class: "chain-raw" }, rawBlock(raw)));
}

function choose(button, eventID, mode) {
  modes.set(eventID, mode);
  const section = button.closest(".chain");
  section.dataset.mode = mode;
  for (const b of section.querySelectorAll(".segments button")) b.setAttribute("aria-pressed", String(b.dataset.mode === mode));
  for (const fold of section.querySelectorAll("details.fold")) fold.open = mode === "full";
}

function exception(e, i) {
  const m = (e.mechanism && typeof e.mechanism === "object" && e.mechanism) || {};
  return h("article", { class: `exception ${i ? "cause" : ""}`, "data-key": `e${i}` },
    i > 0 && h("p", { class: "cause-link" }, h("span", { class: "cause-arrow", "aria-hidden": "true", text: "↳" }), linkName(m)),
    h("header", { class: "exception-head" },
      h("h3", { class: "exception-type" }, e.module && !String(e.type || "").includes(".") && h("span", { class: "dim" }, breakable(`${plain(e.module)}.`), h("wbr")), breakable(plain(e.type) || "(no type)")),
      e.value && h("p", { class: "exception-value", text: plain(e.value) }),
      (m.type || m.handled !== undefined || m.synthetic) && h("p", { class: "exception-meta" },
        m.handled === false && badge("unhandled", "alert"), m.handled === true && badge("handled", "calm"),
        m.type && badge(`mechanism ${plain(m.type)}`), m.is_exception_group && badge("group"), m.synthetic && badge("synthetic"),
        e.thread_id !== undefined && e.thread_id !== null && badge(`thread ${plain(e.thread_id)}`))),
    frames(framesOf(e)));
}

function linkName(m) {
  const source = plain(m.source);
  if (source === "__context__") return "While handling";
  if (/\[\d+\]$/.test(source)) return `In the group, ${source}`;
  if (source && source !== "__cause__" && source !== "cause") return `Caused by (${source})`;
  return "Caused by";
}

const openAtMost = 12; // frames of a stack in which nothing is known to be the app's

// frames lists the calls, the failing one first. Runs of library frames are folded; the failing call is always shown.
export function frames(callsOldestFirst) {
  const calls = [...callsOldestFirst].reverse();
  if (calls.length === 0) return null;
  const known = calls.some((f) => f.in_app === true);
  const open = (f, i) => i === 0 || (known ? f.in_app === true : i < openAtMost);
  const out = [];
  for (let i = 0; i < calls.length;) {
    if (open(calls[i], i)) {
      out.push(frame(calls[i], i, known && calls[i].in_app === true, i === 0));
      i++;
      continue;
    }
    const from = i;
    while (i < calls.length && !open(calls[i], i)) i++;
    const hidden = calls.slice(from, i);
    if (hidden.length === 1) out.push(frame(hidden[0], from, false, false));
    else out.push(h("li", { class: "fold-item", "data-key": `fold${from}` }, h("details", { class: "fold" },
      h("summary", null, icon("next"), h("span", { class: "fold-count", text: known ? plural(hidden.length, "library frame") : plural(hidden.length, "more frame") }), h("span", { class: "fold-hint mono", text: foldHint(hidden) })),
      h("ol", { class: "frames" }, hidden.map((f, j) => frame(f, from + j, false, false))))));
  }
  return h("ol", { class: "frames", "aria-label": "Stack trace, most recent call first" }, out);
}

function foldHint(hidden) {
  const names = new Set(hidden.map((f) => packageOf(f)).filter(Boolean));
  const shown = [...names].slice(0, 2).join(", ");
  return names.size > 2 ? `${shown}, …` : shown;
}

function packageOf(f) {
  const module = plain(f.module);
  if (module.includes("/")) return module.split("/").slice(0, 3).join("/");
  const parts = module.split(".");
  return parts.slice(0, Math.min(2, Math.max(1, parts.length - 1))).join(".") || plain(f.filename).split(/[\\/]/).pop();
}

function place(f) {
  const file = plain(f.filename || f.abs_path);
  return `${file}${f.lineno ? `:${f.lineno}` : ""}${f.lineno && f.colno ? `:${f.colno}` : ""}`;
}

function frame(f, i, own, first) {
  const vars = entriesOf(f.vars);
  const head = [
    h("span", { class: "frame-call" },
      f.module && h("span", { class: "frame-module" }, breakable(`${plain(f.module)}.`), h("wbr")),
      h("span", { class: "frame-function" }, breakable(plain(f.function || f.raw_function || f.instruction_addr) || "<unknown>"))),
    h("span", { class: "frame-place mono", text: place(f), title: plain(f.abs_path) || null }),
    own && badge("in app", "own"),
    f.repeats_count > 0 && badge(`× ${f.repeats_count + 1}`),
  ];
  const cls = `frame ${own ? "own" : ""} ${first ? "failing" : ""}`;
  const source = f.context_line !== undefined && f.context_line !== null ? code(f) : null;
  if (!source && vars.length === 0) return h("li", { class: cls, "data-key": `f${i}` }, h("div", { class: "frame-head" }, head));
  return h("li", { class: cls, "data-key": `f${i}` }, h("details", { class: "frame-more", open: own || first },
    h("summary", { class: "frame-head" }, head), source,
    vars.length > 0 && h("details", { class: "vars", open: false }, h("summary", { text: plural(vars.length, "local variable") }), fields(vars.map(([k, v]) => [k, valueNode(v)]), { class: "mono" }))));
}

function code(f) {
  const texts = (v) => (Array.isArray(v) ? v : []).map((s) => (s === null ? "" : String(s)));
  const pre = texts(f.pre_context);
  const start = f.lineno ? Math.max(1, f.lineno - pre.length) : null;
  const lines = [...pre.map((s) => [s, false]), [String(f.context_line), true], ...texts(f.post_context).map((s) => [s, false])];
  return h("div", { class: "source", tabindex: 0, role: "group", "aria-label": "Source" }, h("ol", null, lines.map(([text, hit], i) => h("li", { class: hit ? "hit" : "" },
    h("span", { class: "line-number", text: start ? start + i : "" }), h("code", { text: text || " " })))));
}

// textOf writes an exception in the plainest form, for those who want to copy it.
function textOf(e) {
  const type = `${e.module && e.type && !String(e.type).includes(".") ? `${e.module}.` : ""}${e.type || ""}`;
  const lines = [`${type}${type && e.value ? ": " : ""}${plain(e.value)}`];
  for (const f of framesOf(e).reverse()) {
    const call = `${f.module ? `${f.module}.` : ""}${f.function || "<unknown>"}`;
    lines.push(`    at ${call}${place(f) ? ` (${place(f)})` : ""}`);
  }
  return lines.join("\n");
}

function rawBlock(text) {
  return h("div", { class: "code raw-stack" }, h("pre", { tabindex: 0 }, h("code", { text })), copyButton(text, "Copy the stack trace"));
}

// rawOnly shows the text of a stack trace from which no frames could be read.
export function rawOnly(payload) {
  const text = rawText(payload);
  if (!text || listOf(payload.exception).some((e) => framesOf(e).length > 0)) return null;
  return card("Stack trace as it came", { key: "raw" }, rawBlock(text));
}

export function threads(payload) {
  const all = listOf(payload.threads);
  if (all.length === 0) return null;
  const sorted = [...all].sort((a, b) => weight(b) - weight(a));
  const bare = !all.some((t) => framesOf(t).length > 0);
  return card(plural(all.length, "thread"), { key: "threads", class: `threads ${bare ? "bare" : ""}` }, sorted.map((t, i) => {
    const calls = framesOf(t);
    const head = [
      h("span", { class: "thread-name", text: plain(t.name) || `Thread ${plain(t.id)}` }), h("span", { class: "dim mono small", text: `id ${plain(t.id)}` }),
      t.crashed === true && badge("crashed", "alert"), t.current === true && badge("current", "own"), t.main === true && badge("main"), t.state && badge(plain(t.state)),
      h("span", { class: "dim small push", text: calls.length ? plural(calls.length, "frame") : "see the exception" }),
    ];
    if (calls.length === 0) return h("div", { class: "thread", "data-key": `t${i}` }, h("div", { class: "thread-head" }, head));
    return h("details", { class: "thread", "data-key": `t${i}`, open: t.crashed === true && i === 0 }, h("summary", { class: "thread-head" }, icon("next"), head), frames(calls));
  }));
}

const weight = (t) => (t.crashed === true ? 2 : 0) + (t.current === true ? 1 : 0);
