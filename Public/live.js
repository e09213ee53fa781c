// Keeps the cards of waiting jobs up to date: one request asks for all of them and is answered when one changes.
// Without this script the pages refresh themselves.
"use strict";

(() => {
  const longestWait = 20;
  const offline = document.getElementById("offline");
  let controller = null;
  let failures = 0;

  const known = () =>
    [...document.querySelectorAll("[data-live], [data-reload]")]
      .map((element) => element.dataset.live || element.dataset.reload)
      .filter((value, index, all) => all.indexOf(value) === index)
      .slice(0, 100);

  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  function show(html) {
    const parsed = new DOMParser().parseFromString(html, "text/html");
    for (const card of parsed.querySelectorAll("article[id]")) {
      const id = card.id.slice("job-".length);
      const page = document.querySelector(`[data-reload^="${CSS.escape(id)}."]`);
      if (page && !card.dataset.live) {
        // The job's own page has more to show than its card, once it has ended.
        location.reload();
        return;
      }
      if (page) page.dataset.reload = card.dataset.live;
      const old = document.getElementById(card.id);
      if (!old) continue;
      const focused = old.contains(document.activeElement);
      old.replaceWith(document.adoptNode(card));
      if (focused) card.querySelector("a")?.focus({ preventScroll: true });
    }
  }

  async function follow() {
    if (controller) return;
    const mine = (controller = new AbortController());
    while (!mine.signal.aborted) {
      const cards = known();
      if (cards.length === 0) break;
      try {
        const answer = await fetch(`/cards?known=${cards.join(",")}&wait=${longestWait}`, {
          signal: AbortSignal.any([mine.signal, AbortSignal.timeout((longestWait + 15) * 1000)]),
          headers: { Accept: "text/html" },
        });
        if (answer.status === 200) show(await answer.text());
        else if (answer.status !== 204) throw new Error(`answered ${answer.status}`);
        failures = 0;
        if (offline) offline.hidden = true;
      } catch (error) {
        if (mine.signal.aborted) break;
        failures += 1;
        if (offline) offline.hidden = failures < 2;
        await pause(Math.min(1000 * 2 ** failures, 30000) * (0.5 + Math.random() / 2));
      }
    }
    if (controller === mine) controller = null;
  }

  function rest() {
    controller?.abort();
    controller = null;
  }

  async function refreshFigures() {
    const figures = document.getElementById("figures");
    if (!figures || document.hidden) return;
    try {
      const answer = await fetch(figures.dataset.refresh);
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("figures");
      if (fresh) figures.replaceWith(document.adoptNode(fresh));
    } catch {
      // The next turn tries again.
    }
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : follow()));
  addEventListener("pagehide", rest);
  addEventListener("pageshow", () => {
    if (!document.hidden) follow();
  });
  if (document.getElementById("figures")) setInterval(refreshFigures, 3000);
})();
