// The pictures of a list by keys, and more of them on the same page.
import { announce, ask, byId, morph, parse } from "./page.js";

const current = () => document.activeElement?.closest(".tile");
const reach = (tile) => tile?.querySelector("a").focus();

/** To the next or the previous picture, and over the ends to more. */
function step(by) {
  const all = [...document.querySelectorAll(".tile")];
  const next = all[current() ? all.indexOf(current()) + by : 0];
  if (next) reach(next);
  else document.querySelector(by > 0 ? "a[rel=next]" : "a[rel=prev]")?.click();
}

/** The next page behind this one. */
async function append(link) {
  if (link.ariaBusy) return;
  link.ariaBusy = "true";
  try {
    const page = parse((await ask(link.dataset.more, null, 20)).html);
    const fresh = [...page.querySelectorAll(".tile")].filter((tile) => !byId(tile.id));
    for (const tile of fresh) tile.page = new URL(link.href).searchParams.get("page");
    document.querySelector(".shelf").append(...fresh);
    link.closest(".pages").replaceWith(page.querySelector(".pages"));
    reach(fresh[0]);
  } catch {
    // As without a script.
    location.assign(link.href);
  }
}

/** Without leaving the page; the server's answer is the page as it is then. */
async function mark(tile, deed) {
  // Its buttons are called “action”, too.
  const url = new URL(byId("bulk").getAttribute("action"), location);
  if (tile.page) url.searchParams.set("page", tile.page);
  const body = new URLSearchParams({ id: tile.id.replace("picture-", ""), do: deed });
  try {
    const page = parse((await ask(url, null, 20, { method: "POST", body })).html);
    const fresh = page.getElementById(tile.id);
    if (fresh) morph(tile, fresh);
    // It no longer belongs here, and stays until the list is opened again.
    else if (page.querySelector(".page-head")) tile.classList.add("is-gone");
    announce(page.querySelector(".notice p, .error-message")?.textContent ?? "Done");
  } catch {
    announce("The server did not answer.");
  }
}

const deeds = {
  x: (tile) => tile.querySelector("input").click(),
  f: (tile) => mark(tile, tile.querySelector("[data-favourite]") ? "unfavourite" : "favourite"),
  t(tile) {
    tile.querySelector("input").checked = true;
    document.querySelector(".bulk").open = true;
    byId("bulk-tags")?.focus();
  },
};

document.addEventListener("keys", (event) => {
  const [key, tile] = [event.detail, current()];
  if ("jk".includes(key)) step(key === "j" ? 1 : -1);
  else if (tile && deeds[key]) deeds[key](tile);
  else if (tile && "012345".includes(key)) mark(tile, `rate.${key}`);
  else return;
  event.preventDefault();
});

let last;

document.addEventListener("click", (event) => {
  const { target, shiftKey } = event;
  const more = target.closest("[data-more]");
  if (more && !event.ctrlKey && !event.metaKey && !shiftKey) {
    event.preventDefault();
    append(more);
  }
  if (target.name !== "id") return;
  // With Shift, as all others since the last.
  const boxes = [...document.querySelectorAll(".tile input")];
  const [from, to] = [boxes.indexOf(last), boxes.indexOf(target)].sort((a, b) => a - b);
  if (shiftKey && from >= 0) for (const box of boxes.slice(from, to)) box.checked = target.checked;
  last = target;
});
