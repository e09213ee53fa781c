// The pictures of a list by keys, more of them on the same page, and two of them under a slider.
import { announce, ask, byId, morph, parse } from "./page.js";

const tiles = () => [...document.querySelectorAll(".tile")];
const current = () => document.activeElement?.closest(".tile");
const reach = (tile) => tile.querySelector("a").focus();

// Going through them

/** To the next or the previous picture, and over the ends to more. */
async function step(by) {
  const all = tiles();
  const at = all.indexOf(current());
  const next = at < 0 ? all[0] : all[at + by];
  const more = document.querySelector(by > 0 ? "a[rel=next]" : "a[rel=prev]");
  if (next) reach(next);
  else if (more?.dataset.more) await append(more);
  else more?.click();
}

/** The next page behind this one. */
async function append(link) {
  if (link.hasAttribute("aria-busy")) return;
  link.setAttribute("aria-busy", "true");
  try {
    const answer = await ask(link.dataset.more, null, 20);
    const page = parse(answer.html);
    const fresh = [...page.querySelectorAll(".tile")].filter((tile) => !byId(tile.id));
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    document.querySelector(".shelf").append(...fresh);
    const links = page.querySelector(".pages");
    if (links) link.closest(".pages").replaceWith(links);
    else link.remove();
    if (fresh[0]) reach(fresh[0]);
    announce(`${fresh.length} more pictures`);
  } catch {
    // As without a script.
    location.assign(link.href);
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-more]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button > 0) return;
  event.preventDefault();
  append(link);
});

// Doing something with one of them

/** Without leaving the page; the server's answer is the page as it is then. */
async function mark(tile, deed) {
  const id = tile.id.replace("picture-", "");
  try {
    const answer = await ask(byId("bulk").action, null, 20, { method: "POST", body: new URLSearchParams({ id, do: deed }) });
    const page = parse(answer.html);
    const fresh = page.getElementById(tile.id);
    if (fresh) morph(tile, fresh);
    announce(page.querySelector(".notice p, .error-message")?.textContent ?? "Done");
  } catch {
    announce("The server did not answer.");
  }
}

const deeds = {
  j: () => step(1),
  k: () => step(-1),
  x: (tile) => tile?.querySelector("input").click(),
  f: (tile) => tile && mark(tile, tile.querySelector("[data-favourite]") ? "unfavourite" : "favourite"),
  t(tile) {
    const box = tile?.querySelector("input");
    if (box) box.checked = true;
    byId("bulk-tags")?.closest("details").setAttribute("open", "");
    byId("bulk-tags")?.focus();
  },
};
for (const stars of "012345") deeds[stars] = (tile) => tile && mark(tile, `rate.${stars}`);

document.addEventListener("keys", (event) => {
  if (!document.querySelector(".shelf") || !deeds[event.detail]) return;
  event.preventDefault();
  deeds[event.detail](current());
});

// Ticking many: all between two, with Shift

let last = null;

document.addEventListener("click", (event) => {
  if (event.target.name !== "id") return;
  const boxes = [...document.querySelectorAll(".tile [name=id]")];
  const [from, to] = [boxes.indexOf(last), boxes.indexOf(event.target)].sort((a, b) => a - b);
  if (event.shiftKey && from >= 0) for (const box of boxes.slice(from, to)) box.checked = event.target.checked;
  last = event.target;
});

// Comparing

const slider = byId("slider");

if (slider) {
  const pair = slider.closest(".compare");
  const show = () => pair.style.setProperty("--at", `${slider.value}%`);
  slider.parentElement.hidden = false;
  slider.addEventListener("input", show);
  byId("slide").addEventListener("change", ({ target }) => pair.classList.toggle("is-slid", target.checked));
  show();
}
