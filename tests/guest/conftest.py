"""Tests with QEMU itself, and the guest that is made here."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from guest import built
from harness.errors import UsageError
from harness.qemu import Machine
from harness.targets import TargetConfig, configure
from harness.targets.base import Reached
from harness.targets.connection import open_device
from harness.targets.device import TargetDevice
from harness.targets.qemu import KIND, check, started


@pytest.fixture(scope="session")
def image() -> Path:
    """The folder with the guest."""
    try:
        return built()
    except UsageError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def guest(image: Path) -> TargetConfig:
    """The guest as a target, over its UART."""
    defaults = {key.name: key.default for key in KIND.keys if key.default is not None}
    settings = {**defaults, "preset": "wine-guest", "image": str(image)}
    try:
        check(settings)
    except UsageError as missing:
        pytest.skip(str(missing))
    return TargetConfig("guest", "qemu", settings, timing=replace(KIND.timing, connect=240.0))


@contextmanager
def opened(reached: Reached, patience: float = 120.0) -> Iterator[TargetDevice]:
    """A session with a machine that is started already, and brought back when it is lost."""
    timing = replace(KIND.timing, connect=patience)
    config = TargetConfig("guest", "qemu", {"preset": "wine-guest", "link": "serial"}, timing=timing)
    with open_device(config, reached, recover=5) as device:
        yield device


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What happens to a machine, and all suites, over TCP; with --full over the UART, too."""
    full = metafunc.config.getoption("full")
    if "running" in metafunc.fixturenames:
        metafunc.parametrize("running", ["tcp", "serial"] if full else ["tcp"], indirect=True, scope="module")
    if "link" in metafunc.fixturenames:
        metafunc.parametrize("link", ["serial", "tcp"] if full else ["tcp"])


@pytest.fixture(scope="module")
def running(guest: TargetConfig, request: pytest.FixtureRequest) -> Iterator[tuple[Machine, Reached]]:
    """A guest that all tests of a module share; each begins with another process of it."""
    with started(configure(guest, link=request.param)) as both:
        yield both


@pytest.fixture
def fresh(running: tuple[Machine, Reached]) -> Iterator[tuple[Machine, TargetDevice]]:
    """The machine as nobody has used it, and a session with its agent."""
    machine, reached = running
    machine.cycle()
    with opened(reached) as device:
        yield machine, device
