"""What all tests share: in continuous integration a skipped test is a failed one; Ctrl-C ends processes."""

import os
import signal
from collections.abc import Generator

import pytest
from hypothesis import settings

# A busy machine is no reason to fail: nothing here judges time.
settings.register_profile("ceharness", deadline=None)
settings.load_profile("ceharness")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get("CEHARNESS_NO_SKIP"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and CEHARNESS_NO_SKIP forbids it: {report.longrepr}"
    return report


def pytest_configure() -> None:
    """A shell makes what it runs in the background deaf to Ctrl-C, and that is inherited: hear it again."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
