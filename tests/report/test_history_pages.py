"""The report over many runs as files: what it tells, that its links lead somewhere, and odd histories."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from harness.errors import UsageError
from harness.fingerprint import Block, Fingerprint, OutcomeMap, write_fingerprint
from harness.history import fingerprint_changes
from harness.report.pages import conformance_page
from harness.report.pages.history import Report, write_history
from harness.results import Entry, entries, read_results
from tests.history.made_entries import entry, judged
from tests.history.planted import Planted, plant, plant_many


def page_of_run(path: Path, home: str) -> str:
    return conformance_page(read_results(path), home=home)


def no_page(path: Path, home: str) -> str:
    raise UsageError(f"{path}: is gone")


class Page(HTMLParser):
    """Links and ids of a page, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.text = ""
        self.tags: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("href", "src") and value is not None:
                self.links.append(value)
            if name == "id" and value is not None:
                self.ids.append(value)

    def handle_data(self, data: str) -> None:
        self.text += data


def broken_links(report: Path) -> Iterator[str]:
    """Links of all pages that lead to no file or no id; compare.html takes runs behind the "#"."""
    pages = {path.resolve(): Page(path) for path in report.rglob("*.html")}
    for path, page in pages.items():
        for link in page.links:
            address = urlsplit(link)
            if address.scheme == "data":
                continue
            target = (path.parent / unquote(address.path)).resolve() if address.path else path
            fragment = unquote(address.fragment)
            if address.scheme or not target.is_file():
                yield f"{path.name}: {link}"
            elif fragment and target.name != "compare.html" and fragment not in pages[target].ids:
                yield f"{path.name}: {link}: no such id"


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Planted, Report]:
    """A report on the planted history: its folder, the truth, what was returned."""
    results, output = tmp_path_factory.mktemp("results"), tmp_path_factory.mktemp("out")
    truth = plant(results)
    return output, truth, write_history(entries(results), output, page_of_run)


def test_the_report_for_programs_tells_what_was_planted(planted: tuple[Path, Planted, Report]) -> None:
    output, truth, report = planted
    found: dict[str, Any] = json.loads((output / "history.json").read_text(encoding="utf-8"))
    assert found == report.machine
    (red,) = found["red"]
    assert (red["target"], red["requirement"], red["kind"]) == (
        truth.regressed,
        truth.regression,
        "regression",
    )
    assert (red["first_bad"]["number"], red["last_good"]["number"]) == (truth.first_bad, truth.last_good)
    assert red["before"]["observed"].startswith("WSAEAFNOSUPPORT")
    assert red["now"]["observed"].startswith("WSAEINVAL")
    assert [(each["target"], each["requirement"]) for each in found["flaky"]] == [
        (truth.wavering, truth.flaky)
    ]
    (episode,) = found["episodes"]
    assert (episode["target"], tuple(episode["runs"])) == (truth.cabled, truth.cable_runs)
    assert not episode["now"]
    assert found["runs"] == truth.total


def test_the_headline_names_device_requirement_and_run(planted: tuple[Path, Planted, Report]) -> None:
    _, truth, report = planted
    assert report.headline.startswith(f"{truth.regressed}: {truth.regression} fails since run 120 ")
    assert list(report.red) == [report.headline]
    assert "7 runs in trouble of the lab" in report.summary


def test_every_link_of_every_page_leads_somewhere(planted: tuple[Path, Planted, Report]) -> None:
    assert list(broken_links(planted[0])) == []


def test_runs_in_which_something_changed_have_pages(planted: tuple[Path, Planted, Report]) -> None:
    output, _, report = planted
    red = report.machine["red"][0]
    for side in ("first_bad", "last_good"):
        assert (output / urlsplit(red[side]["page"]).path).is_file()
    first = report.machine["episodes"][0]["first"]
    assert first["page"].startswith("runs/")
    assert len(list((output / "runs").iterdir())) < 20


def test_all_runs_have_a_line_and_a_place_to_be_compared(planted: tuple[Path, Planted, Report]) -> None:
    output, truth, _ = planted
    ids = Page(output / "runs.html").ids
    assert len([each for each in ids if each.startswith("run-")]) == truth.total
    assert len(data_of(output)["runs"]) == truth.total


