// What the scripts share: changing a page in place, and asking the server.

export const byId = (id) => document.getElementById(id);

/** Makes `old` look as `fresh`, and keeps the nodes that can stay: with them focus, typing, scrolling. */
export function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh);
  } else if (old.nodeType !== Node.ELEMENT_NODE) {
    old.nodeValue = fresh.nodeValue;
  } else {
    // What the visitor has opened stays open.
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    morphChildren(old, fresh);
  }
}

/** Somebody is busy with it: it stays. */
const isHeld = (node) => node.id && (node.querySelector("input:checked") || node.contains(document.activeElement));

/** Those with an id are found again by it, others by their place. */
function morphChildren(old, fresh) {
  let next = old.firstChild;
  const remove = () => {
    const gone = next;
    next = next.nextSibling;
    if (isHeld(gone)) gone.classList.add("is-gone");
    else gone.remove();
  };
  for (const child of [...fresh.childNodes]) {
    const isNext = next && !next.id && next.nodeName === child.nodeName;
    const kept = child.id ? [...old.children].find((one) => one.id === child.id) : isNext && next;
    if (!kept) {
      old.insertBefore(child, next);
      continue;
    }
    while (next && next !== kept) remove();
    next = kept.nextSibling;
    morph(kept, child);
  }
  while (next) remove();
}

export function parse(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  // A parser without scripts takes what is in there for content.
  for (const element of parsed.querySelectorAll("noscript")) element.remove();
  localiseTimes(parsed);
  return parsed;
}

const local = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** From UTC. */
function localiseTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    time.title = time.textContent;
    time.textContent = local.format(new Date(time.dateTime));
  }
}

/** To screen readers, when they have finished what they are saying. */
export function announce(words) {
  byId("news").textContent = "";
  setTimeout(() => (byId("news").textContent = words), 100);
}

/** Fails without a whole answer in time, or when `signal` gives up. */
export async function ask(url, signal, seconds, options) {
  const limits = [AbortSignal.timeout(seconds * 1000), signal].filter(Boolean);
  const answer = await fetch(url, { ...options, headers: { Accept: "text/html" }, signal: AbortSignal.any(limits) });
  const html = await answer.text();
  // What comes too late may be older than what the page shows by now.
  signal?.throwIfAborted();
  return { ok: answer.ok, status: answer.status, url: answer.url, html };
}

localiseTimes(document);
