"""The planted history, written once for all tests that only read it."""

from pathlib import Path

import pytest

from harness.history import History
from harness.results import entries
from tests.history.planted import Planted, plant


@pytest.fixture(scope="session")
def planted_folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Planted]:
    folder = tmp_path_factory.mktemp("planted")
    return folder, plant(folder)


@pytest.fixture(scope="session")
def truth(planted_folder: tuple[Path, Planted]) -> Planted:
    return planted_folder[1]


@pytest.fixture(scope="session")
def planted(planted_folder: tuple[Path, Planted]) -> History:
    return History(entries(planted_folder[0]))
