"""What all tests share: in continuous integration a skip is a failure; Ctrl-C ends processes; --full."""

import os
import shutil
import signal
import tempfile
from collections.abc import Generator

import pytest
from hypothesis import settings

# A busy machine is no reason to fail: nothing here judges time.
settings.register_profile("ceharness", deadline=None)
settings.load_profile("ceharness")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="full counts, as `make deep` runs them")


@pytest.fixture(scope="session")
def full(pytestconfig: pytest.Config) -> bool:
    """Whether to count as far as is promised, and not only far enough to see that nothing is wrong."""
    return bool(pytestconfig.getoption("full"))


def forbid_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Where CEHARNESS_NO_SKIP is set, a skip hides nothing: it fails."""
    if report.skipped and os.environ.get("CEHARNESS_NO_SKIP"):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, and CEHARNESS_NO_SKIP forbids it: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A module that skips itself as a whole (importorskip) never gets as far as a test."""
    report = yield
    forbid_skip(report)
    return report


_locks: list[str] = []


def pytest_unconfigure() -> None:
    for folder in _locks:
        shutil.rmtree(folder, ignore_errors=True)


def pytest_configure() -> None:
    """A shell makes what it runs in the background deaf to Ctrl-C, and that is inherited: hear it again.

    Device locks are not those of this computer's users, nor those of tests that run beside these.
    """
    os.environ["CEHARNESS_LOCKS"] = tempfile.mkdtemp(prefix="ceharness-locks-")
    _locks.append(os.environ["CEHARNESS_LOCKS"])
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
