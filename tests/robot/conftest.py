"""Runs Robot suites in this process, on a device double."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import robot

from harness.conformance import Row
from harness.results import RESULTS_FILE, read_results

sys.path.insert(0, str(Path(__file__).parent))

from scripted_device import ScriptedDevice


class Collected:
    """A listener that keeps what became of each test."""

    ROBOT_LISTENER_API_VERSION = 3

    def __init__(self) -> None:
        self.status: dict[str, str] = {}
        self.message: dict[str, str] = {}
        self.tags: dict[str, list[str]] = {}
        self.metadata: dict[str, str] = {}

    def end_suite(self, data: Any, result: Any) -> None:
        self.metadata.update(result.metadata)

    def end_test(self, data: Any, result: Any) -> None:
        self.status[result.name] = result.status
        self.message[result.name] = result.message
        self.tags[result.name] = list(result.tags)


@dataclass
class Ran:
    """One Robot run: its return code, each test's status and message, and the rows it left."""

    code: int
    tests: Collected
    rows: list[Row]
    folder: Path


Run = Callable[..., Ran]


@pytest.fixture
def run_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """run_suite(text, device): runs the tests in `text` (below a Settings section with the library) on it."""

    def run(text: str | Path, device: ScriptedDevice, **options: Any) -> Ran:
        monkeypatch.setattr("harness.robot.target.connect", device.connected)
        if isinstance(text, str):
            suite = tmp_path / "suite.robot"
            head = "*** Settings ***\nLibrary    harness.robot.CEHarness\n"
            suite.write_text(text if text.startswith("*** Settings") else head + text, encoding="utf-8")
        else:
            suite = text
        tests, results = Collected(), tmp_path / "out" / RESULTS_FILE
        code = robot.run(
            str(suite),
            outputdir=str(tmp_path / "out"),
            output="NONE",
            log="NONE",
            report="NONE",
            console="none",
            listener=[tests],
            **options,
        )
        return Ran(int(code), tests, read_results(results).rows if results.exists() else [], tmp_path)

    return run
