// Numbers, times and sizes as people read them.

export function duration(ms) {
  if (!isFinite(ms)) return "";
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  if (ms < 100) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10000) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 60000) return `${(ms / 1000).toFixed(1)} s`;
  const s = Math.round(ms / 1000);
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

export function bytes(n) {
  if (n < 1024) return `${n} B`;
  const units = ["KiB", "MiB", "GiB"];
  let i = -1;
  do { n /= 1024; i++; } while (n >= 1024 && i < units.length - 1);
  return `${n < 10 ? n.toFixed(1) : Math.round(n)} ${units[i]}`;
}

export function number(n) {
  return Number(n || 0).toLocaleString("en-US");
}

export function plural(n, one, many) {
  return `${number(n)} ${n === 1 ? one : many || one + "s"}`;
}

export function percent(part) {
  if (part > 0 && part < 0.01) return "<1%";
  return `${Math.round(part * 100)}%`;
}

// ago is short enough for a list: "12s", "5min", "3h", "2d".
export function ago(date, now = Date.now()) {
  const s = Math.round((now - date.getTime()) / 1000);
  if (s < -5) return `in ${span(-s)}`;
  if (s < 3) return "just now";
  return `${span(s)} ago`;
}

function span(s) {
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}min`;
  if (s < 86400) return `${Math.floor(s / 3600)}h`;
  return `${Math.floor(s / 86400)}d`;
}

const pad = (n, width = 2) => String(n).padStart(width, "0");

export function clock(date) {
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
}

export function day(date) {
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

export function full(date) {
  return `${day(date)} ${clock(date)}`;
}

// when reads the times that payloads carry: seconds since 1970, or text.
export function when(value) {
  const date = typeof value === "number" ? new Date(value * 1000) : new Date(value);
  return isNaN(date) ? null : date;
}

// listOf reads lists as payloads carry them: plain, or as {"values": [...]}. What is no object is left out.
export function listOf(v) {
  const all = Array.isArray(v) ? v : v && typeof v === "object" && Array.isArray(v.values) ? v.values : [];
  return all.filter((x) => x && typeof x === "object" && !Array.isArray(x));
}

// entriesOf are the members of an object that say something.
export function entriesOf(v) {
  return v && typeof v === "object" && !Array.isArray(v) ? Object.entries(v).filter(([, x]) => x !== null && x !== undefined) : [];
}

// pairsOf reads what SDKs send either as an object or as a list of pairs.
export function pairsOf(v) {
  return Array.isArray(v) ? v.filter((p) => Array.isArray(p) && p.length === 2) : entriesOf(v);
}

export function plain(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value, null, 2) : String(value);
}
