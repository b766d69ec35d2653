"""`ceharness run`: the Robot Framework suites on one target, row by row."""

import argparse
import logging
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import harness
from harness.cli.choice import add_target_options, chosen, target_words
from harness.cli.ending import PROGRAMS, show_end, write_programs
from harness.cli.progress import Progress, Watch
from harness.cli.screen import Screen, add_json_option, short
from harness.conformance import (
    DEVIATIONS,
    Expectations,
    Row,
    Summary,
    Verdict,
    lab_broke,
    read_expectations,
    summarize,
    was_run,
)
from harness.errors import LabError, UsageError
from harness.lab import Lab
from harness.report import (
    alarming,
    line_lines,
    live_line,
    recovery_lines,
    replays,
    requirement_line,
    run_dict,
    test_line,
)
from harness.results import ALL, CONSOLE_FILE, RESULTS_FILE, Run, read_results, run_folder
from harness.targets import TargetConfig, image_of, keep, kind_of
from harness.targets.emulator_process import SHORTCOMINGS
from harness.targets.faults import NONE

_INTERRUPTED = 130
# Return codes of robot.run above 250 are no counts of failed tests.
_UNREADABLE = "the suites could not be read"
_ROBOT_USAGE, _ROBOT_STOPPED, _ROBOT_FAULT = 252, 253, 255


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `run`."""
    parser = commands.add_parser(
        "run",
        help="check a device against the documentation",
        description="Runs the suites on a target and shows what the documentation says, what the device did, "
        "and the verdict. Exit code 0: everything as documented; 1: deviations, or requirements that nobody "
        "judged; 3: the lab failed; 130: ended by Ctrl-C (what was recorded is kept).",
    )
    add_target_options(parser)
    selection = parser.add_argument_group(
        "selection (patterns of Robot Framework; each may be given repeatedly)"
    )
    selection.add_argument("--suite", action="append", default=[], metavar="NAME", help="suites of this name")
    selection.add_argument("--test", action="append", default=[], metavar="NAME", help="tests of this name")
    selection.add_argument(
        "--include", action="append", default=[], metavar="TAG", help="tests with this tag: WSASOCKET-012"
    )
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=Path,
        help="where logs and results go (default: results/<time>-<target>)",
    )
    add_suites_option(parser)
    add_json_option(parser, "the rows, and what they were run on,")
    parser.set_defaults(command=_run)


def add_suites_option(parser: argparse.ArgumentParser) -> None:
    """--suites PATH, again and again; what it says is for `existing_suites`."""
    parser.add_argument(
        "--suites",
        metavar="PATH",
        type=Path,
        action="append",
        help="your own suites in place of the built-in ones",
    )


def suites_folder() -> Path:
    """The suites that come with the harness: beside the package in a checkout, inside it when installed."""
    package = Path(harness.__file__).resolve().parent
    for folder in (package / "suites", package.parent / "suites"):
        if folder.is_dir():
            return folder
    raise UsageError(
        f"the suites are missing: neither {package / 'suites'} nor {package.parent / 'suites'} is there"
    )


def existing_suites(given: Sequence[Path] | None) -> list[Path]:
    """What --suites names, or the built-in ones. Raises UsageError for what is not there."""
    paths = [path.resolve() for path in given or [suites_folder()]]
    for path in paths:
        if not path.exists():
            raise UsageError(f"--suites {path}: no such file or folder")
    return paths


def _run(args: argparse.Namespace) -> int:
    screen = Screen(args.json)
    lab, config = chosen(args)
    paths = existing_suites(args.suites)
    kind_of(config).check(config.settings)
    image_of(config)
    expectations = read_expectations(config.expectations) if config.expectations else Expectations()
    with keep(config):
        return _run_on(args, screen, lab, config, paths, expectations)


def _run_on(
    args: argparse.Namespace,
    screen: Screen,
    lab: Lab,
    config: TargetConfig,
    paths: list[Path],
    expectations: Expectations,
) -> int:
    """The run, on a device that nobody else uses meanwhile; the exit code."""
    output = _output_folder(args.output, lab, config)
    results = output / RESULTS_FILE
    place = kind_of(config).place(config.settings)
    what = config.name if place == config.name else f"{config.name}: {place}"
    screen.line(f"{what}, results in {output}", "dim")

    with (
        _log_file(output / "harness.log"),
        _shortcomings() as shortcomings,
        screen.now() as now,
    ):
        progress = Progress(results, _watch(screen, now))
        now("connecting ...")
        code = _robot(args, lab, config, paths, output, progress)
    if code == _ROBOT_USAGE:
        _remove_if_empty(output)
        chosen = _selection(args)
        raise UsageError(f"no tests were run: {f'nothing matches {chosen}' if chosen else _UNREADABLE}")
    run = read_results(results) if results.exists() else None
    rows = run.rows if run else []
    screen.json(_about(config, run))
    interrupted = code == _ROBOT_STOPPED or progress.stopped
    summary = summarize(rows) if run is None or interrupted else run.summary
    red = replays(run, output / PROGRAMS, target_words(args)) if run else []
    write_programs(output / PROGRAMS, red)
    show_end(screen, rows, summary, progress, red)
    for line in line_lines(run.line if run else None):
        screen.line(line)
    for step in recovery_lines(run.recovery if run else ()):
        screen.line(step)
    others = len(expectations.deviations) - len(expectations.on(run.identity if run else {}).deviations)
    if run and run.opened and others:
        screen.line(f"recorded for other devices, not used: {others} of {expectations.file}", "dim")
    screen.line(f"log:  {output / 'log.html'}", "dim")
    screen.line(f"results: {results}", "dim")
    if run:
        screen.line(f"as one page: {shlex.join(['ceharness', 'report', str(output)])}", "dim")
    if (output / CONSOLE_FILE).exists():
        screen.line(f"text between the frames: {output / CONSOLE_FILE}", "dim")
    if interrupted:
        screen.line("ended by Ctrl-C; what was recorded is kept", "yellow")
        return _INTERRUPTED
    if code == _ROBOT_FAULT:
        raise RuntimeError("Robot Framework failed; its messages are above")
    return _exit_code(rows, summary, progress, shortcomings)


def _about(config: TargetConfig, run: Run | None) -> dict[str, Any]:
    """A run as one object; of one that left no results there is only the target."""
    if run is None:
        return {"target": config.name, "target_kind": config.kind, "line": None, "rows": []}
    return run_dict(run)


def _watch(screen: Screen, now: Callable[[str], None]) -> Watch:
    def row(row: Row) -> None:
        if alarming(row) and was_run(row):
            screen.line(live_line(row))

    def requirement(rows: Sequence[Row]) -> None:
        # Red ones have been shown row by row.
        if not any(map(alarming, rows)):
            screen.glimpse(requirement_line(rows))

    def test(name: str, passed: bool) -> None:
        screen.glimpse(test_line(name, passed))

    return Watch(row, requirement, test, now)


def _exit_code(rows: Sequence[Row], summary: Summary, progress: Progress, shortcomings: Sequence[str]) -> int:
    """Conforming or not; raises UsageError and LabError for a run that does not tell."""
    if progress.errors:
        raise UsageError(progress.errors[0])
    if progress.lab_failure is not None:
        raise LabError(progress.lab_failure)
    if shortcomings and summary.exit_code == DEVIATIONS:
        raise LabError(f"the emulated device was asked for something it lacks: {'; '.join(shortcomings)}")
    broken = [row for row in rows if row.verdict is Verdict.BROKEN]
    for row in filter(lab_broke, broken):
        raise LabError(row.reason)
    for row in broken:
        raise UsageError(f"{row.requirement}, {row.case}: {row.reason}")
    return DEVIATIONS if progress.failed else summary.exit_code


def _robot(
    args: argparse.Namespace,
    lab: Lab,
    config: TargetConfig,
    paths: list[Path],
    output: Path,
    progress: Progress,
) -> int:
    # Here, because importing it takes longer than most other commands run.
    from robot.run import run as run_robot

    variables = {
        "TARGET": config.name,
        "CPU": args.cpu or "",
        "LINK": args.link or "",
        "QUIRK": " ".join(args.quirk),
        "VARIANTS": " ".join(args.variant),
        "LAB": str(lab.path or ""),
        "KEY_FILE": args.key or "",
        "FAULTS": config.faults or NONE,
        "RESULTS": str(output / RESULTS_FILE),
        "SELECTION": _selection(args) or ALL,
    }
    try:
        return int(
            run_robot(
                *map(str, paths),
                outputdir=str(output),
                console="none",
                listener=[progress],
                variable=[f"{name}:{value}" for name, value in variables.items()],
                suite=args.suite,
                test=args.test,
                include=args.include,
                name="Conformance",
                metadata=[f"Target:{config.name}"],
            )
        )
    except SystemExit:  # Robot Framework's answer to a second Ctrl-C
        return _ROBOT_STOPPED


def _output_folder(given: Path | None, lab: Lab, config: TargetConfig) -> Path:
    """A folder of its own for this run. Raises UsageError if it cannot be made."""
    if given is None:
        given = run_folder(lab.defaults.results, datetime.now(), config.name)
    try:
        given.mkdir(parents=True, exist_ok=True)
        for name in (RESULTS_FILE, CONSOLE_FILE):
            (given / name).unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make the results folder {given}: {error.strerror or error}") from None
    return short(given)


@contextmanager
def _log_file(path: Path) -> Iterator[None]:
    """What the harness logs while it runs, the emulated device's events included."""
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    log = logging.getLogger("harness")
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before)
        handler.close()


@contextmanager
def _shortcomings() -> Iterator[list[str]]:
    """What an emulated device was asked for and cannot do: then a deviation may be its own."""
    found: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: found.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger(SHORTCOMINGS)
    log.addHandler(handler)
    try:
        yield found
    finally:
        log.removeHandler(handler)


def _remove_if_empty(folder: Path) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()


def _selection(args: argparse.Namespace) -> str:
    """How the tests are chosen, in words of the command line; "" for all of the harness's own."""
    names = ("suite", "test", "include", "suites")
    return shlex.join(
        word for name in names for value in getattr(args, name) or () for word in (f"--{name}", str(value))
    )
