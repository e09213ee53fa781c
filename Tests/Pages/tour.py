"""What is visited: for every route of the site at least one address, or the reason why it is no page."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from playwright.async_api import Page

from seed import OTHER_MODEL, Seeded
from server import ROOT


@dataclass(frozen=True)
class Stop:
    """An address, the status it should answer, and what a visitor does before and there, before looking."""

    path: str
    status: int = 200
    what: str = ""
    before: Callable[[Page], Awaitable[None]] | None = None
    act: Callable[[Page], Awaitable[None]] | None = None
    # Whether it is there only with scripts, or only without.
    scripts: bool | None = None

    @property
    def name(self) -> str:
        return f"{self.path if len(self.path) <= 70 else self.path[:69] + '…'}{self.what and ', ' + self.what}"


EMPTY = [Stop(path, what="empty") for path in ("/", "/history", "/prompts", "/presets", "/boards", "/queue", "/architecture")]
EMPTY.append(Stop("/recent", what="empty", scripts=False))

# Without a database.
BROKEN = [Stop(path, 503, "without a database") for path in ("/", "/history", "/prompts", "/queue")]
BROKEN.append(Stop("/architecture", what="without a database"))


def full(seeded: Seeded) -> list[Stop]:
    jobs = seeded.jobs
    return [
        *generating(seeded),
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


def generating(seeded: Seeded) -> list[Stop]:
    jobs = seeded.jobs
    return [
        Stop("/"),
        Stop(f"/?use={jobs['long']}"),
        Stop(f"/?use={jobs['markup']}&what=all"),
        Stop(f"/?use={jobs['markup']}&what=all", what="over another form", before=fill_the_form),
        Stop(f"/?use={jobs['pending']}&what=seed", 404),
        Stop("/?use=earlier", 404),
        Stop("/?preview", what="a grid", before=lay_out_a_grid),
        Stop(f"/?made={seeded.batches['waiting']}&count=2"),
        Stop(f"/?model={OTHER_MODEL}"),
        Stop(f"/?model={OTHER_MODEL}", 422, "refused", act=leave_out_what_is_required),
        Stop("/?model=nobody/has-this-model"),
        Stop("/", 422, "refused", act=send_what_is_refused),
        Stop("/", 422, "a preset without a name", act=keep_without_a_name),
        Stop("/recent", scripts=False),
        Stop("/presets"),
        Stop("/presets?added=2"),
        Stop("/presets", 422, "a file that is none", act=import_nonsense),
        Stop("/presets", 422, "a name that is taken", act=rename_to_another),
        Stop("/prompts"),
        Stop("/prompts?q=window"),
        Stop("/prompts?q=nothing+has+these+words"),
        *(Stop(f"/batches/{id}", what=what) for what, id in seeded.batches.items()),
        Stop(f"/batches/{jobs['completed']}", 404),
    ]


def library(seeded: Seeded) -> list[Stop]:
    one, other = seeded.pictures["completed"], seeded.pictures["markup"]
    return [
        Stop("/history"),
        Stop("/history?page=2", what="marked", act=mark_the_first),
        Stop("/history?page=2", 422, "too few to compare", act=compare_one),
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
        Stop("/boards", 422, "refused", act=send_no_name),
        *(Stop(f"/pictures/{id}", what=what) for what, id in seeded.pictures.items()),
        Stop(f"/pictures/{one}?favourite=1&sort=rating", what="within a search"),
        Stop(f"/pictures/{one}?done=rate.4.1", what="marked"),
        Stop(seeded.varied.partition("#")[0], what="variations"),
        Stop(f"/compare?a={one}&b={other}"),
        Stop(f"/compare?a={one}&b={other}", what="one over the other", act=slide, scripts=True),
        Stop("/compare", 422),
        Stop("/history?trash=1", what="deleting", act=delete_the_first),
        Stop("/pictures/00000000-0000-7000-8000-000000000000", 404),
    ]


async def open_keys(page: Page) -> None:
    await page.keyboard.press("?")
    await page.wait_for_selector("dialog[open]")


async def press(page: Page, button: str) -> None:
    """One that leads to a page."""
    async with page.expect_navigation():
        await page.click(button)


async def with_the_first(page: Page, button: str) -> None:
    await page.check(".tile [type=checkbox] >> nth=0")
    await page.click(".bulk > summary")
    await press(page, f".bulk [value={button}]")


async def mark_the_first(page: Page) -> None:
    await with_the_first(page, "favourite")


async def compare_one(page: Page) -> None:
    await with_the_first(page, "compare")


async def delete_the_first(page: Page) -> None:
    await with_the_first(page, "delete")


async def slide(page: Page) -> None:
    await page.check("#slide")


async def send_no_name(page: Page) -> None:
    await page.fill("#name", " ")
    await press(page, ".new-board button")


async def fill_the_form(page: Page) -> None:
    await page.goto("/")
    await page.fill("#prompt", "words of somebody's own")
    await press(page, "[value=preview] >> nth=0")


async def lay_out_a_grid(page: Page) -> None:
    await page.goto("/")
    await page.fill("#prompt", "a {red|blue|green} door")
    await page.click("#grid > summary")
    await page.select_option("#grid-name-1", "seed")
    await page.fill("#grid-1", "1..8")
    await press(page, "#grid [value=preview]")


async def keep_without_a_name(page: Page) -> None:
    await page.click("#presets > summary")
    await page.fill("#preset_name", " ")
    await press(page, "#presets [value=preset]")


async def leave_out_what_is_required(page: Page) -> None:
    await page.evaluate("document.querySelector('#generate').noValidate = true")
    await send(page)


async def send_what_is_refused(page: Page) -> None:
    await page.fill("#prompt", "a tower that is too tall")
    await page.select_option("#size", "custom")
    await page.evaluate("document.querySelector('#generate').noValidate = true")
    await page.fill("#width", "5")
    await page.fill("#height", "99999")
    await send(page)


async def send(page: Page) -> None:
    """The form; with scripts the answer is put into the page."""
    async with page.expect_response(lambda answer: answer.request.method == "POST" and answer.status == 422):
        await page.click("#generate [type=submit].primary")
    await page.wait_for_selector("[aria-invalid]")


async def import_nonsense(page: Page) -> None:
    await page.fill("#json", '{"format": "something else"}')
    await press(page, "#import button")


async def rename_to_another(page: Page) -> None:
    names = await page.locator(".kept h2").all_inner_texts()
    await page.click(".kept summary >> nth=0")
    await page.fill(".kept [name=name] >> nth=0", names[1])
    await press(page, ".kept .with-button button >> nth=0")


def fragments(seeded: Seeded) -> list[str]:
    """Parts of pages that the script asks for."""
    job = seeded.jobs["processing"]
    return ["/history/pictures?page=2", "/queue/live", "/architecture/figures", f"/jobs/{job}/card", f"/cards?known={job}.0"]


def not_pages(seeded: Seeded) -> list[str]:
    """Redirects, files and answers for programs."""
    picture = f"/pictures/{seeded.pictures['completed']}"
    files = ["/history/zip?favourite=1", "/presets/export", f"/images/{seeded.file}", f"{picture}/with-settings", f"{picture}/clean"]
    return ["/generate", *files, "/healthz", "/readyz"]


def read_routes() -> dict[str, re.Pattern]:
    """What answers GET outside the API, with the paths it answers; the most literal first, as in the site."""
    source = (ROOT / "Sources/WebApp/Routes.swift").read_text()
    routes = [route for route in re.findall(r'routes\.get\("([^"]+)"', source) if not route.startswith(r"\(api)")]
    if not routes:
        raise SystemExit("Routes.swift names no route that this check can read")
    return {
        route: re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(route)) + r"$")
        for route in sorted(routes, key=lambda route: route.count("{"))
    }


ROUTES = read_routes()


def route(address: str) -> str:
    """Empty for what is no page."""
    path = address.partition("?")[0]
    return next((route for route, pattern in ROUTES.items() if pattern.match(path)), "")


def missing_routes(stops: list[Stop], seeded: Seeded) -> list[str]:
    """Those that no address above reaches."""
    reached = {route(address) for address in [stop.path for stop in stops] + fragments(seeded) + not_pages(seeded)}
    return [f"Tests/Pages/tour.py has no address for the route {route}" for route in sorted(ROUTES.keys() - reached)]