def data_of(output: Path) -> dict[str, Any]:
    """What the page that compares works with."""
    text = (output / "compare.html").read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_nothing_is_fetched_from_anywhere(planted: tuple[Path, Planted, Report]) -> None:
    for path in planted[0].rglob("*.html"):
        assert not re.search(r"""(src|href)=["']?(https?:)?//""", path.read_text(encoding="utf-8")), path


def test_the_folder_holds_nothing_but_pages(planted: tuple[Path, Planted, Report]) -> None:
    made = {path.relative_to(planted[0]).as_posix() for path in planted[0].rglob("*") if path.is_file()}
    made.discard(".ceharness-lock")
    assert {"index.html", "runs.html", "compare.html", "history.json", "devices/panel.html"} <= made
    assert not [name for name in made if not re.fullmatch(r"[A-Za-z0-9_/-]+\.(html|json)", name)]


# --- odd histories --------------------------------------------------------------------------

HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)">&amp;'


def report_on(output: Path, *runs: Entry) -> Report:
    return write_history(runs, output, no_page)


def test_no_runs_are_no_report(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no runs to report on"):
        report_on(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_one_good_run(tmp_path: Path) -> None:
    report = report_on(tmp_path, entry(0))
    assert report.headline == "Nothing is red on panel"
    assert report.summary.startswith("1 run of 1 device, 2026-03-01: nothing red now, 0 flaky")
    assert list(broken_links(tmp_path)) == []


def test_a_run_whose_file_has_gone_keeps_its_line(tmp_path: Path) -> None:
    report = report_on(tmp_path, entry(0), entry(1, "F"))
    assert report.machine["red"][0]["first_bad"]["page"].startswith("runs.html#run-")
    assert not (tmp_path / "runs").exists()
    assert list(broken_links(tmp_path)) == []


def test_text_of_devices_and_files_is_never_markup(tmp_path: Path) -> None:
    """Not in a page, not in what its scripts read, not in an address."""
    good = entry(0, target=HOSTILE, run=f"a{HOSTILE}", place=HOSTILE, agent=HOSTILE, selection=HOSTILE)
    good = replace(good, identity={"version": HOSTILE, "cpu": HOSTILE}, image=HOSTILE)
    bad = replace(good, path=Path("other"), run=f"b{HOSTILE}", agent="x", started="2026-03-02T00:00:00+00:00")
    bad = replace(bad, requirements={"WSASOCKET-012": judged("F", observed=HOSTILE, reason=HOSTILE)})
    lab = entry(5, "L", target=HOSTILE, lab=(HOSTILE,))
    report = report_on(tmp_path, good, bad, lab)
    assert len(report.machine["red"]) == 1
    plain = tmp_path / "plain"
    report_on(plain, entry(0), entry(1, "F"), entry(5, "L"))
    for name in ("index.html", "runs.html", "compare.html"):
        hostile_tags, plain_tags = (Page(folder / name).tags for folder in (tmp_path, plain))
        assert hostile_tags.count("script") == plain_tags.count("script"), name
        assert "img" not in hostile_tags, name
    assert data_of(tmp_path)["runs"][0][2] == HOSTILE
    assert list(broken_links(tmp_path)) == []


@pytest.mark.parametrize(
    ("letters", "headline"),
    [
        ("ppF", "panel: WSASOCKET-012 fails since run 3 (2026-03-03)"),
        ("FF", "panel: WSASOCKET-012 fails since it was first judged, in run 1 (2026-03-01)"),
        ("kkX", "panel: WSASOCKET-012 deviates no longer as recorded, since run 3 (2026-03-03)"),
        ("ppM", "panel: WSASOCKET-012 is missing since run 3 (2026-03-03)"),
        ("ppFp", "Nothing is red on panel"),
        ("ppFL", "panel: WSASOCKET-012 fails since run 3 (2026-03-03)"),
        ("pppL", "Nothing is red on panel"),
        ("pFpFpF", "Nothing is red on panel but what is flaky"),
    ],
)
def test_one_sentence_for_each_kind_of_trouble(tmp_path: Path, letters: str, headline: str) -> None:
    runs = [entry(number, letter) for number, letter in enumerate(letters)]
    assert report_on(tmp_path, *runs).headline == headline


def test_another_code_of_what_is_bad_is_red_by_itself(tmp_path: Path) -> None:
    other = judged("F", observed="WSAEFAULT (10014)")
    runs = [entry(0), entry(1, "F"), entry(2, "F"), entry(3, requirements={"WSASOCKET-012": other})]
    report = report_on(tmp_path, *runs)
    assert report.headline == ("panel: WSASOCKET-012 fails otherwise since run 4 (2026-03-04)")
    assert [each["kind"] for each in report.machine["red"]] == ["different", "regression"]


def test_trouble_of_the_lab_that_goes_on_is_said_first(tmp_path: Path) -> None:
    report = report_on(tmp_path, entry(0), entry(1, "L"))
    assert report.machine["episodes"][0]["now"]
    text = Page(tmp_path / "index.html").text
    assert "The lab, not a device, was in trouble in the newest run of panel" in text
    report_on(tmp_path, entry(0), entry(1, "L"), entry(2))
    assert "was in trouble in the newest run" not in Page(tmp_path / "index.html").text


def test_devices_with_the_newest_red_stand_first(tmp_path: Path) -> None:
    runs = [
        *(entry(number, target="calm") for number in range(4)),
        *(entry(number, "F" if number > 1 else "p", "early") for number in range(4)),
        *(entry(number, "F" if number > 2 else "p", "late") for number in range(4)),
    ]
    report = report_on(tmp_path, *runs)
    assert [each["target"] for each in report.machine["devices"]] == ["late", "early", "calm"]


def test_older_runs_of_the_pattern_and_of_a_device_are_on_further_pages(tmp_path: Path) -> None:
    report_on(tmp_path, *(entry(number) for number in range(130)))
    assert {path.name for path in (tmp_path / "pattern").iterdir()} == {"older--2.html", "older--3.html"}
    assert {path.name for path in (tmp_path / "devices").iterdir()} == {
        "panel.html",
        "panel--2.html",
        "panel--3.html",
    }
    assert list(broken_links(tmp_path)) == []


def test_runs_that_say_the_same_in_other_words_are_compared_as_the_same(tmp_path: Path) -> None:
    """How many checks held does not matter, as `ceharness compare` has it."""
    texts = ["success; 3 more checks held", "success; 2 more checks held", "WSAEFAULT (10014)"]
    runs = [
        entry(number, requirements={"WSASOCKET-001": judged("o", observed=text)})
        for number, text in enumerate(texts)
    ]
    report_on(tmp_path, *runs)
    data = data_of(tmp_path)
    kinds = [data["cells"][run[6][0]][3] for run in reversed(data["runs"])]
    assert kinds[0] == kinds[1] != kinds[2]


def test_fingerprints_of_a_device_that_differ_are_told(tmp_path: Path) -> None:
    area = Block(range(1, 4), range(2, 4), range(10))
    for day, outcome in ((1, "error 10043"), (2, "success")):
        outcomes = OutcomeMap.of_runs(area, [(1, outcome), (len(area) - 1, "error 10043")])
        time = f"2026-05-{day:02}T02:00:00.000+00:00"
        made = Fingerprint("panel", "device", {"cpu": "ARM"}, "1.0.0", "ceagent 1.0.0", time, time, outcomes)
        write_fingerprint(made, tmp_path / f"{day}.fingerprint")
    output = tmp_path / "out"
    runs = [entry(0), entry(0, target="kiosk")]
    report = write_history(runs, output, no_page, fingerprint_changes(tmp_path))
    sentence = "1 triple changed from WSAEPROTONOSUPPORT (10043) to success"
    assert sentence in Page(output / "devices" / "panel.html").text
    assert "no two fingerprints" in Page(output / "devices" / "kiosk.html").text
    assert "panel: 1 of 60 triples are answered otherwise" in " ".join(
        Page(output / "index.html").text.split()
    )
    (told,) = report.machine["fingerprints"]
    assert (told["target"], told["before"], told["after"]) == ("panel", "1.fingerprint", "2.fingerprint")
    assert told["changes"][0]["sentence"] == sentence
    assert list(broken_links(output)) == []


@pytest.mark.long
def test_a_thousand_runs_stay_small(tmp_path: Path, full: bool) -> None:
    """Or a third of them, unless all counts are full: pages do not grow with each run."""
    plant_many(tmp_path / "results", runs=1000 if full else 330)
    output = tmp_path / "out"
    write_history(entries(tmp_path / "results"), output, page_of_run)
    assert (output / "compare.html").stat().st_size < 2_000_000
    assert (output / "index.html").stat().st_size < 2_000_000
    assert list(broken_links(output)) == []
