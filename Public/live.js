// Keeps waiting jobs up to date. Without it every page still works: what waits refreshes itself.
import { announce, ask, byId, morph, parse } from "./page.js";

const longestWait = 20; // seconds that the server may hold a request

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Calls `turn` after the milliseconds it answered, until it answers false; more seldom while it fails. */
async function repeat(turn, signal) {
  let failures = 0;
  while (!signal.aborted) {
    let wait;
    try {
      wait = await turn();
      failures = 0;
    } catch {
      if (signal.aborted) return;
      failures += 1;
      wait = Math.min(1000 * 2 ** failures, 30000) * (0.5 + Math.random() / 2);
    }
    byId("offline").hidden = failures < 2;
    if (wait === false) return;
    await pause(wait);
  }
}

// Waiting jobs: one request names all of them and is answered when one changes

function waiting() {
  const known = new Set([...document.querySelectorAll("[data-live]")].map((card) => card.dataset.live));
  // So many may be named.
  return [...known].slice(0, 100).join();
}

/** The cards that are no longer as they are known, as soon as there are any; none when nothing changed for long. */
export async function news(known, signal) {
  const answer = await ask(`/cards?known=${known}&wait=${longestWait}`, signal, longestWait + 15);
  if (answer.status === 204) return [];
  if (answer.status !== 200) throw new Error(answer.status);
  return [...parse(answer.html).querySelectorAll("article.card")];
}

async function askForNews(signal) {
  const known = waiting();
  if (!known) return false;
  const cards = await news(known, signal);
  show(cards);
  // What changes nothing would come again at once.
  return cards.length > 0 && waiting() === known ? 5000 : 150;
}

function show(cards) {
  const ended = [];
  for (const card of cards) {
    const old = byId(card.id);
    if (!old) continue;
    if (!card.dataset.live) ended.push(card.cloneNode(true));
    morph(old, card);
  }
  if (ended.length > 0) announce(wordsOf(ended));
}

const stateOf = (card) => card.querySelector(".badge")?.textContent ?? "deleted";

function wordsOf(ended) {
  const states = ended.map(stateOf);
  if (ended.length === 1) return `${states}: ${ended[0].querySelector(".card-prompt, .card-note")?.textContent}`;
  return [...new Set(states)].map((state) => `${states.filter((one) => one === state).length} ${state}`).join(", ");
}

// Only a page that is looked at asks

export const turns = [askForNews];
let current = null;

function wake() {
  if (current || document.hidden) return;
  current = new AbortController();
  const { signal } = current;
  for (const turn of turns) repeat(() => turn(signal), signal);
}

function rest() {
  current?.abort();
  current = null;
}

export const restart = () => (rest(), wake());

document.addEventListener("visibilitychange", () => (document.hidden ? rest() : wake()));
addEventListener("pagehide", rest);
addEventListener("pageshow", wake);
addEventListener("online", restart);

// Seconds until a job starts, or since it did, in the words of the server

const seen = new WeakMap();

function spell(seconds) {
  const [minutes, hours] = [60, 3600].map((unit) => Math.floor(seconds / unit));
  if (seconds < 60) return `${seconds} s`;
  if (hours < 1) return `${minutes} min`;
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
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
