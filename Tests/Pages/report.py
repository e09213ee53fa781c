"""What was found, by page."""

from dataclasses import dataclass, field


@dataclass
class PageReport:
    """Of one page: each finding with the windows it was seen in, its document, and its figures at their worst."""

    findings: dict[str, list[str]] = field(default_factory=dict)
    document: bytes | None = None
    figures: dict[str, float] = field(default_factory=dict)
    visits: int = 0


class Report:
    def __init__(self) -> None:
        self.pages: dict[str, PageReport] = {}

    def page(self, name: str) -> PageReport:
        return self.pages.setdefault(name, PageReport())

    def add(self, name: str, findings: list[str], where: str = "") -> None:
        page = self.page(name)
        for finding in findings:
            seen = page.findings.setdefault(finding, [])
            if where and where not in seen:
                seen.append(where)

    def measure(self, name: str, figures: dict[str, float]) -> None:
        worst = self.page(name).figures
        for figure, value in figures.items():
            worst[figure] = max(worst.get(figure, 0), value)

    @property
    def has_findings(self) -> bool:
        return any(page.findings for page in self.pages.values())

    def write(self, seconds: float) -> None:
        for name, page in self.pages.items():
            words = [f"{round(value) or round(value, 4):g} {figure}" for figure, value in page.figures.items()]
            print(f"{'FAIL' if page.findings else 'ok':4}  {name}" + (f"  ({', '.join(words)})" if words else ""))
            for finding, where in page.findings.items():
                print(f"      {finding}" + (f"  [{'; '.join(where)}]" if where else ""))
        failed = sum(bool(page.findings) for page in self.pages.values())
        visits = sum(page.visits for page in self.pages.values())
        print(f"{visits} visits in {seconds:.0f} s")
        print(f"pages: {len(self.pages) - failed} passed, {failed} failed")
