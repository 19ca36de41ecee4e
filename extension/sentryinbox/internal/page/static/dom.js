// Building and updating the document. Text from events only ever becomes text nodes and attribute values: there is no way from a string to markup here.

const SVG = "http://www.w3.org/2000/svg";
const svgTags = new Set(["svg", "path", "circle", "rect", "line", "g"]);

// h makes an element. Props: "class", "text", "style" (an object), "on..." handlers, data and aria attributes; true, false and null as HTML has them.
export function h(tag, props, ...children) {
  const el = svgTags.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) setProp(el, name, value);
  append(el, children);
  return el;
}

function setProp(el, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "text") el.textContent = value;
  else if (name === "style") for (const [k, v] of Object.entries(value)) el.style.setProperty(k, v);
  else if (name.startsWith("on")) el[name] = value;
  else if (name === "href") el.setAttribute("href", safeLink(value));
  else if (name === "value") { el.value = value; el.setAttribute("value", value); }
  else el.setAttribute(name, value === true ? "" : String(value));
}

// safeLink keeps links inside the page: whatever an event says, it cannot become a javascript: or foreign address.
function safeLink(link) {
  return link.startsWith("#/") || link.startsWith("/api/0/") ? link : "#/";
}

function append(el, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(el, child);
    else if (child instanceof Node) el.append(child);
    else if (child !== null && child !== undefined && child !== false) el.append(String(child));
  }
}

// breakable lets a name be broken at its joints (dots, slashes, humps) instead of anywhere.
export function breakable(text) {
  return String(text).split(/(?<=[./$:])(?=[^./$:])|(?<=[a-z])(?=[A-Z])/).flatMap((part, i) => (i ? [h("wbr"), part] : [part]));
}

const handlers = ["onclick", "oninput", "onchange", "ontoggle", "onkeydown", "onsubmit"];

// morph makes the live node look like the new one and keeps what the person did to it: focus, scroll, opened details, text being typed.
// Children with the same data-key are the same thing at another place.
export function morph(live, fresh) {
  if (live.nodeType === Node.TEXT_NODE) {
    if (live.data !== fresh.data) live.data = fresh.data;
    return;
  }
  syncAttributes(live, fresh);
  for (const name of handlers) if (live[name] !== fresh[name]) live[name] = fresh[name];
  morphChildren(live, fresh);
}

function syncAttributes(live, fresh) {
  for (const { name } of [...live.attributes]) {
    if (!fresh.hasAttribute(name) && !(name === "open" && live.localName === "details") && name !== "style") live.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (name === "style" || (name === "open" && live.localName === "details")) continue;
    if (live.getAttribute(name) !== value) live.setAttribute(name, value);
  }
  if (live.style && live.style.cssText !== fresh.style.cssText) live.style.cssText = fresh.style.cssText;
  if ("value" in fresh && live !== document.activeElement && live.value !== fresh.value && fresh.hasAttribute("value")) live.value = fresh.value;
  if (live.localName === "select" && live !== document.activeElement) live.value = fresh.value;
}

function same(a, b) {
  if (a.nodeType !== b.nodeType) return false;
  if (a.nodeType !== Node.ELEMENT_NODE) return true;
  return a.localName === b.localName && a.dataset.key === b.dataset.key;
}

function morphChildren(live, fresh) {
  const keyed = new Map();
  for (const child of live.childNodes) if (child.dataset && child.dataset.key) keyed.set(child.dataset.key, child);
  let at = live.firstChild;
  for (const want of [...fresh.childNodes]) {
    const key = want.dataset && want.dataset.key;
    const known = key ? keyed.get(key) : null;
    if (known && same(known, want)) {
      if (known !== at) live.insertBefore(known, at);
      else at = at.nextSibling;
      morph(known, want);
    } else if (!key && at && same(at, want)) {
      const next = at.nextSibling;
      morph(at, want);
      at = next;
    } else {
      live.insertBefore(want, at);
    }
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

// update morphs the children of a container and keeps the line the person looks at where it is on the screen.
export function update(container, ...children) {
  const fresh = container.cloneNode(false);
  append(fresh, children);
  const anchor = firstVisible(container);
  const before = anchor && anchor.getBoundingClientRect().top;
  morphChildren(container, fresh);
  if (anchor && anchor.isConnected) {
    const moved = anchor.getBoundingClientRect().top - before;
    if (moved !== 0) window.scrollBy(0, moved);
  }
}

// firstVisible is the first thing that begins below the header; null at the top of the page: there, new things may push the others down.
function firstVisible(container) {
  if (window.scrollY < 40) return null;
  for (const el of container.querySelectorAll("[data-key]")) {
    const { top, height } = el.getBoundingClientRect();
    if (top >= 56 && height > 0) return el;
  }
  return null;
}

const iconPaths = {
  issues: "M12 3 2.5 20h19zM12 10v4.500M12 17.300v.2",
  transactions: "M4 6h9M8 12h9M11 18h9",
  logs: "M5 6h14M5 10h14M5 14h10M5 18h7",
  protocol: "M12 3 4.5 6v5.500c0 4.5 3 7.7 7.5 9.5 4.5-1.8 7.5-5 7.5-9.500V6zM8.8 12l2.3 2.3 4.2-4.6",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM20 20l-4.8-4.8",
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  copy: "M9 9h10v11H9zM5 15V4h10",
  trace: "M6 4v12a3 3 0 0 0 3 3h9M6 9h7M18 19l-2.5-2.500M18 19l-2.5 2.5",
  trash: "M5 7h14M10 7V4.500h4V7M7 7l1 13h8l1-13",
  pause: "M8.5 5v14M15.5 5v14",
  play: "M8 5l11 7-11 7z",
  check: "M5 12.5 10 17.5 19 7",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2",
  flame: "M12 3c1 4 5.5 6 5.5 11a5.5 5.5 0 0 1-11 0c0-2.5 1.3-4 2.5-5 .3 1.5 1 2.3 1.8 2.500C10.3 8.5 10.8 5.5 12 3z",
  http: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18",
  db: "M5 6c0-3.5 14-3.5 14 0v12c0 3.5-14 3.5-14 0zM5 6c0 3.5 14 3.5 14 0M5 12c0 3.5 14 3.5 14 0",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.500c1-9 14-9 15 0",
  nav: "M5 12h14M13 6l6 6-6 6",
  bug: "M8 9a4 4 0 0 1 8 0v5a4 4 0 0 1-8 0zM12 9v9M4 8l4 2M20 8l-4 2M3.5 14H8M16 14h4.500M5 20l3.5-3M19 20l-3.5-3",
  dot: "M12 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
};

// icon draws one of the line icons; it says nothing to a screen reader.
export function icon(name) {
  return h("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, h("path", { d: iconPaths[name] || iconPaths.dot }));
}
