// Keeps waiting jobs up to date and the form in place. Without it every page still works: what waits refreshes itself,
// and the form posts as forms do.
"use strict";

(() => {
  const longestWait = 20; // seconds that the server may hold a request
  const mostCards = 100; // that one request may name
  const byId = (id) => document.getElementById(id);

  // Changing a page in place

  /** Makes `old` look as `fresh`, and keeps every node that can stay: with it focus, typing, scrolling, animation. */
  function morph(old, fresh) {
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

  /** Whether somebody is busy with it: it stays, though it belongs here no more. */
  const isHeld = (node) => node.id && (node.querySelector("input:checked") || node.contains(document.activeElement));

  /** Children with an id are found again by it, others by their place. */
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

  function parse(html) {
    const parsed = new DOMParser().parseFromString(html, "text/html");
    // A parser without scripts takes what is in there for content.
    for (const element of parsed.querySelectorAll("noscript")) element.remove();
    localiseTimes(parsed);
    return parsed;
  }

  const local = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

  /** Times come in UTC; here they are the visitor's. */
  function localiseTimes(root) {
    for (const time of root.querySelectorAll("time[datetime]")) {
      time.title = time.textContent;
      time.textContent = local.format(new Date(time.dateTime));
    }
  }

  /** Said to screen readers when they have finished what they are saying; the cards themselves are never read out. */
  function announce(words) {
    byId("news").textContent = "";
    setTimeout(() => (byId("news").textContent = words), 100);
  }

  // Asking the server

  /** Fails when there is no whole answer in time, or when `signal` gives up. */
  async function ask(url, signal, seconds, options) {
    const controller = new AbortController();
    const abort = () => controller.abort();
    const timer = setTimeout(abort, seconds * 1000);
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) abort();
    try {
      const headers = { Accept: "text/html" };
      const answer = await fetch(url, { ...options, headers, signal: controller.signal });
      const html = await answer.text();
      // What comes too late may be older than what the page shows by now.
      if (signal?.aborted) throw new Error("no longer wanted");
      return { ok: answer.ok, status: answer.status, url: answer.url, html };
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }

  const pause = (milliseconds, signal) =>
    new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      signal.addEventListener("abort", end);
    });

  /** Calls `turn` again and again, each time after the milliseconds it answered, until it answers false. While it
      fails the waits grow, and the page says so. */
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
      await pause(wait, signal);
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
    if (answer.status !== 200) throw new Error(`the server answered ${answer.status}`);
    await show([...parse(answer.html).querySelectorAll("article.card")], signal);
    // An answer that changes nothing here would come again at once.
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

  /** The job's own page has more to show than its card. */
  async function showPage(signal) {
    const answer = await ask(location.href, signal, 15);
    if (answer.status === 404) return location.reload();
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    morph(byId("main"), parse(answer.html).getElementById("main"));
    if (!document.querySelector("[data-reload]")) announce(`Job ${document.querySelector(".badge")?.textContent}`);
  }

  // The figures of the running system

  async function askForFigures(signal) {
    const figures = document.querySelector("[data-refresh]");
    if (!figures) return false;
    const answer = await ask(figures.dataset.refresh, signal, 15);
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
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

  function restart() {
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

  // All jobs of a list at once

  document.addEventListener("change", ({ target }) => {
    if (target.id !== "pick-all") return;
    for (const box of target.form.querySelectorAll("[name=job]")) box.checked = target.checked;
  });

  // The form stays as it is; what it asked for appears beside it

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
      note("The server did not answer. What you typed is still here; look at the newest before you send it again.");
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

  localiseTimes(document);
})();
