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
from window import WINDOWS, Window, visit


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
                wanted = [stop for stop in stops if options.only in stop.path]
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


async def visit_all(window: Window, stops: list[tour.Stop], report: Report) -> None:
    for stop in stops:
        if stop.scripts in (None, window.shape.scripts):
            await visit(window, stop, report)


sys.exit(asyncio.run(main()))
