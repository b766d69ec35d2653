"""The sweep behind `ceharness fingerprint TARGET`: its file, its progress, and what is said at the end."""

import argparse
import shlex
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from harness import __version__
from harness.cli.choice import chosen, target_words
from harness.cli.screen import Screen, check_writable
from harness.device import Device
from harness.errors import LabError, UsageError
from harness.fingerprint import (
    EVERYTHING,
    SUFFIX,
    Block,
    Fingerprint,
    OutcomeMap,
    Progress,
    Sweep,
    identity,
    read_fingerprint,
    write_fingerprint,
)
from harness.lab import Lab
from harness.report import (
    fingerprint_dict,
    fingerprint_evidence,
    fingerprint_line,
    fingerprint_table,
    line_lines,
    recovery_lines,
    write_picture,
)
from harness.targets import TargetConfig, connect
from harness.winsock import CONSTANTS

_ENDED_EARLY, _INTERRUPTED = 1, 130
_SAVE_S = 5.0
"""Seconds of measuring that are lost at most when the computer is switched off."""
_RECOVER = 40
"""Times in a row that a device is brought back without running a program to its end. A triple that takes the
device with it is found by halving: up to 18 times, and then the triple alone, twice."""
_AREA = {"type": EVERYTHING.types, "af": EVERYTHING.families, "protocol": EVERYTHING.protocols}


def add_sweep_options(parser: argparse.ArgumentParser) -> None:
    """--output, --picture, --type, --af, --protocol."""
    parser.add_argument(
        "--output",
        metavar="FILE",
        type=Path,
        help=f"where the fingerprint goes (default: results/<time>-<target>{SUFFIX}); an unfinished one of "
        "the same device is continued",
    )
    parser.add_argument("--picture", metavar="FILE", type=Path, help="also draw it, as PNG")
    for name, whole in _AREA.items():
        parser.add_argument(
            f"--{name}",
            metavar="RANGE",
            help=f"not all of {whole[0]}-{whole[-1]}: 2, 2-23, or a constant",
        )


def sweep(args: argparse.Namespace) -> int:
    """Measures what is not measured yet; the exit code."""
    screen = Screen(args.json)
    lab, config = chosen(args)
    area = Block(*(_range(name, getattr(args, name)) for name in _AREA))
    if args.picture:
        check_writable("--picture", args.picture)
    if args.output:
        check_writable("--output", args.output)
    path = args.output or _default_path(lab, config)
    before = _unfinished(path, area)
    with connect(config, recover=_RECOVER) as device:
        file = _File(path, _begin(device, before, area, path))
        screen.line(f"{fingerprint_line(file.fingerprint)}, {path}", "dim")
        if before:
            known = before.outcomes.measured
            screen.line(f"goes on with an unfinished sweep: {known:,} of {len(area):,} triples are measured")
        again = shlex.join(
            ["ceharness", "fingerprint", *target_words(args), *_area_words(args), "--output", str(path)]
        )
        begun, interrupted, useless = time.monotonic(), False, ""
        work = Sweep(device, file.fingerprint.outcomes)
        try:
            with screen.now() as now:
                useless = work.run(_Watch(screen, now, file))
        except KeyboardInterrupt:
            interrupted = True
        except LabError as error:
            if file.save():
                error.add_note(f"  what was measured is kept; to go on: {again}")
            raise
        seconds = time.monotonic() - begun
        kept = file.save()
        line = device.line.as_dict()
        recovery = [step.as_dict() for step in device.recovery]
    fingerprint = file.fingerprint
    if kept:
        screen.table(fingerprint_table(fingerprint.outcomes))
        screen.line(fingerprint_evidence(fingerprint))
    if work.unexplained:
        screen.line(
            f"{work.unexplained} programs ended early, though the triple they ended at does not do so alone",
            "yellow",
        )
    for text in (*line_lines(line), *recovery_lines(device.recovery)):
        screen.line(text)
    if kept and args.picture:
        write_picture(fingerprint, args.picture)
        screen.line(f"picture: {args.picture}", "dim")
    screen.json(
        {
            **fingerprint_dict(fingerprint),
            "file": str(path) if kept else None,
            "seconds": round(seconds, 1),
            "stopped": useless or None,
            "unexplained": work.unexplained,
            "line": line,
            "recovery": recovery,
        }
    )
    if interrupted:
        what = f"what was measured is kept; to go on: {again}" if kept else "nothing was measured yet"
        screen.line(f"ended by Ctrl-C; {what}", "yellow")
        return _INTERRUPTED
    if useless:
        screen.line(f"this device cannot be measured{' to the end' if kept else ''}: {useless}", "bold red")
        return _ENDED_EARLY
    screen.line(f"fingerprint: {path}, in {_duration(seconds)}", "dim")
    return 0


