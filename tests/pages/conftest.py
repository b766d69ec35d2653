"""Pages in a real browser: Debian's chromium, driven by playwright. Only file:// is ever opened."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

_SERIOUS = ("serious", "critical")


@dataclass
class Visit:
    """A page in the browser, and all that went wrong on it: messages on the console, requests to anywhere."""

    page: Any
    wrong: list[str] = field(default_factory=list)

    def serious(self) -> list[str]:
        """What axe finds that would keep somebody from reading the page."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page).response["violations"]
        return [
            f"{each['id']} ({each['impact']}): {node['html'][:200]} {node['failureSummary']}"
            for each in found
            if each["impact"] in _SERIOUS
            for node in each["nodes"]
        ]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One for all tests of a process."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install --group dev")
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("needs chromium: apt-get install chromium")
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with api.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=root)
        yield started
        started.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Visit]]:
    """Opens a file; other arguments are those of `Browser.new_context`. Anything that goes wrong meanwhile
    fails the test."""
    opened = []

    def go(path: Path, fragment: str = "", **options: Any) -> Visit:
        context = browser.new_context(**options)
        made = Visit(context.new_page())
        opened.append((context, made))
        made.page.on(
            "console",
            lambda said: made.wrong.append(said.text) if said.type in ("error", "warning") else None,
        )
        made.page.on("pageerror", lambda error: made.wrong.append(str(error)))
        made.page.on(
            "request",
            lambda asked: (
                None
                if asked.url.startswith(("file://", "data:"))
                else made.wrong.append(f"asked for {asked.url}")
            ),
        )
        made.page.goto(f"{path.resolve().as_uri()}{fragment}")
        return made

    yield go
    wrong = [each for _, made in opened for each in made.wrong]
    for context, _ in opened:
        context.close()
    assert wrong == []
