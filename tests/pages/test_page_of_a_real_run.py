"""From a device with something wrong to the page, and back: what the page says replays the deviation."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import main

QUIRK = "only-two-groups-are-refused"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run on an emulated device that takes a group it should refuse."""
    folder = tmp_path_factory.mktemp("real")
    lab = folder / "lab.ini"
    lab.write_text(f"[target odd]\nkind = emulated\ncpu = armv7\nquirk = {QUIRK}\n", encoding="utf-8")
    output = folder / "out"
    arguments = ["run", "odd", "--lab", str(lab), "--include", "WSASOCKET-019a", "--output", str(output)]
    assert main(arguments) == 1
    return output


@pytest.fixture
def page_file(ran: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["report", str(ran)]) == 0
    sentence = "deviates from the WSASocket page in 1 of 1 requirement that was judged: WSASOCKET-019a"
    assert sentence in capsys.readouterr().out
    return ran / "conformance.html"


def test_what_the_page_says_replays_the_deviation(
    visit: Callable[..., Any],
    page_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = visit(page_file).page
    assert "An emulated result proves the harness, not a device." in page.locator("#evidence").inner_text()
    assert "Only a part was run: --include WSASOCKET-019a." in page.locator("header").inner_text()
    article = page.locator("article.deviation")
    assert article.count() == 1
    assert "A Group: 0xDEADBEEF" in article.inner_text()
    with page.expect_download() as caught:
        article.get_by_role("link", name="Save WSASOCKET-019a-1.ceprog").click()
    # Whoever got the page by mail has neither this lab.ini nor the files of the run.
    monkeypatch.chdir(tmp_path)
    caught.value.save_as(tmp_path / caught.value.suggested_filename)
    program, *words = shlex.split(article.locator(".replay pre").first.inner_text().strip())
    assert program == "ceharness"
    assert words[-2:] == ["--quirk", QUIRK]
    assert main([*words, "--json", "again.json"]) == 0
    calls = json.loads(Path("again.json").read_text(encoding="utf-8"))["calls"]
    assert [call["error"] for call in calls if call["result"] == "tested"] == [None]
    honest = words[:-2]
    assert main([*honest, "--json", "honest.json"]) == 0
    calls = json.loads(Path("honest.json").read_text(encoding="utf-8"))["calls"]
    assert [call["error"] for call in calls if call["result"] == "tested"] == [10022]


def test_the_terminal_and_the_page_name_programs_alike(ran: Path, page_file: Path) -> None:
    [written] = (ran / "deviations").iterdir()
    html = page_file.read_text(encoding="utf-8")
    assert f'download="{written.name}"' in html


def test_the_newest_fingerprint_of_the_target_is_drawn(
    visit: Callable[..., Any], ran: Path, tmp_path: Path
) -> None:
    file = ran / "odd.fingerprint"
    lab = ran.parent / "lab.ini"
    area = ["--type", "1-2", "--af", "0-3", "--protocol", "0-18"]
    assert main(["fingerprint", "odd", "--lab", str(lab), *area, "--output", str(file)]) == 0
    page_file = tmp_path / "with.html"
    assert main(["report", str(ran), "--output", str(page_file)]) == 0
    seen = visit(page_file)
    image = seen.page.locator(".map img")
    assert image.evaluate("(each) => each.naturalWidth") > 500
    assert "152 calls of WSASocket" in image.get_attribute("alt")
    legend = " ".join(seen.page.locator("section[aria-labelledby=outcome-map] tbody").inner_text().split())
    assert "WSAEAFNOSUPPORT (10047)" in legend
    assert seen.page.locator("section[aria-labelledby=outcome-map] .notice").count() == 0
    file.unlink()
