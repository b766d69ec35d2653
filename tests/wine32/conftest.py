"""One Wine for all tests of a process."""

from collections.abc import Iterator

import pytest
from wine32_agent import on_wine32

from harness.targets.base import TargetConfig


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TargetConfig]:
    """The agent for Windows CE on x86, listening on 32-bit Wine."""
    with on_wine32(tmp_path_factory.mktemp("wine32")) as target:
        yield target
