"""What is visited: for every route of the site at least one address, or the reason why it is no page."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from playwright.async_api import Page

from seed import Seeded
from server import ROOT


@dataclass(frozen=True)
class Stop:
    """An address, the status it should answer, and what a visitor does there before looking."""

    path: str
    status: int = 200
    what: str = ""
    act: Callable[[Page], Awaitable[None]] | None = None
    # Whether it is there only with scripts, or only without.
    scripts: bool | None = None

    @property
    def name(self) -> str:
        return f"{self.path if len(self.path) <= 70 else self.path[:69] + '…'}{self.what and ', ' + self.what}"


EMPTY = [Stop(path, what="empty") for path in ("/", "/history", "/queue", "/architecture")]
EMPTY.append(Stop("/recent", what="empty", scripts=False))

# Without a database.
BROKEN = [Stop(path, 503, "without a database") for path in ("/", "/history", "/queue")]
BROKEN.append(Stop("/architecture", what="without a database"))


def full(seeded: Seeded) -> list[Stop]:
    jobs = seeded.jobs
    return [
        Stop("/"),
        Stop(f"/?from={jobs['long']}"),
        Stop(f"/?from={jobs['markup']}"),
        Stop("/", 422, "refused", send_what_is_refused),
        Stop("/recent", scripts=False),
        *library(seeded),
        Stop("/queue", what="keys", act=open_keys, scripts=True),
        Stop("/queue"),
        Stop("/queue?q=state:failed"),
        Stop("/queue?q=state:completed"),
        Stop("/queue?q=state:nonsense", 422),
        Stop("/queue?q=nothing+has+these+words"),
        Stop("/queue/cancel"),
        Stop("/queue/retry?q=state:failed"),
        Stop("/queue/cancel?q=state:completed"),
        Stop("/architecture"),
        *(Stop(f"/jobs/{id}", what=what) for what, id in jobs.items()),
        Stop("/nothing/here", 404),
        Stop("/jobs/no-id", 404),
        Stop("/queues/canvas/pause", 405),
    ]


def library(seeded: Seeded) -> list[Stop]:
    return [
        Stop("/history"),
        Stop("/history", what="marked", act=mark_the_first),
        Stop("/history?page=3"),
        Stop("/history?page=99999999999999999999"),
        Stop("/history?q=lighthouse&sort=rating&model=atelier/canvas"),
        Stop("/history?favourite=1&rating=3&tag=two+boats"),
        Stop("/history?q=nothing+has+these+words"),
        Stop("/history?from=2026-12-01&to=2026-01-01"),
        Stop("/history?rating=9&seed=none", 422),
        Stop("/history?status=failed"),
        Stop("/history?trash=1"),
        Stop(f"/history?board={seeded.board}"),
        Stop("/history/confirm?do=trash"),
        Stop("/history/confirm?trash=1&do=delete"),
        Stop("/history/confirm?favourite=1&do=zip"),
        Stop("/boards"),
        Stop("/boards", 422, "refused", send_no_name),
        *(Stop(f"/pictures/{id}", what=what) for what, id in seeded.pictures.items()),
        Stop("/pictures/00000000-0000-7000-8000-000000000000", 404),
    ]


async def open_keys(page: Page) -> None:
    await page.keyboard.press("?")
    await page.wait_for_selector("dialog[open]")


async def mark_the_first(page: Page) -> None:
    await page.check(".tile [type=checkbox] >> nth=0")
    await page.click(".bulk > summary")
    async with page.expect_navigation():
        await page.click(".bulk [value=favourite]")


async def send_no_name(page: Page) -> None:
    await page.fill("#name", " ")
    async with page.expect_navigation():
        await page.click(".new-board button")


async def send_what_is_refused(page: Page) -> None:
    await page.fill("#prompt", "a tower that is too tall")
    await page.select_option("#size", "custom")
    await page.fill("#width", "5")
    await page.fill("#height", "99999")
    async with page.expect_response(lambda answer: answer.request.method == "POST"):
        await page.click("#generate [type=submit].primary")
    await page.wait_for_selector("[aria-invalid]")


def fragments(seeded: Seeded) -> list[str]:
    """Parts of pages that the script asks for."""
    job = seeded.jobs["processing"]
    return ["/history/pictures?page=2", "/queue/live", "/architecture/figures", f"/jobs/{job}/card", f"/cards?known={job}.0"]


def not_pages(seeded: Seeded) -> list[str]:
    """Redirects, files and answers for programs."""
    return ["/generate", "/history/zip?favourite=1", f"/images/{seeded.file}", "/healthz", "/readyz"]


def missing_routes(stops: list[Stop], seeded: Seeded) -> list[str]:
    """The routes that answer GET outside the API and that no address above reaches."""
    source = (ROOT / "Sources/WebApp/Routes.swift").read_text()
    routes = [route for route in re.findall(r'routes\.get\("([^"]+)"', source) if not route.startswith(r"\(api)")]
    if not routes:
        return ["Routes.swift names no route that this check can read"]
    # The most literal route wins, as in the site.
    patterns = {
        route: re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(route)) + r"$")
        for route in sorted(routes, key=lambda route: route.count("{"))
    }
    missing = set(routes)
    for address in [stop.path for stop in stops] + fragments(seeded) + not_pages(seeded):
        path = address.partition("?")[0]
        missing.discard(next((route for route, pattern in patterns.items() if pattern.match(path)), ""))
    return [f"Tests/Pages/tour.py has no address for the route {route}" for route in sorted(missing)]
