"""Addresses of pages, whatever names runs and devices have."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.history import History
from harness.report.pages.places import Places
from tests.history.made_entries import entry


@given(st.lists(st.text(min_size=0, max_size=100), min_size=1, max_size=8))
def test_every_run_and_device_has_a_file_of_its_own_inside_the_report(names: list[str]) -> None:
    entries = [entry(number, target=name, run=name) for number, name in enumerate(names)]
    entries = [
        entry(number, target=name, run=name, path=entries[number].path / str(number))
        for number, name in enumerate(names)
    ]
    history = History(entries)
    places = Places(history)
    pages = [places.page(each) for each in history.entries]
    pages += [places.device(each.target, page) for each in history.devices for page in (1, 2, 3)]
    assert len({page.casefold() for page in pages}) == len(pages)
    for page in pages:
        folder, name = page.split("/")
        assert folder in ("runs", "devices")
        assert name.endswith(".html")
        assert not name.startswith((".", "-"))
        assert len(name) < 120
        assert urlsplit(page).path == page


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/root", "..", "", ".", "tcp://192.0.2.1:5555", "con\0"]
)
def test_a_name_cannot_lead_out_of_the_report(name: str) -> None:
    one = entry(0, target=name, run=name)
    places = Places(History([one]))
    assert places.page(one).count("/") == 1
    assert not places.page(one).startswith("runs/.")


def test_a_run_without_a_page_has_its_line() -> None:
    one = entry(0)
    places = Places(History([one]))
    assert places.run(one, "WSASOCKET-012") == f"runs.html#run-{one.run}"
    places.add(one)
    assert places.run(one) == f"runs/{one.run}.html"


@pytest.mark.parametrize(("letter", "anchor"), [("p", "WSASOCKET-012"), ("F", "deviation-WSASOCKET-012")])
def test_a_link_leads_to_what_the_page_tells_of_the_requirement(letter: str, anchor: str) -> None:
    one = entry(0, letter)
    places = Places(History([one]))
    places.add(one)
    assert places.run(one, "WSASOCKET-012") == f"runs/{one.run}.html#{anchor}"
