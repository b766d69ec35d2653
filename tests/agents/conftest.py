"""The agent's C core as a process: see device_agent/tests/driver.c for its commands."""

import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cbor2
import pytest

ROOT = Path(__file__).resolve().parents[2]


class Core:
    """One driver process; `word` is the size of its machine word in bytes."""

    def __init__(self, path: Path, word: int) -> None:
        self.word = word
        self._process = subprocess.Popen(
            [path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="ascii"
        )

    def ask(self, *words: object) -> list[str]:
        """One command, bytes as hexadecimal digits; the words of the answer."""
        line = " ".join(_text(word) for word in words)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer.endswith("\n"):
            raise AssertionError(f"the core ended with {self._process.wait()} at: {line[:2000]}")
        return answer.split()

    def program(self, *parts: object, seq: int = 0) -> object:
        """Checks and runs [2, seq, *parts]: the decoded answer, or ("refused", reason, detail)."""
        return self.run(cbor2.dumps([2, seq, *parts]))

    def run(self, body: bytes) -> object:
        words = self.ask("program", body)
        if words[0] == "refused":
            return ("refused", int(words[1]), int(words[2]))
        return cbor2.loads(bytes.fromhex(words[1]))

    def close(self) -> None:
        self._process.communicate(timeout=30)


def _text(word: object) -> str:
    if isinstance(word, bytes):
        return word.hex() or "-"
    return str(word)


@pytest.fixture(scope="session")
def drivers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with driver-32 and driver-64."""
    if not (sys.platform == "linux" and platform.machine() in ("x86_64", "AMD64")):
        pytest.skip("the core's test driver is made for Linux on x86-64")
    folder = tmp_path_factory.mktemp("drivers")
    program = ROOT / "device_agent" / "build_tests.py"
    done = subprocess.run([sys.executable, program, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session", params=[32, 64])
def core(drivers: Path, request: pytest.FixtureRequest) -> Iterator[Core]:
    """The core for 32 and for 64 bits, one process for all tests."""
    core = Core(drivers / f"driver-{request.param}", request.param // 8)
    yield core
    core.close()
