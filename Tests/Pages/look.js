// Evaluated in a page that has loaded: what can be seen there, and `atelierFocus`, which watches the focus go round.
async () => {
  const findings = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const isShown = (element) =>
    element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) && element.getClientRects().length > 0;

  /** Enough of a selector for a person to find the element. */
  const name = (element) => {
    const own = (one) => one.localName + (one.id ? `#${one.id}` : [...one.classList].map((word) => `.${word}`).join(""));
    const label = element.getAttribute("name") ?? element.getAttribute("href") ?? "";
    const path = element.id || !element.parentElement ? own(element) : `${own(element.parentElement)} > ${own(element)}`;
    return path + (label && ` (${label.slice(0, 40)})`);
  };

  // Outline

  const headings = all("h1, h2, h3, h4, h5, h6");
  if (all("h1").length !== 1) findings.push(`${all("h1").length} first headings`);
  headings.reduce((level, heading) => {
    const own = Number(heading.localName[1]);
    if (own > level + 1) findings.push(`h${own} follows h${level}: ${heading.textContent.trim().slice(0, 40)}`);
    return own;
  }, 0);

  // Controls

  for (const control of all("input:not([type=hidden]), select, textarea")) {
    const names = [...(control.labels ?? [])].map((label) => label.textContent).join("") || control.ariaLabel;
    if (!names?.trim() && !control.getAttribute("aria-labelledby")) findings.push(`no label: ${name(control)}`);
  }

  // What changes by itself says so to those who do not see it. A region must be there before its words are.
  if (document.scripts.length > 0 && all("[data-live], [data-reload], [data-refresh]").length > 0) {
    const regions = all("[role=status], [role=log], [aria-live=polite]").filter((region) => !region.closest("[hidden]"));
    if (regions.length === 0) findings.push("it changes by itself, and has no live region");
  }

  // Pictures

  for (const image of all("img")) {
    if (image.complete && image.naturalWidth === 0) findings.push(`broken picture: ${name(image)}`);
    const isSized = [image, image.parentElement].some((one) => getComputedStyle(one).aspectRatio !== "auto");
    if (!isSized) findings.push(`no dimensions: ${name(image)}`);
  }

  // Room

  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    findings.push(`${root.scrollWidth} pixels wide`);
    const isClipped = (element) => {
      for (let one = element.parentElement; one && one !== document.body; one = one.parentElement) {
        if (getComputedStyle(one).overflowX !== "visible") return true;
      }
      return false;
    };
    const wide = all("body *").filter((one) => one.getBoundingClientRect().right > root.clientWidth + 0.5 && !isClipped(one));
    findings.push(...wide.slice(-3).map((element) => `reaches beyond the right edge: ${name(element)}`));
  }

  // Time and size

  const entries = (type) =>
    new Promise((resolve) => {
      const observer = new PerformanceObserver((list) => resolve(list.getEntries()));
      observer.observe({ type, buffered: true });
      // Nothing is told of what never happened.
      setTimeout(() => resolve([]), 50);
    });
  const [paints, shifts] = await Promise.all([entries("largest-contentful-paint"), entries("layout-shift")]);
  const loaded = performance.getEntriesByType("navigation")[0];
  // On a busy machine a paint can fall between two parts of a document that is still being read; and what is kept up to
  // date may change its place later.
  const early = shifts.filter(
    ({ startTime }) => startTime > loaded.domContentLoadedEventEnd && startTime < loaded.loadEventEnd + 500,
  );
  const shift = early.reduce((sum, { value }) => sum + value, 0);
  const moves = early.map((shift) => {
    const moved = shift.sources.map(({ node }) => name(node?.nodeType === Node.ELEMENT_NODE ? node : (node?.parentElement ?? root)));
    return `the layout shifts by ${shift.value.toFixed(4)}: ${moved.join(", ")}`;
  });
  const figures = {
    "bytes of HTML": loaded.decodedBodySize,
    "ms to the largest paint": paints.at(-1)?.startTime ?? 0,
  };

  // Focus

  const seen = new Set();
  const problems = new Set();
  let previous = null;
  let nowhere = 0;
  let isRound = false;

  const hasRing = (element) =>
    [null, "::before", "::after"].some((part) => {
      const style = getComputedStyle(element, part);
      return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
    });

  /** Whether some point of it is in the window, and nothing lies over that. */
  const isInSight = (element) => {
    for (const box of element.getClientRects()) {
      for (const [x, y] of [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.1], [0.5, 0.9]]) {
        const hit = document.elementFromPoint(box.left + x * box.width, box.top + y * box.height);
        if (hit && (element.contains(hit) || hit.contains(element) && hit !== document.body && hit !== root)) return true;
        if (hit && [...(element.labels ?? [])].some((label) => label.contains(hit))) return true;
      }
    }
    return false;
  };

  /** Looks at what has the focus, just before it moves on. */
  const step = () => {
    const element = document.activeElement;
    if (!element || element === document.body) {
      nowhere += 1;
      previous = null;
    } else if (element !== previous) {
      // Frames and dates have several stops of their own.
      isRound ||= seen.has(element);
      seen.add(element);
      previous = element;
      const label = element.labels?.[0];
      if (element.localName !== "iframe" && !hasRing(element) && !(label && hasRing(label))) {
        problems.add(`no focus ring: ${name(element)}`);
      }
      if (!isInSight(element)) problems.add(`out of sight when it has the focus: ${name(element)}`);
    }
  };
  addEventListener("keydown", step, { capture: true });
  // Into a frame, whose keys are not heard here.
  addEventListener("blur", step);

  window.atelierFocus = {
    /** Whether the focus has been everywhere: between the last and the first it is nowhere, once. */
    isRound: () => isRound || (seen.size === 0 && nowhere > 2),

    findings() {
      const controls = "a[href], button, input:not([type=hidden]), select, textarea, summary, iframe, [tabindex='0']";
      const isReached = (element) =>
        seen.has(element) || (element.type === "radio" && [...seen].some((one) => one.name === element.name));
      const open = document.querySelector("dialog:modal") ?? root;
      for (const element of open.querySelectorAll(controls)) {
        if (isShown(element) && !element.disabled && element.tabIndex >= 0 && !isReached(element)) {
          problems.add(`not reached by Tab: ${name(element)}`);
        }
      }
      return [...problems];
    },
  };

  // What has not changed since the last page is not sent again, and has no size here.
  const files = performance.getEntriesByType("resource").map((one) => new URL(one.name).pathname);
  return { findings, moves, shift, figures, files };
};
