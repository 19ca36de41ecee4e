// Talking to the JSON API.

export class Failure extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export async function get(path, params) {
  const search = new URLSearchParams();
  for (const [k, v] of Object.entries(params || {})) if (v) search.set(k, v);
  const query = search.toString();
  const response = await fetch(`/api/0/${path}${query ? "?" + query : ""}`, { headers: { Accept: "application/json" } });
  if (!response.ok) throw await failureOf(response);
  return { data: await response.json(), hits: Number(response.headers.get("X-Hits") || 0) };
}

async function failureOf(response) {
  let detail = response.statusText;
  try {
    detail = (await response.json()).detail || detail;
  } catch { /* not JSON: the status says it */ }
  return new Failure(response.status, detail);
}

export async function clear() {
  const response = await fetch("/api/0/", { method: "DELETE" });
  if (!response.ok) throw await failureOf(response);
}

let etag = "";

// changed asks for the counts; null while nothing has changed since the last call.
export async function changed() {
  const response = await fetch("/api/0/stats/", { headers: etag ? { "If-None-Match": etag } : {} });
  if (response.status === 304) return null;
  if (!response.ok) throw await failureOf(response);
  etag = response.headers.get("ETag") || "";
  return response.json();
}
