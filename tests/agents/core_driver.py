"""The agent's C core as a process: see device_agent/tests/driver.c for its commands."""

import subprocess
from pathlib import Path

import cbor2

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
