// Keeps waiting jobs up to date. Without it every page still works: what waits refreshes itself.
import { announce, ask, byId, morph, parse } from "./page.js";

const longestWait = 20; // seconds that the server may hold a request
const mostCards = 100; // that one request may name

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Calls `turn` after the milliseconds it answered, until it answers false; more seldom while it fails. */
async function repeat(turn, signal) {
  let failures = 0;
  while (!signal.aborted) {
    let wait;
    try {
      wait = await turn();
      if (signal.aborted) return;
      if (failures > 0) byId("offline").hidden = true;
      failures = 0;
      if (wait === false) return;
    } catch {
      if (signal.aborted) return;
      failures += 1;
      if (failures > 1) byId("offline").hidden = false;
      wait = Math.min(1000 * 2 ** failures, 30000) * (0.5 + Math.random() / 2);
    }
    await pause(wait);
  }
}

// Waiting jobs: one request names all of them and is answered when one changes

function waiting() {
  const marked = [...document.querySelectorAll("[data-live], [data-reload]")];
  return [...new Set(marked.map((element) => element.dataset.live || element.dataset.reload))].slice(0, mostCards);
}

async function askForNews(signal) {
  const known = waiting().join();
  if (!known) return false;
  const answer = await ask(`/cards?known=${known}&wait=${longestWait}`, signal, longestWait + 15);
  if (answer.status === 204) return 150;
  if (answer.status !== 200) throw new Error(answer.status);
  await show([...parse(answer.html).querySelectorAll("article.card")], signal);
  // What changes nothing would come again at once.
  return waiting().join() === known ? 5000 : 150;
}

async function show(cards, signal) {
  const page = document.querySelector("[data-reload]")?.dataset.reload.split(".")[0];
  const ended = [];
  for (const card of cards) {
    const old = byId(card.id);
    if (card.id === `job-${page}`) await showPage(signal);
    if (!old) continue;
    if (!card.dataset.live) ended.push(card.cloneNode(true));
    morph(old, card);
  }
  if (ended.length > 0) announce(wordsOf(ended));
}

function wordsOf(ended) {
  if (ended.length === 1) return `${stateOf(ended[0])}: ${ended[0].querySelector(".card-prompt, .card-note")?.textContent}`;
  const counts = new Map();
  for (const card of ended) counts.set(stateOf(card), (counts.get(stateOf(card)) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(", ");
}

const stateOf = (card) => card.querySelector(".badge")?.textContent ?? "deleted";

async function showPage(signal) {
  const answer = await ask(location.href, signal, 15);
  if (answer.status === 404) return location.reload();
  if (!answer.ok) throw new Error(answer.status);
  morph(byId("main"), parse(answer.html).getElementById("main"));
  if (!document.querySelector("[data-reload]")) announce(`Job ${document.querySelector(".badge")?.textContent}`);
}

async function askForFigures(signal) {
  const figures = document.querySelector("[data-refresh]");
  if (!figures) return false;
  const answer = await ask(figures.dataset.refresh, signal, 15);
  if (!answer.ok) throw new Error(answer.status);
  morph(figures, parse(answer.html).getElementById(figures.id));
  return 1000 * (figures.dataset.every ?? 3);
}

// Only a page that is looked at asks

let current = null;

function wake() {
  if (current || document.hidden) return;
  current = new AbortController();
  const { signal } = current;
  repeat(() => askForNews(signal), signal);
  repeat(() => askForFigures(signal), signal);
}

function rest() {
  current?.abort();
  current = null;
}

export function restart() {
  rest();
  wake();
}

document.addEventListener("visibilitychange", () => (document.hidden ? rest() : wake()));
addEventListener("pagehide", rest);
addEventListener("pageshow", wake);
addEventListener("online", restart);

// Seconds until a job starts, or since it did, in the words of the server

const seen = new WeakMap();

function spell(seconds) {
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${minutes} min`;
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

setInterval(() => {
  for (const element of document.querySelectorAll("[data-countdown], [data-elapsed]")) {
    const { countdown, elapsed } = element.dataset;
    const from = countdown ?? elapsed;
    if (seen.get(element)?.from !== from) seen.set(element, { from, at: Date.now() });
    const passed = (Date.now() - seen.get(element).at) / 1000;
    const left = Math.ceil(countdown - passed);
    const words = elapsed ? spell(Math.floor(+elapsed + passed)) : left > 0 ? `in ${spell(left)}` : "now";
    if (element.textContent !== words) element.textContent = words;
  }
}, 1000);
