// Pages and parts of pages that are asked for again as a whole.
import { announce, ask, byId, morph, parse } from "./page.js";
import { news, restart, turns } from "./live.js";

async function again(url, id, signal) {
  const answer = await ask(url, signal, 15);
  if (answer.status === 404) return location.reload();
  if (!answer.ok) throw new Error(answer.status);
  morph(byId(id), parse(answer.html).getElementById(id));
}

/** Figures, after every so many seconds. */
async function figures(signal) {
  const element = document.querySelector("[data-refresh]");
  if (!element) return false;
  await again(element.dataset.refresh, element.id, signal);
  return 1000 * (element.dataset.every ?? 3);
}

/** The page of a job that has not ended, when the job has changed. */
async function job(signal) {
  const known = document.querySelector("[data-reload]")?.dataset.reload;
  if (!known) return false;
  const cards = await news(known, signal);
  if (cards.length === 0) return 150;
  await again(location.href, "main", signal);
  const fresh = document.querySelector("[data-reload]")?.dataset.reload;
  if (!fresh) announce(`Job ${document.querySelector(".badge")?.textContent}`);
  return fresh === known ? 5000 : 150;
}

turns.push(figures, job);
restart();
