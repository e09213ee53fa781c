"""Visits every page and tells what is wrong with it: script/check-pages --help."""

import argparse
import asyncio
import sys
import time
from pathlib import Path

from playwright.async_api import async_playwright

import documents
import seed
import stylesheet
import tour
from report import Report
from server import Site
from window import PAIRS, WINDOWS, Shape, Window, visit


async def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--folder", type=Path, required=True, help="for what the check writes; its services are there")
    options.add_argument("--only", default="", help="a word of the addresses to visit")
    options.add_argument("--screenshots", type=Path, help="a folder for a picture of each page in each window")
    options = options.parse_args()

    began = time.monotonic()
    report = Report()
    with Site(options.folder) as site:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium")
            windows = [await Window.open(browser, site.address, shape, options.screenshots) for shape in WINDOWS]

            async def walk(stops: list[tour.Stop]) -> None:
                wanted = [(stop, shapes) for stop, shapes in with_windows(stops) if options.only in stop.path]
                await asyncio.gather(*(visit_all(window, wanted, report) for window in windows))

            await walk(tour.EMPTY)
            seeded = seed.fill(site)
            full = tour.full(seeded)
            await walk(full)
            report.add("the stylesheet", await stylesheet.problems(windows[0].page))
            if not options.only:
                report.add("the routes", tour.missing_routes(full, seeded))
                report.add("the parts of pages", documents.read_fragments(site, tour.fragments(seeded), report))
                report.add("the links", documents.dead_links(site, report))
            site.stop_services()
            await walk(tour.BROKEN)
            await browser.close()
    documents.validate(options.folder, report)
    report.write(time.monotonic() - began)
    return 1 if report.has_findings else 0


def with_windows(stops: list[tour.Stop]) -> list[tuple[tour.Stop, list[Shape]]]:
    """All for the first page of a route; for others of it one with scripts and one without, of either size in turn."""
    routes: set[str] = set()
    shared = []
    for number, stop in enumerate(stops):
        route = tour.route(stop.path)
        is_in_all = route not in routes or stop.scripts is not None
        routes.add(route)
        shared.append((stop, WINDOWS if is_in_all else PAIRS[number % 2]))
    return shared


async def visit_all(window: Window, stops: list[tuple[tour.Stop, list[Shape]]], report: Report) -> None:
    for stop, shapes in stops:
        if window.shape in shapes and stop.scripts in (None, window.shape.scripts):
            await visit(window, stop, report)


sys.exit(asyncio.run(main()))
