"""The report over many runs in a browser: what the first screen says, filters, two runs, who can read it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from harness.report.pages import conformance_page
from harness.report.pages.history import write_history
from harness.results import entries, read_results
from tests.history.made_entries import entry
from tests.history.planted import Planted, plant

DESKTOP = {"width": 1280, "height": 800}
PAPER = {"width": 1030, "height": 700}
"""A4 on its side, without its margins."""
SCHEMES = ("light", "dark")
Visits = Callable[..., Any]


def page_of_run(path: Path, home: str) -> str:
    return conformance_page(read_results(path), home=home)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Planted]:
    """The report on the planted history, and the truth."""
    results, output = tmp_path_factory.mktemp("results"), tmp_path_factory.mktemp("out")
    truth = plant(results)
    write_history(entries(results), output, page_of_run)
    return output, truth


@pytest.fixture(scope="module")
def report(made: tuple[Path, Planted]) -> Path:
    return made[0]


@pytest.fixture(scope="module")
def truth(made: tuple[Path, Planted]) -> Planted:
    return made[1]


def follow(page: Any, act: Callable[[], Any]) -> None:
    """Does what leads to another page, and waits for that."""
    with page.expect_navigation():
        act()


def section(page: Any, name: str) -> Any:
    return page.locator(f"section[aria-labelledby={name}]")


def words(element: Any) -> str:
    return " ".join(element.inner_text().split())


# --- the first page -------------------------------------------------------------------------


def test_the_first_screen_names_device_requirement_and_run(
    visit: Visits, report: Path, truth: Planted
) -> None:
    page = visit(report / "index.html", viewport=DESKTOP).page
    heading = page.locator("h1")
    assert words(heading) == "panel: WSASOCKET-012 fails since run 120 (2026-10-16)"
    (row,) = section(page, "red").locator("tbody tr").all()
    said = words(row)
    for part in (
        f"{truth.regressed} {truth.regression} WSAEAFNOSUPPORT",
        f"run {truth.first_bad} 2026-10-16",
        f"last good run {truth.last_good} 2026-10-15",
        "p pass WSAEAFNOSUPPORT (10047) → F fail WSAEINVAL (10022)",
        "image ba16ed80 → d7f26b68",
        "Replay WSASOCKET-012 on panel",
    ):
        assert part in said
    for element in (heading, row, section(page, "flaky"), section(page, "lab").locator("h2")):
        box = element.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= DESKTOP["width"]
        assert box["y"] + box["height"] <= DESKTOP["height"]


def test_the_week_of_the_bad_cable_is_no_failure_of_the_device(
    visit: Visits, report: Path, truth: Planted
) -> None:
    page = visit(report / "index.html").page
    assert truth.cabled not in words(section(page, "red"))
    lab = words(section(page, "lab"))
    assert f"{truth.cabled}: 7 runs, from run {truth.cable_runs[0]} " in lab
    assert f"to run {truth.cable_runs[-1]} " in lab
    assert "look at cable" in lab
    assert "and still now" not in lab


def test_what_is_flaky_stands_apart(visit: Visits, report: Path, truth: Planted) -> None:
    page = visit(report / "index.html").page
    flaky = words(section(page, "flaky"))
    assert re.search(rf"{truth.wavering}: {truth.flaky} .* turned \d+ times in its last 20 runs", flaky)
    assert truth.flaky not in words(section(page, "red"))


def test_the_pattern_shows_since_when(visit: Visits, report: Path, truth: Planted) -> None:
    """Newest on the left, a letter for each group; the image changed when it began to fail."""
    page = visit(report / "index.html").page
    table = page.locator("table.pattern")
    rows = table.locator("tbody tr")
    assert [words(row.locator("th a")) for row in rows.all()] == [
        "panel", "panel", "terminal", "gateway", "gateway"
    ]  # fmt: skip
    assert table.locator("thead th.upright").count() == 60
    newest = rows.nth(0).locator("td a")
    assert words(newest.nth(0)) == "p F p p p p p"
    assert newest.nth(0).get_attribute("aria-label") == (
        "run 200, 2026-11-11: fail in Error table; red: WSASOCKET-012; all else pass"
    )
    assert newest.last.get_attribute("aria-label").startswith(f"run {truth.first_bad}, ")
    before = rows.nth(1).locator("td a")
    assert before.nth(0).get_attribute("aria-label") == f"run {truth.last_good}, 2026-10-15: all pass"
    wide = table.bounding_box()
    assert wide["width"] <= 1240, "60 columns fit beside their rows"


def test_every_link_of_the_first_page_opens(visit: Visits, report: Path) -> None:
    page = visit(report / "index.html").page
    links = {link.get_attribute("href") for link in page.locator("a[href]").all()}
    assert len(links) > 60
    for link in links:
        path = unquote(urlsplit(link).path)
        assert not path or (report / path).is_file(), link


def test_the_replay_is_one_step_away(visit: Visits, report: Path) -> None:
    page = visit(report / "index.html").page
    follow(page, page.get_by_role("link", name="Replay WSASOCKET-012 on panel").click)
    target = page.locator("#deviation-WSASOCKET-012")
    assert target.bounding_box()["y"] < DESKTOP["height"]
    assert "ceharness exec WSASOCKET-012-1.ceprog" in page.locator("#main").inner_text()
    follow(page, page.get_by_role("link", name="All runs").click)
    assert page.url.endswith("/index.html")


# --- filters and keys -----------------------------------------------------------------------


def test_filters_by_device_and_by_red(visit: Visits, report: Path) -> None:
    page = visit(report / "index.html").page
    rows = page.locator("table.pattern tbody tr:visible")
    page.locator("[data-filter=device]").select_option("gateway")
    assert rows.count() == 2
    assert not section(page, "red").is_visible()
    assert not section(page, "flaky").is_visible()
    assert section(page, "lab").locator("ul.told > li:visible").count() == 1
    assert words(page.locator("output")) == "4 of 11 rows and items are shown"
    page.locator("[data-filter=device]").select_option("")
    page.get_by_label("only red").check()
    assert [words(row.locator("th a")) for row in rows.all()] == ["panel", "terminal"]
    assert section(page, "red").locator("tbody tr:visible").count() == 1
    page.get_by_label("only red").uncheck()
    assert rows.count() == 5
    assert section(page, "flaky").is_visible()
    assert words(page.locator("output")) == ""


def test_only_red_on_the_page_of_a_device(visit: Visits, report: Path) -> None:
    page = visit(report / "devices" / "panel.html").page
    rows = page.locator("table.pattern tbody tr:visible")
    assert rows.count() == 58 + 7
    page.get_by_label("only red").check()
    assert [words(row.locator("th")) for row in rows.all()] == [
        "Error table",
        "WSASOCKET-012 WSAEAFNOSUPPORT",
    ]


def test_only_red_among_all_runs(visit: Visits, report: Path, truth: Planted) -> None:
    page = visit(report / "runs.html").page
    rows = page.locator("table.list tbody tr:visible")
    assert rows.count() == truth.total
    page.locator("[data-filter=device]").select_option("panel")
    page.get_by_label("only red").check()
    assert words(rows.first.locator("th")) == "200"
    assert words(rows.last.locator("th")) == str(truth.first_bad)
    assert page.locator("table.list tbody tr:visible .v-broken").count() == 0


def test_the_keyboard_goes_through_the_pattern(visit: Visits, report: Path) -> None:
    page = visit(report / "index.html").page
    page.locator("table.pattern tbody td a").first.focus()

    def focused() -> str:
        return str(page.evaluate("document.activeElement.getAttribute('aria-label')")).partition(",")[0]

    assert focused() == "run 200"
    page.keyboard.press("ArrowRight")
    assert focused() == "run 197"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert focused() == "run 200"
    page.keyboard.press("ArrowDown")
    assert focused() == "run 198", "over the panel's older image, which did not run in this round"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('table')") is None or focused() == "None"
    page.keyboard.press("Shift+Tab")
    assert focused() == "run 198"
    follow(page, lambda: page.keyboard.press("Enter"))
    assert "/runs/20261111T010000" in page.url


def test_the_first_tab_skips_to_the_content(visit: Visits, report: Path) -> None:
    page = visit(report / "index.html").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"


# --- a device, all runs ---------------------------------------------------------------------


def test_the_page_of_a_device_marks_the_first_bad_run(visit: Visits, report: Path, truth: Planted) -> None:
    page = visit(report / "devices" / "panel.html").page
    bad = page.locator("td.first-bad a")
    assert bad.get_attribute("aria-label") == f"fail in run {truth.first_bad}, the first bad run"
    good = page.locator("td.last-good a")
    assert good.get_attribute("aria-label") == f"pass in run {truth.last_good}, the last good run"
    images = page.locator("table.pattern thead tr").first.locator("th")
    assert [words(each)[-14:] for each in images.all()[1:]] == ["image d7f26b68", "image ba16ed80"]
    assert "Nothing is known" not in words(page.locator("header"))
    follow(page, page.get_by_role("link", name="Older runs").click)
    assert page.locator("table.pattern thead th.upright").count() == 8
    assert words(page.locator("table.pattern thead tr").nth(2).locator("th").last).startswith("3 ")


def test_a_run_without_a_page_is_found_in_the_list(visit: Visits, report: Path) -> None:
    page = visit(report / "index.html").page
    link = page.locator("table.pattern td a[href^='runs.html#']").nth(3)
    number = link.get_attribute("aria-label").split(",")[0].removeprefix("run ")
    follow(page, link.click)
    assert words(page.locator("tr:target th")) == number


# --- two runs -------------------------------------------------------------------------------


def by_number(page: Any, number: int) -> str:
    """The value of a run in the two lists."""
    options = page.locator("#before option").evaluate_all("all => all.map(each => [each.value, each.text])")
    return str(next(value for value, text in options if text.startswith(f"{number} ")))


def test_the_comparison_begins_with_what_changed_last(visit: Visits, report: Path, truth: Planted) -> None:
    page = visit(report / "compare.html").page
    result = page.locator("#result")
    assert "run 117 of panel (2026-10-15 02:20) → run 120 of panel" in words(result)
    assert "1 worse; 57 requirements the same" in words(result)
    (row,) = result.locator("tbody tr").all()
    assert words(row) == (
        "WSASOCKET-012 WSAEAFNOSUPPORT p pass WSAEAFNOSUPPORT (10047) F fail WSAEINVAL (10022)"
    )
    assert "image: ba16ed80 → d7f26b68" in words(result)
    assert re.search(r"ceharness compare \S+ \S+", words(result))


def test_any_two_runs_can_be_compared(visit: Visits, report: Path, truth: Planted) -> None:
    page = visit(report / "compare.html").page
    page.locator("#before").select_option(by_number(page, 200))
    page.locator("#after").select_option(by_number(page, 1))
    result = page.locator("#result")
    headings = [words(each) for each in result.locator("h2").all()]
    assert headings == ["Better (1)", "What else differs"]
    assert "device: panel → terminal" in words(result)
    assert "suites" in words(result)
    page.get_by_role("button", name="Swap").click()
    assert words(result.locator("h2").first) == "Worse (1)"
    # The address is now that of these two, so that it can be sent to somebody.
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    assert "run 1 of terminal" in words(page.locator("#result"))
    assert "run 200 of panel" in words(page.locator("#result"))


def test_a_run_of_the_bad_cable_is_neither_worse_nor_better(
    visit: Visits, report: Path, truth: Planted
) -> None:
    page = visit(report / "compare.html").page
    page.locator("#before").select_option(by_number(page, truth.cable_runs[0] - 4))
    page.locator("#after").select_option(by_number(page, truth.cable_runs[0]))
    headings = [words(each) for each in page.locator("#result h2").all()]
    assert headings[0].startswith("Judged in one of the two only, or in none")
    assert not [each for each in headings if each.startswith(("Worse", "Better"))]


def test_a_run_by_hand_is_not_held_against_anything(visit: Visits, report: Path, truth: Planted) -> None:
    """It judged one case of one requirement of 58."""
    page = visit(report / "compare.html").page
    page.locator("#before").select_option(by_number(page, 138))
    page.locator("#after").select_option(by_number(page, truth.part_runs[0]))
    headings = [words(each) for each in page.locator("#result h2").all()]
    assert headings[0] == "Judged in one of the two only, or in none (58)"
    assert not [each for each in headings if each.startswith("Worse")]


def test_the_comparison_links_to_the_pages_of_runs(visit: Visits, report: Path, truth: Planted) -> None:
    page = visit(report / "compare.html").page
    follow(page, page.locator("#result tbody th a").click)
    assert "/runs/" in page.url
    assert unquote(urlsplit(page.url).fragment).endswith("WSASOCKET-012")


# --- everybody ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with all there is on the pages, but few columns: axe looks at each cell."""
    output = tmp_path_factory.mktemp("small")
    runs = [
        *(entry(number, letter, "panel") for number, letter in enumerate("ppFF")),
        *(entry(number, letter, "terminal") for number, letter in enumerate("pFpF")),
        *(entry(number, letter, "gateway") for number, letter in enumerate("kkLX")),
        *(entry(number, letter, "kiosk", image="") for number, letter in enumerate("FpoiL")),
        entry(4, "M", "display"),
        entry(4, "n", "door", identity={}),
    ]
    write_history(runs, output, lambda path, home: f"<!DOCTYPE html><title>{path}</title>")
    return output