# --- the file -------------------------------------------------------------------------------


class _File:
    """Keeps what is measured so far."""

    def __init__(self, path: Path, fingerprint: Fingerprint) -> None:
        self.fingerprint = fingerprint
        self._path = path
        self._saved = time.monotonic()

    def save(self) -> bool:
        """Puts it on disk; False if there is nothing to keep yet. Raises UsageError if that fails."""
        outcomes = self.fingerprint.outcomes
        if not outcomes.measured:
            return False
        ended = _now() if outcomes.measured == len(outcomes.area) else None
        self.fingerprint = replace(self.fingerprint, ended=ended)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_fingerprint(self.fingerprint, self._path)
        except OSError as error:
            raise UsageError(f"{self._path}: {error.strerror or error}") from error
        self._saved = time.monotonic()
        return True

    def save_now_and_then(self) -> None:
        """At most `_SAVE_S` after the last time."""
        if time.monotonic() - self._saved > _SAVE_S:
            self.save()


def _begin(device: Device, before: Fingerprint | None, area: Block, path: Path) -> Fingerprint:
    """A new fingerprint, or the unfinished one. Raises UsageError when that is of another device."""
    new = Fingerprint(
        target=device.name,
        evidence=device.evidence,
        device=identity(device.info()),
        harness=__version__,
        agent=device.welcome.build,
        started=_now(),
        ended=None,
        outcomes=OutcomeMap(area),
    )
    if before is None:
        return new
    if not before.of_same_device(new):
        raise UsageError(
            f"{path} holds an unfinished sweep of another device ({fingerprint_line(before)}), this one is "
            f"{fingerprint_line(new)}: name another --output"
        )
    return replace(new, started=before.started, outcomes=before.outcomes)


def _unfinished(path: Path, area: Block) -> Fingerprint | None:
    """What a file holds that is to be continued. Raises UsageError when it holds anything else."""
    if not path.exists():
        return None
    before = read_fingerprint(path)
    if before.ended is not None:
        raise UsageError(f"{path} holds a finished fingerprint ({fingerprint_line(before)}): name another")
    if before.outcomes.area != area:
        raise UsageError(f"{path} holds an unfinished sweep with other --type, --af or --protocol")
    return before


def _default_path(lab: Lab, config: TargetConfig) -> Path:
    name = "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in config.name)
    return lab.defaults.results / f"{datetime.now():%Y-%m-%d_%H-%M-%S}-{name}{SUFFIX}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


# --- options --------------------------------------------------------------------------------


def _range(name: str, given: str | None) -> range:
    """2, 2-23 or AF_INET. Raises UsageError."""
    whole = _AREA[name]
    if given is None:
        return whole
    first, _, last = given.partition("-")
    try:
        ends = [CONSTANTS[end] if end in CONSTANTS else int(end) for end in (first, last or first)]
    except ValueError:
        ends = []
    if not ends or not whole[0] <= ends[0] <= ends[1] <= whole[-1]:
        raise UsageError(f"--{name} {given}: expected numbers from {whole[0]} to {whole[-1]}: 2 or 2-5")
    return range(ends[0], ends[1] + 1)


def _area_words(args: argparse.Namespace) -> list[str]:
    return [word for name in _AREA if getattr(args, name) for word in (f"--{name}", getattr(args, name))]


# --- progress -------------------------------------------------------------------------------


class _Watch:
    """After every window of programs: shows how far it is, and keeps it now and then."""

    def __init__(self, screen: Screen, now: Callable[[str], None], file: _File) -> None:
        self._screen, self._now, self._file = screen, now, file
        self._tenths = 0

    def __call__(self, progress: Progress) -> None:
        self._file.save_now_and_then()
        text = (
            f"{progress.measured:,} of {progress.total:,} triples, {progress.rate:,.0f} per second, "
            f"{_duration(progress.left)} left"
        )
        self._now(text)
        tenths = 10 * progress.measured // progress.total
        if not self._screen.live and tenths > self._tenths and tenths < 10:
            # Nobody watches: a log should still show that it goes on.
            self._tenths = tenths
            self._screen.line(text)


def _duration(seconds: float) -> str:
    """ "7 s", "3 min 20 s", "2 h 5 min"."""
    if seconds == float("inf"):
        return "unknown time"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
