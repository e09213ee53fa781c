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
    const result = byId("plan") ?? byId("newest");
    if (result.getBoundingClientRect().top > 0.8 * innerHeight) result.scrollIntoView();
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