PAGES = ("index.html", "devices/panel.html", "runs.html", "compare.html")


def check_readable(seen: Any) -> None:
    """axe finds nothing serious, in light and in dark; and the page does not scroll sideways on a phone."""
    for scheme in SCHEMES:
        seen.page.emulate_media(color_scheme=scheme)
        assert seen.serious() == []
    seen.page.set_viewport_size({"width": 400, "height": 800})
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 400
    assert seen.serious() == []


@pytest.mark.parametrize("name", PAGES)
def test_nobody_is_kept_from_reading_it(visit: Visits, small: Path, name: str) -> None:
    check_readable(visit(small / name, viewport=DESKTOP))


@pytest.mark.long
@pytest.mark.parametrize("name", [*PAGES, "devices/gateway.html", "pattern/older--2.html"])
def test_nobody_is_kept_from_reading_large_tables(visit: Visits, report: Path, name: str) -> None:
    check_readable(visit(report / name, viewport=DESKTOP))


def test_without_scripts_everything_but_the_comparison_is_there(visit: Visits, report: Path) -> None:
    page = visit(report / "index.html", java_script_enabled=False).page
    assert "WSASOCKET-012 fails since run 120" in words(page.locator("h1"))
    assert page.locator("form.filters:visible").count() == 0
    assert page.locator("table.pattern tbody td a").count() > 150
    follow(page, page.get_by_role("link", name="Compare two runs").click)
    assert "ceharness compare A B" in words(page.locator("header"))
    assert page.locator("form:visible").count() == 0


@pytest.mark.parametrize("name", ["index.html", "devices/panel.html"])
def test_it_prints_without_what_only_a_screen_can_do(visit: Visits, report: Path, name: str) -> None:
    page = visit(report / name, viewport=PAPER).page
    page.emulate_media(media="print")
    assert page.locator("form.filters:visible").count() == 0
    assert page.locator("nav.ways:visible").count() == 0
    assert page.locator("table.pattern:visible").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]
    assert len(page.pdf()) > 10_000


def test_what_is_for_programs_agrees_with_the_page(visit: Visits, report: Path) -> None:
    found = json.loads((report / "history.json").read_text(encoding="utf-8"))
    page = visit(report / "index.html").page
    (row,) = section(page, "red").locator("tbody tr").all()
    (red,) = found["red"]
    link = row.get_by_role("link", name=f"run {red['first_bad']['number']}", exact=True)
    assert urlsplit(link.get_attribute("href")).path == urlsplit(red["first_bad"]["page"]).path
