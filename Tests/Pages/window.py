"""A browser window of one size, with or without scripts, and all that is looked at on a page in it."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, CDPSession, Error, Page

from report import Report
from server import ROOT
from tour import Stop

# The paint is to come within a second; a machine that is busy with four windows and a build may take longer.
LARGEST = {"bytes of HTML": 60 << 10, "bytes of script": 12 << 10, "bytes of style": 30 << 10, "ms to the largest paint": 10_000}

# Everything that axe-core has and holds for ready, and the size of what is tapped. Pages refresh themselves where there
# is no script to do it better, and only while something is pending.
RULES = {"target-size": {"enabled": True}, "meta-refresh": {"enabled": False}}
EVERYTHING = {"resultTypes": ["violations"], "rules": RULES}
# What another colour scheme can change.
COLOURS = {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]}

LOOK = (Path(__file__).parent / "look.js").read_text()
MOST_TABS, TABS_AT_ONCE = 400, 20
TAB = {"type": "rawKeyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}


@dataclass(frozen=True)
class Shape:
    width: int
    height: int
    scripts: bool
    # What axe-core judges there: all that it knows, in the dark; and what depends on the colours, in the light.
    everything: bool = True
    colours: bool = False

    def __str__(self) -> str:
        return f"{self.width}x{self.height}{'' if self.scripts else ' without script'}"


WINDOWS = [
    Shape(360, 740, scripts=True, colours=True),
    Shape(1440, 900, scripts=True, colours=True),
    Shape(360, 740, scripts=False),
    Shape(1440, 900, scripts=False, everything=False),
]
# One with scripts and one without, one of each size.
PAIRS = [[WINDOWS[0], WINDOWS[3]], [WINDOWS[1], WINDOWS[2]]]


@dataclass
class Window:
    shape: Shape
    page: Page
    devtools: CDPSession
    # What the browser has complained of since the visit began.
    complaints: list[str]
    screenshots: Path | None

    @staticmethod
    async def open(browser: Browser, address: str, shape: Shape, screenshots: Path | None) -> "Window":
        size = {"width": shape.width, "height": shape.height}
        # What moves all the time would keep the machine busy with painting.
        context = await browser.new_context(base_url=address, viewport=size, color_scheme="dark", reduced_motion="reduce")
        context.set_default_timeout(60_000)  # milliseconds
        page = await context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(f"script error: {error}"))
        page.on("console", lambda said: complaints.append(f"console {said.type}: {said.text}")
                if said.type in ("error", "warning") else None)
        page.on("request", lambda request: complaints.append(f"asks another server: {request.url}")
                if not request.url.startswith((address + "/", "data:", "blob:")) else None)
        devtools = await context.new_cdp_session(page)
        # Every visit is a first one.
        await devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
        return Window(shape, page, devtools, complaints, screenshots)

    async def let_scripts_run(self, allowed: bool) -> None:
        await self.devtools.send("Emulation.setScriptExecutionDisabled", {"value": not allowed})


async def visit(window: Window, stop: Stop, report: Report) -> None:
    findings: list[str] = []
    window.complaints.clear()
    try:
        await arrive(window, stop, findings, report)
        seen = await look(window, stop, findings, report)
        # What a visitor does may move things.
        if not stop.act:
            seen = await while_it_moves(seen, window, stop)
            findings += seen["moves"]
            report.measure(stop.name, {"of layout shift": seen["shift"]})
    except Error as error:
        findings.append(f"the visit failed: {error.message.splitlines()[0]}")
    # The browser tells every answer of 400 and above, also the one that was asked for.
    expected = f"Failed to load resource: the server responded with a status of {stop.status} "
    findings += [line for line in window.complaints if stop.status < 400 or expected not in line]
    report.add(stop.name, findings, str(window.shape))
    report.page(stop.name).visits += 1


async def arrive(window: Window, stop: Stop, findings: list[str], report: Report) -> None:
    page = window.page
    await page.emulate_media(color_scheme="dark")
    await window.let_scripts_run(window.shape.scripts)
    answers = []
    note = lambda answer: answers.append(answer) if answer.request.is_navigation_request() and answer.frame == page.main_frame else None
    page.on("response", note)
    await page.context.clear_cookies()
    try:
        if stop.before:
            await stop.before(page)
        answer = await page.goto(stop.path)
        if stop.act:
            await stop.act(page)
            await page.wait_for_load_state()
            answer = answers[-1]
    finally:
        page.remove_listener("response", note)
    if not window.shape.scripts:
        if answer.status != stop.status:
            findings.append(f"answered {answer.status}, not {stop.status}")
        report.page(stop.name).document = await answer.body()
        # Those who look need scripts; the page has been read without. And it must not refresh itself meanwhile.
        await window.let_scripts_run(True)
        await page.evaluate("window.stop()")


async def while_it_moves(seen: dict, window: Window, stop: Stop) -> dict:
    """Looks again: a paint that falls between two parts of a document, on a busy machine, is no finding."""
    for _ in range(2):
        if seen["moves"]:
            await arrive(window, stop, [], Report())
            seen = await window.page.evaluate(LOOK)
    return seen


async def look(window: Window, stop: Stop, findings: list[str], report: Report) -> dict:
    page = window.page
    if window.shape.everything or window.shape.colours:
        await page.evaluate(AXE_SCRIPT)
    if window.shape.everything:
        findings += await violations(page, EVERYTHING, "dark")
    seen = await page.evaluate(LOOK)
    findings += seen["findings"]
    figures = seen["figures"] | {"bytes of script": size(seen["files"], ".js"), "bytes of style": size(seen["files"], ".css")}
    report.measure(stop.name, figures)
    findings += [f"{figures[name]} {name}, more than {limit}" for name, limit in LARGEST.items() if figures[name] > limit]
    await take_screenshot(window, stop, "dark")
    if window.shape.colours:
        await page.emulate_media(color_scheme="light")
        findings += await violations(page, COLOURS, "light")
        await take_screenshot(window, stop, "light")
    findings += await tab_through(window)
    return seen


def size(files: list[str], kind: str) -> int:
    """Of all that a page has asked for, before compression."""
    names = {file.removeprefix("/assets/") for file in files if file.startswith("/assets/") and file.endswith(kind)}
    return sum((ROOT / "Public" / name).stat().st_size for name in names)


async def violations(page: Page, options: dict, scheme: str) -> list[str]:
    results = await page.evaluate("options => axe.run(options)", options)
    # What a bar that stays covers now, scrolling uncovers; that the focus is never covered is looked at below.
    is_covered = lambda node: any("bscured" in check["message"] for check in node["any"] + node["none"])
    return [
        f"axe {violation['id']} ({scheme}): {node['target'][0]}: "
        + " ".join(check["message"] for check in node["any"] + node["all"] + node["none"])
        for violation in results["violations"] for node in violation["nodes"]
        if not (violation["id"] == "target-size" and is_covered(node))
    ]


async def tab_through(window: Window) -> list[str]:
    """Steps on everything that Tab reaches, from wherever the focus is until it comes round."""
    for _ in range(MOST_TABS // TABS_AT_ONCE):
        # The page looks at each by itself, so that nobody has to wait for the answers in between.
        await asyncio.gather(*(window.devtools.send("Input.dispatchKeyEvent", TAB) for _ in range(TABS_AT_ONCE)))
        if await window.page.evaluate("atelierFocus.isRound()"):
            return await window.page.evaluate("atelierFocus.findings()")
    return [f"the focus does not come round after {MOST_TABS} times Tab"]


async def take_screenshot(window: Window, stop: Stop, scheme: str) -> None:
    if window.screenshots:
        name = "".join(letter if letter.isalnum() else "-" for letter in f"{stop.name}-{window.shape}-{scheme}")
        await window.page.screenshot(path=window.screenshots / f"{name.strip('-')}.png", full_page=True)
