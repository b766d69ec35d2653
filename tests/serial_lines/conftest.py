"""Terminal servers and cables in software."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.targets.loopback import free_port
from tests.serial_lines.ser2net import Ser2net, build_modem_lines, program
from tests.serial_lines.terminal import TerminalEnd

collect_ignore_glob = ["test_*.py"] if sys.platform == "win32" else []


@pytest.fixture(scope="session")
def modem_lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_modem_lines(tmp_path_factory.mktemp("modem_lines"))


@pytest.fixture
def terminal() -> Iterator[TerminalEnd]:
    end = TerminalEnd()
    yield end
    end.close()


@pytest.fixture
def server(
    terminal: TerminalEnd, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Ser2net]]:
    """Starts ser2net in front of the terminal."""
    program()
    library = request.getfixturevalue("modem_lines")
    with ExitStack() as stack:

        def start(*, raw: bool = False) -> Ser2net:
            return stack.enter_context(Ser2net(terminal.path, free_port(), library, tmp_path, raw=raw))

        yield start
