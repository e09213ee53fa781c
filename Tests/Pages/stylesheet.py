"""The stylesheets by the browser's own judgement.

The validator's grammar of CSS is of 2020 and knows neither :has() nor aspect-ratio, so each selector, declaration and
media query is shown to Chromium instead, with custom properties replaced by their values.
"""

import re

import tinycss2
from playwright.async_api import Page

from server import ROOT

# Meant for another browser.
FOREIGN = re.compile(r"-moz-")

ASK = """([declarations, selectors, media]) => [
    ...declarations.filter(([name, value]) => !CSS.supports(name, value)).map((pair) => pair.join(": ")),
    ...selectors.filter((text) => !CSS.supports(`selector(${text})`)),
    ...media.filter((text) => matchMedia(text).media === "not all"),
]"""


async def problems(page: Page) -> list[str]:
    found = []
    for file in sorted((ROOT / "Public").glob("*.css")):
        sheet = _Sheet(file.read_text())
        unknown = await page.evaluate(ASK, [sheet.resolved(), sheet.selectors, sheet.media])
        found += [f"{file.name}: {problem}" for problem in sheet.errors + [f"not valid: {text}" for text in unknown]]
    return found


class _Sheet:
    def __init__(self, text: str) -> None:
        self.errors: list[str] = []
        self.declarations: list[tuple[str, str]] = []
        self.selectors: list[str] = []
        self.media: list[str] = []
        self.values: dict[str, str] = {}
        self._read(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True))

    def _read(self, rules: list) -> None:
        for rule in rules:
            if rule.type == "error":
                self.errors.append(f"line {rule.source_line}: {rule.message}")
            elif rule.type == "declaration":
                self._declare(rule.name, tinycss2.serialize(rule.value).strip())
            elif rule.type == "qualified-rule":
                self.selectors += [
                    selector for selector in _parts(rule.prelude)
                    if not FOREIGN.search(selector) and not re.fullmatch(r"from|to|[\d.]+%", selector)
                ]
                self._read_block(rule)
            elif rule.type == "at-rule":
                if rule.lower_at_keyword == "media":
                    self.media.append(tinycss2.serialize(rule.prelude).strip())
                if rule.content is not None:
                    self._read_block(rule)

    def _read_block(self, rule) -> None:
        self._read(tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True))

    def _declare(self, name: str, value: str) -> None:
        if name.startswith("--"):
            self.values.setdefault(name, value)
        elif not FOREIGN.match(name):
            self.declarations.append((name, value))

    def resolved(self) -> list[tuple[str, str]]:
        return [(name, self._resolve(value)) for name, value in self.declarations]

    def _resolve(self, value: str) -> str:
        return re.sub(r"var\((--[\w-]+)(?:, *([^()]+))?\)", lambda found: self._value(found[1], found[2]), value)

    def _value(self, name: str, otherwise: str | None) -> str:
        value = self.values.get(name, otherwise)
        if value is None:
            self.errors.append(f"{name} is used and never set")
            return "0"
        return self._resolve(value)


def _parts(prelude: list) -> list[str]:
    """The selectors of a list, which CSS.supports takes one by one."""
    parts: list[list] = [[]]
    for token in prelude:
        if token == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return [tinycss2.serialize(part).strip() for part in parts]
