"""ser2net, an RFC 2217 server that nobody here wrote, in front of a pseudo terminal.

A pseudo terminal has no RTS and DTR, so modem_lines.c gives ser2net some, and keeps a log of them.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

_CONFIGURATION = """\
%YAML 1.1
---
connection: &line
  accepter: {protocol}tcp,127.0.0.1,{port}
  connector: serialdev,{device},9600n81,local
  options:
    trace-both: {trace}
    trace-both-hexdump: true
"""


def program() -> str:
    found = shutil.which("ser2net", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        pytest.skip("ser2net is missing: apt-get install ser2net")
    return found


def build_modem_lines(folder: Path) -> Path:
    """What is preloaded. Raises CalledProcessError."""
    library = folder / "modem_lines.so"
    source = Path(__file__).with_name("modem_lines.c")
    found = next(filter(None, map(shutil.which, ("cc", "clang", "gcc"))), None)
    # The compiler of the agents is always there, but takes a minute the first time.
    compiler = [found] if found else [sys.executable, "-m", "ziglang", "cc"]
    subprocess.run([*compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


class Ser2net:
    """Running from `start` to `kill`, or as a context. `lines`: RTS and DTR, each time they were set."""

    def __init__(self, device: str, port: int, library: Path, folder: Path, *, raw: bool = False) -> None:
        self.port = port
        self.url = f"socket://127.0.0.1:{port}" if raw else f"rfc2217://127.0.0.1:{port}"
        self._folder = folder
        self._program = program()
        self._log, self._trace = folder / "lines.log", folder / "trace.log"
        self._environment = {**os.environ, "LD_PRELOAD": str(library), "MODEM_LINES_LOG": str(self._log)}
        (folder / "ser2net.yaml").write_text(
            _CONFIGURATION.format(
                protocol="" if raw else "telnet(rfc2217),", port=port, device=device, trace=self._trace
            ),
            encoding="utf-8",
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = [self._program, "-n", "-d", "-c", str(self._folder / "ser2net.yaml")]
        self._process = subprocess.Popen(
            [*words, "-P", str(self._folder / "pid")],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + 30
        while not self._listens():
            assert time.monotonic() < end, "ser2net does not listen"
            assert self._process.poll() is None, "ser2net ended"
            time.sleep(0.02)

    def _listens(self) -> bool:
        """Looked up, not tried: a connection would open the port."""
        listening = f"0100007F:{self.port:04X} 00000000:0000 0A"
        return listening in Path("/proc/net/tcp").read_text(encoding="ascii")

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def lines(self) -> list[str]:
        return self._log.read_text(encoding="ascii").splitlines() if self._log.exists() else []

    @property
    def trace(self) -> str:
        return self._trace.read_text(encoding="latin-1") if self._trace.exists() else ""
