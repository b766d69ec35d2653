"""The page of a run in a browser: what it says, what one can do with it, who can read it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import made_run
import pytest

from harness.conformance import Verdict
from harness.report.pages import conformance_page, write_page
from harness.results import read_results
from harness.winsock import FUNCTIONS

FOCUSED = """() => {
    const each = document.activeElement;
    const top = each.getBoundingClientRect().top + scrollY;
    return [each.textContent.trim().slice(0, 40), top, getComputedStyle(each).outlineStyle];
}"""
"""What has the focus: its text, where it is, how it shows it."""


def made(results: Path) -> Path:
    """The page of a results file, beside it."""
    page = results.with_name("page.html")
    write_page(page, conformance_page(read_results(results)))
    return page


@pytest.fixture(scope="module")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(made_run.eventful(tmp_path_factory.mktemp("eventful")))


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(made_run.eventful(tmp_path_factory.mktemp("cut"), whole=False))


def texts(page: Any, selector: str) -> list[str]:
    return [" ".join(text.split()) for text in page.locator(selector).all_inner_texts()]


def test_the_first_screen_says_what_came_of_it(visit: Callable[..., Any], eventful: Path) -> None:
    page = visit(eventful, viewport={"width": 1280, "height": 800}).page
    assert texts(page, "header .lead") == [
        "panel, Windows CE 5.0.1400 on ARM, deviates from the WSASocket page in 2 of 24 requirements that "
        "could be judged: WSASOCKET-011 (WSAENETDOWN) and WSASOCKET-012 (WSAEAFNOSUPPORT); and in 1 more "
        "just as it is recorded."
    ]
    assert texts(page, "#evidence") == ["Evidence: device. Measured on the device itself."]
    counts = texts(page, ".counts li")
    assert {"2 F fail", "1 X fixed", "1 M missing", "1 k known", "1 i inconclusive"} <= set(counts)
    for selector in ("header .lead", "#evidence", ".counts"):
        box = page.locator(selector).bounding_box()
        assert box["y"] + box["height"] < 800
    assert "WSASOCKET-056" in page.locator("header").inner_text()


def test_the_error_table_is_there_row_by_row(visit: Callable[..., Any], eventful: Path) -> None:
    page = visit(eventful).page
    rows = page.locator("tr[data-error]")
    found = [row.locator("th, td").all_inner_texts() for row in rows.all()]
    names = [row[0].split()[0] for row in found]
    assert names == [error.name for error in FUNCTIONS["WSASocket"].errors]
    by_id = {row.get_attribute("data-error"): cells for row, cells in zip(rows.all(), found, strict=True)}
    code, meaning, documented, observed, verdict, provoked = by_id["WSASOCKET-012"]
    assert code.split() == ["WSAEAFNOSUPPORT", "10047"]
    assert meaning.startswith("address family not supported")
    assert (documented, observed) == ("WSAEAFNOSUPPORT (10047)", "WSAEFAULT (10014)")
    assert " ".join(verdict.split()) == "F fail 2 of 3"
    assert provoked == "calls"
    assert "needs a provider" in by_id["WSASOCKET-021"][3]


def test_each_deviation_has_its_program_and_one_command(visit: Callable[..., Any], eventful: Path) -> None:
    page = visit(eventful).page
    articles = page.locator("article.deviation")
    assert articles.count() == 4
    assert texts(page, "article.deviation .replay p:first-child + pre") == [
        "ceharness run panel --include WSASOCKET-011",
        "ceharness exec WSASOCKET-012-1.ceprog panel",
        "ceharness exec WSASOCKET-012-2.ceprog panel",
        "ceharness exec WSASOCKET-018-1.ceprog panel",
    ]
    assert "this program needs what the test brings about" in articles.first.inner_text()
    assert "provider: failing fail=10050" in articles.first.inner_text()
    with page.expect_download() as caught:
        page.get_by_role("link", name="Save WSASOCKET-012-1.ceprog").click()
    assert caught.value.suggested_filename == "WSASOCKET-012-1.ceprog"
    assert Path(caught.value.path()).read_text(encoding="utf-8") == made_run.PROGRAM


def test_a_command_and_a_program_can_be_copied(visit: Callable[..., Any], eventful: Path) -> None:
    seen = visit(eventful, permissions=["clipboard-read", "clipboard-write"])
    page, article = seen.page, seen.page.locator("article.deviation").nth(1)
    button = article.get_by_role("button", name="Copy the command")
    button.click()
    article.get_by_role("button", name="Copied").wait_for()
    pasted = "navigator.clipboard.readText()"
    assert page.evaluate(pasted) == "ceharness exec WSASOCKET-012-1.ceprog panel"
    article.get_by_role("button", name="Copy the program").click()
    page.wait_for_function(f"{pasted}.then((text) => text.startsWith('call'))")
    assert page.evaluate(pasted) == made_run.PROGRAM


def test_text_of_a_device_is_text(visit: Callable[..., Any], eventful: Path) -> None:
    page = visit(eventful).page
    assert page.title() == "panel: WSASocket conformance, 2026-11-28 13:26 UTC"
    assert page.locator("img[src=x]").count() == 0
    content = page.locator("#main").inner_text()
    assert made_run.NASTY in content
    assert r"odd\x07\x00 bytes" in content


def test_everything_else_is_on_the_page(visit: Callable[..., Any], eventful: Path) -> None:
    page = visit(eventful).page

    def part(name: str) -> str:
        return str(page.locator(f"section[aria-labelledby={name}]").inner_text())

    facts = part("facts")
    for fact in ("Panel 7", "sha256:19809f37", "ceagent 0.1.0 ce-armv4i", "key from panel.key", "2 min 0 s"):
        assert fact in facts
    assert "suites (commit 89110a18ee3b, with changes, sha256:123412341234)" in facts
    assert "panel.toml (not in git, sha256:567856785678)" in facts
    undecided = part("undecided")
    for reason in ("the peer never answered", "needs a provider", "although the target can reach it"):
        assert reason in undecided
    recorded = part("recorded")
    assert "2 cases, the first: The First" in recorded
    assert "the vendor says | that it is so" in recorded
    assert "The record matches no row: WSASOCKET-001 Another Case: WSAEFAULT" in recorded
    assert "it did not work" in part("failed")
    line = part("line")
    assert "The line was good" in line
    assert "power cycle" in line
    assert "median 12.3 ms, worst 400.0 ms" in line
    latency = texts(page, "section[aria-labelledby=latency] tbody tr")
    assert latency == ["WSASocketW 5 110 µs 4.02 ms 5 ms", "coredll!VirtualFree 2 1.25 s 2.38 s 2.5 s",
                       "closesocket 1 40 µs 40 µs 40 µs"]  # fmt: skip
    assert page.locator(".plot svg .serie-0 path").count() > 0
    assert "ceharness fingerprint panel" in part("outcome-map")


def test_requirements_can_be_filtered(visit: Callable[..., Any], eventful: Path) -> None:
    page = visit(eventful).page
    shown, visible = page.locator("#shown"), page.locator("details.requirement:visible")
    everything = visible.count()
    assert shown.inner_text() == f"{everything} requirements"
    page.get_by_role("button", name="fail (2)").click()
    assert texts(page, "details.requirement:visible .id") == ["WSASOCKET-011", "WSASOCKET-012"]
    assert shown.inner_text() == f"2 of {everything} requirements"
    assert texts(page, ".group:visible h3") == ["Error table"]
    page.get_by_label("with the words").fill("unknown family")
    assert texts(page, "details.requirement:visible .id") == ["WSASOCKET-012"]
    page.get_by_role("button", name="all", exact=True).click()
    page.get_by_label("with the words").fill("")
    assert visible.count() == everything
    page.get_by_label("with the words").fill("nothing has these words")
    assert visible.count() == 0


def test_a_link_unfolds_what_it_leads_to(visit: Callable[..., Any], eventful: Path) -> None:
    page = visit(eventful, "#WSASOCKET-016").page
    assert page.locator("#WSASOCKET-016").get_attribute("open") is not None
    page.get_by_role("button", name="fixed (1)").click()
    page.locator("tr[data-error=WSASOCKET-012] a").click()
    page.locator("#WSASOCKET-012 table").wait_for()


def test_the_keyboard_reaches_everything_in_order(visit: Callable[..., Any], eventful: Path) -> None:
    page = visit(eventful).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.reload()
    reached, last = [], -1.0
    for _ in range(40):
        page.keyboard.press("Tab")
        box = page.evaluate(FOCUSED)
        reached.append(box[0])
        assert box[2] != "none", f"{box[0]} does not show that it is chosen"
        if len(reached) > 1:
            assert box[1] >= last - 40, f"{box[0]} stands above what came before it"
            last = box[1]
    assert any("Save WSASOCKET-012-1.ceprog" in each for each in reached)
    page.locator("#WSASOCKET-001 > summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("#WSASOCKET-001").get_attribute("open") is not None


def test_without_javascript_all_of_it_can_be_read(visit: Callable[..., Any], eventful: Path) -> None:
    page = visit(eventful, java_script_enabled=False).page
    assert page.locator(".scripted-only:visible").count() == 0
    assert page.locator("article.deviation:visible").count() == 4
    page.locator("#WSASOCKET-012 > summary").click()
    assert "An Unknown Family" in page.locator("#WSASOCKET-012").inner_text()
    page.locator("#WSASOCKET-012 td summary").first.click()
    assert "ws2!WSASocketW(AF_IPX" in page.locator("#WSASOCKET-012").inner_text()
    with page.expect_download() as caught:
        page.get_by_role("link", name="Save WSASOCKET-012-2.ceprog").click()
    assert Path(caught.value.path()).read_text(encoding="utf-8") == made_run.PROGRAM


def test_everybody_can_read_it_in_light_and_in_dark(visit: Callable[..., Any], eventful: Path) -> None:
    seen = visit(eventful, viewport={"width": 1280, "height": 900})
    for name in ("WSASOCKET-012", "WSASOCKET-016", "WSASOCKET-021"):
        seen.page.evaluate(
            f"document.querySelectorAll('#{name}, #{name} details').forEach((it) => it.open = true)"
        )
    for scheme in ("light", "dark"):
        seen.page.emulate_media(color_scheme=scheme)
        paper = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        dark = sum(map(int, paper.removeprefix("rgb(").rstrip(")").split(","))) < 3 * 128
        assert dark is (scheme == "dark")
        assert seen.serious() == []


def test_it_never_scrolls_sideways(visit: Callable[..., Any], eventful: Path) -> None:
    page = visit(eventful).page
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    for width in (320, 400, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_prints_on_white_paper_within_its_width(visit: Callable[..., Any], eventful: Path) -> None:
    page = visit(eventful, color_scheme="dark", viewport={"width": 700, "height": 1000}).page
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    assert page.locator("nav:visible, .filter:visible, button:visible").count() == 0
    assert page.locator("article.deviation pre:visible").count() == 8
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_many_deviations_of_one_requirement_are_folded(visit: Callable[..., Any], tmp_path: Path) -> None:
    rows = [made_run.row("WSASOCKET-012", Verdict.FAIL, case=f"Number {number}") for number in range(30)]
    page = visit(made(made_run.write(tmp_path, made_run.start(), *rows, made_run.end()))).page
    assert page.locator("article.deviation:visible").count() == 3
    assert page.locator("article.deviation").count() == 30
    names = page.locator("a[download]").evaluate_all("(all) => all.map((each) => each.download)")
    assert len(set(names)) == 30
    page.get_by_text("27 more of WSASOCKET-012").click()
    page.get_by_role("button", name="Copy the program of WSASOCKET-012, Number 29").click()
    assert page.locator("details.more").get_attribute("open") is not None
    page.locator("details.more > summary").click()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("article.deviation:visible").count() == 30


def test_a_run_that_was_cut_off_says_so_at_the_top(visit: Callable[..., Any], cut_off: Path) -> None:
    page = visit(cut_off, viewport={"width": 1280, "height": 800}).page
    caution = page.locator(".caution").first
    assert caution.inner_text() == (
        "This run was cut off: here is what it had found after 2 tests, the last at 2026-11-28 13:26:11 UTC. "
        "What is missing says nothing about the device."
    )
    assert caution.bounding_box()["y"] < 400
    assert page.locator("article.deviation").count() == 4
    assert "missing" not in page.locator(".counts").inner_text()


def test_a_lab_that_failed_is_no_fault_of_the_device(visit: Callable[..., Any], tmp_path: Path) -> None:
    trouble = {**made_run.LINE, "trouble": ["12 of 100 frames came damaged (12 %): look at cable, speed"]}
    results = made_run.write(
        tmp_path,
        made_run.start(),
        made_run.OPENED,
        made_run.row("WSASOCKET-012", Verdict.BROKEN, observed="", program="", reason="port gone"),
        made_run.ran("One", line=trouble),
        made_run.end(line=trouble),
    )
    page = visit(made(results)).page
    assert texts(page, "header .lead") == ["Nothing was judged on panel: the lab failed (port gone)."]
    assert page.locator("article.deviation").count() == 0
    assert "The lab failed, which says nothing about the device: port gone." in texts(page, ".caution")
    assert any("12 of 100 frames came damaged" in text for text in texts(page, ".caution"))
    assert "Not among the tests of this run: WSASOCKET-001" in page.locator("#main").inner_text()


def test_a_device_that_never_answered(visit: Callable[..., Any], tmp_path: Path) -> None:
    results = made_run.write(tmp_path, made_run.start(), made_run.ran("One", line=None, status="FAIL"))
    seen = visit(made(results))
    assert texts(seen.page, "header .lead") == ["Nothing was judged on panel."]
    assert "No device ever answered on this line." in seen.page.locator("#main").inner_text()
    assert "No call was timed" in seen.page.locator("#main").inner_text()
    assert seen.serious() == []


@pytest.mark.parametrize("opened", [True, False])
def test_what_an_output_xml_does_not_tell_is_not_told(
    visit: Callable[..., Any], tmp_path: Path, opened: bool
) -> None:
    start = made_run.start(
        target_kind="", place="", harness="", image="", selection=None, words=[], host="", sources={}
    )
    device = made_run.Opened(start.started, "", "", "device", {})
    rows = [made_run.row("WSASOCKET-012", Verdict.PASS, provoked="", outcome="")]
    results = made_run.write(
        tmp_path,
        start,
        *([device] if opened else []),
        *rows,
        made_run.ran("One", line=None),
        made_run.end(line=None),
    )
    seen = visit(made(results))
    assert texts(seen.page, "header .quiet") == ["2026-11-28 13:26 UTC, 2 min 0 s"]
    text = seen.page.locator("#main").inner_text()
    for wrong in ("answered", "brought back", "No call", "Harness", "Agent"):
        assert wrong not in text
    assert "What the line was like is not on record." in text
    assert seen.serious() == []
