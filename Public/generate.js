// The form of the front page stays as it is; what it asked for appears beside it.
import { ask, byId, morph, parse } from "./page.js";
import { restart } from "./live.js";

async function generate(form) {
  if (form.hasAttribute("aria-busy")) return;
  form.setAttribute("aria-busy", "true");
  byId("form-note").textContent = "";
  const note = (words) => (byId("form-note").textContent = words);
  try {
    const count = Number(form.elements.count.value);
    const body = new URLSearchParams(new FormData(form));
    const answer = await ask(form.action, null, 30, { method: "POST", body });
    const page = parse(answer.html);
    if (!page.getElementById("generate")) {
      return note(page.querySelector(".error-message")?.textContent ?? `The server answered ${answer.status}.`);
    }
    morph(byId("main"), page.getElementById("main"));
    document.title = page.title;
    if (!answer.ok) return form.querySelector("[aria-invalid]")?.focus();
    history.replaceState(null, "", answer.url);
    note(count > 1 ? `${count} pictures are queued.` : "Queued.");
    if (byId("newest").getBoundingClientRect().top > 0.8 * innerHeight) byId("newest").scrollIntoView();
    restart();
  } catch {
    note("The server did not answer. Look at the newest before you send it again.");
  } finally {
    form.removeAttribute("aria-busy");
  }
}

document.addEventListener("submit", (event) => {
  if (event.target.id !== "generate") return;
  event.preventDefault();
  generate(event.target);
});

document.addEventListener("keydown", (event) => {
  const form = event.target.form;
  if (form?.id === "generate" && event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
