"""`ceharness console`: what comes over the line to a device, as it comes."""

import argparse
import queue
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from harness.cli.choice import add_target_options, chosen
from harness.cli.screen import check_writable
from harness.deadline import Deadline
from harness.errors import LinkError, UsageError
from harness.links import Link
from harness.session.console import ConsoleReader, Heard, visible
from harness.session.console_log import ConsoleLog
from harness.session.seen import is_message
from harness.targets import TargetConfig, configure, keys, kind_of, reach
from harness.targets.dialing import TargetDialer

_IDLE = 0.3
"""Seconds of silence after which a line that has no end yet is shown."""


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `console`."""
    parser = commands.add_parser(
        "console",
        help="show what comes over a device's line",
        description="Opens the line to a target and shows what comes, until Ctrl-C: the text of a boot "
        "loader or a debug console, control characters as \\x1b, frames of an agent as <frame 34 bytes>. "
        "Nothing is sent. Exit code 0: ended by Ctrl-C or --seconds; 3: the line cannot be opened, or ended.",
    )
    add_target_options(parser)
    parser.add_argument("--baud", metavar="N", help="another speed than that of lab.ini")
    parser.add_argument("--raw", action="store_true", help="the bytes themselves, nothing made visible")
    parser.add_argument("--log", metavar="FILE", type=Path, help="also add the text, with times, to a file")
    parser.add_argument("--seconds", metavar="N", help="end after so long: 20, 500ms, 2min")
    parser.set_defaults(command=_console)


def _console(args: argparse.Namespace) -> int:
    _, config = chosen(args)
    config = configure(config, baud=args.baud)
    seconds = _seconds(args.seconds)
    if args.log is not None:
        check_writable("--log", args.log)
    show = _Raw() if args.raw else _Readable()
    log = _Log(args.log) if args.log else None
    with ExitStack() as stack:
        try:
            line = _Line(_open(config, stack))
            stack.callback(line.close)
            for data, at in line.chunks(Deadline(seconds)):
                show.take(data, at)
                if log is not None:
                    log.take(data, at)
        except KeyboardInterrupt:
            pass
        finally:
            show.end()
            if log is not None:
                log.end()
    return 0


def _seconds(text: str | None) -> float:
    if text is None:
        return threading.TIMEOUT_MAX
    try:
        return keys.seconds(text)
    except ValueError:
        raise UsageError(f"--seconds {text!r}: expected a duration such as 500ms or 20s") from None


def _open(config: TargetConfig, stack: ExitStack) -> Link:
    kind = kind_of(config)
    print(f"{config.name}: {kind.place(config.settings)}; Ctrl-C ends", file=sys.stderr)
    opener = TargetDialer(stack.enter_context(reach(config)), config.faults)
    stack.callback(opener.close)
    return opener.open(config.timing.connect)


class _Line:
    """A thread that reads the link, so that silence is noticed."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._chunks: queue.SimpleQueue[bytes | BaseException] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._read, name=f"reader of {link.url}", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            while data := self._link.read():
                self._chunks.put(data)
            self._chunks.put(LinkError(f"{self._link.url}: closed by the other side"))
        except BaseException as error:
            self._chunks.put(error)

    def chunks(self, deadline: Deadline) -> "Iterable[tuple[bytes, float]]":
        """What comes, and when; b"" after a moment of silence. Raises LinkError when the line ends."""
        silent = True
        while not deadline.expired:
            wait = deadline.remaining() if silent else min(_IDLE, deadline.remaining())
            try:
                chunk = self._chunks.get(timeout=min(wait, threading.TIMEOUT_MAX))
            except queue.Empty:
                yield b"", time.time()
                silent = True
                continue
            if isinstance(chunk, BaseException):
                raise chunk
            silent = False
            yield chunk, time.time()

    def close(self) -> None:
        self._link.close()
        self._thread.join()


class _Raw:
    def take(self, data: bytes, at: float) -> None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    def end(self) -> None:
        pass


class _Readable:
    """Text line by line, frames and other bytes by their number. No escape sequence reaches the terminal."""

    def __init__(self) -> None:
        self._reader = ConsoleReader()
        self._within = False

    def take(self, data: bytes, at: float) -> None:
        self._show(self._reader.feed(data, at) if data else self._reader.flush())

    def end(self) -> None:
        self._show(self._reader.flush())
        self._write("\n" if self._within else "")

    def _show(self, heard: list[Heard]) -> None:
        for one in heard:
            if one.text:
                body = one.text.rstrip(b"\r\n")
                self._write(visible(body))
                self._within = len(body) == len(one.text)
                self._write("" if self._within else "\n")
            else:
                what = "frame " if one.data is not None and is_message(one.data) else ""
                self._write(("\n" if self._within else "") + f"<{what}{one.size} bytes>\n")
                self._within = False

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


class _Log:
    """The text alone, into a file."""

    def __init__(self, path: Path) -> None:
        self._reader = ConsoleReader()
        self._log = ConsoleLog(path)

    def take(self, data: bytes, at: float) -> None:
        self._write(self._reader.feed(data, at) if data else self._reader.flush())

    def end(self) -> None:
        self._write(self._reader.flush())

    def _write(self, heard: list[Heard]) -> None:
        for one in heard:
            if one.text:
                self._log(one.text, one.at)
