// The form stays as it is; what it asked for appears beside it.
import { ask, byId, morph, parse } from "./page.js";
import { restart } from "./live.js";

const form = byId("generate");
const body = () => {
  form.sent_at.value = Date.now();
  return new URLSearchParams(new FormData(form));
};
const note = (words) => (byId("form-note").textContent = words);

async function generate() {
  if (form.ariaBusy) return;
  form.ariaBusy = "true";
  note("");
  try {
    const answer = await ask(form.action, null, 30, { method: "POST", body: body() });
    const page = parse(answer.html);
    if (!page.getElementById("generate")) {
      return note(page.querySelector(".error-message")?.textContent ?? `The server answered ${answer.status}.`);
    }
    morph(byId("main"), page.getElementById("main"));
    document.title = page.title;
    if (!answer.ok) return form.querySelector("[aria-invalid]")?.focus();
    history.replaceState(null, "", answer.url);
    byId("plan")?.scrollIntoView({ block: "nearest" });
    const newest = byId("newest");
    if (!byId("plan") && newest.getBoundingClientRect().top > 0.8 * innerHeight) newest.scrollIntoView();
    restart();
  } catch {
    note("The server did not answer. Look at the newest before you send it again.");
  } finally {
    form.ariaBusy = null;
  }
}

// What is typed is kept by the server, so that it survives the page

let isKept = true;
let timer;
const keep = () => (isKept ||= navigator.sendBeacon("/draft", body()));

form.oninput = form.onchange = ({ type }) => {
  isKept = false;
  clearTimeout(timer);
  timer = setTimeout(keep, type === "input" && 400);
};
for (const event of ["visibilitychange", "beforeunload", "pagehide"]) addEventListener(event, keep);

form.onsubmit = (event) => {
  isKept = true;
  // Its other buttons lead to pages.
  if (event.submitter?.name) return;
  event.preventDefault();
  generate();
};

form.onkeydown = (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
};

// What a page sends as it is left may arrive after it was asked for again.
if (location.pathname === "/" && performance.getEntriesByType("navigation")[0]?.type === "reload") {
  const { ok, html } = await ask(location.href, null, 15).catch(() => ({}));
  if (ok && isKept) morph(byId("main"), parse(html).getElementById("main"));
}
