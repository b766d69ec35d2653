"""A process that the benchmarks start: it says where it is, answers questions, ends with its input."""

import json
import subprocess
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any

_GRACE_S = 5.0


class Child:
    """`python -m MODULE ARGUMENTS`; its first line of output, a JSON object, is `place`.

    Used as a context: the process has ended when the context has. We hold its standard input, whose end
    ends it, so it cannot outlive us.
    """

    def __init__(self, module: str, arguments: Sequence[str] = ()) -> None:
        self._module = module
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.place: dict[str, Any] = self._read()

    def ask(self) -> dict[str, Any]:
        """What the process says now."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._read()

    def __enter__(self) -> "Child":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process. Safe to call twice."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.close()
            raise RuntimeError(f"{self._module} ended with code {self._process.returncode}")
        found: dict[str, Any] = json.loads(line)
        return found


def line(device: str, *, host: str = "tcp", adapter: bool = False) -> Child:
    """A simulated 115200 8N1 line to `device`, HOST:PORT or a device file; place["host"] is the other end."""
    return Child("benchmarks.line", ["--device", device, "--host", host, *(["--adapter"] if adapter else [])])
