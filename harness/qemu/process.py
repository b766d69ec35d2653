"""QEMU as a child process that ends with us, however we end."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from harness.errors import LinkError

_END_S = 5.0
_KEEPER = """\
exec 3<&0 </dev/null
"$@" 3<&- &
qemu=$!
while read -r _ <&3; do :; done && kill -9 $qemu 2>/dev/null &
watch=$!
exec 3<&-
wait $qemu
code=$?
kill $watch 2>/dev/null
exit $code
"""
"""A shell that starts QEMU and ends as QEMU does. Its standard input ends when we end; then it kills QEMU."""
_KILLED = 128
"""A shell's exit code for a signal is that of the signal and this."""


class Process:
    """A running QEMU. `words`: its program and arguments; `log`: a file for what it writes."""

    def __init__(self, words: Sequence[str], log: Path) -> None:
        self._log = log
        self._start = log.stat().st_size if log.exists() else 0
        try:
            with log.open("ab") as output:
                # A group of its own: Ctrl-C is ours to handle.
                self._keeper = subprocess.Popen(
                    ["sh", "-c", _KEEPER, "sh", *words],
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
        except OSError as error:
            raise LinkError(f"sh cannot be started: {error.strerror or error}") from None

    def ended(self, seconds: float = 0) -> str | None:
        """That it has ended, and how, as far as that shows; None while it runs. Waits for that so long."""
        try:
            code = self._keeper.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        how = f"signal {code - _KILLED}" if code > _KILLED else f"exit code {code}"
        return f"QEMU ended ({how}): {self.last_words()}"

    def last_words(self) -> str:
        """What it wrote, at the end of it."""
        text = self._log.read_bytes()[self._start :].decode("utf-8", "replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return " | ".join(lines[-3:]) or "it wrote nothing"

    def wait(self, seconds: float) -> bool:
        """Waits for it to end by itself. Has it?"""
        return self.ended(seconds) is not None

    def kill(self) -> None:
        """Ends it, at once. Safe to call twice."""
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        try:
            self._keeper.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
