"""`ceharness coverage`: which tests check which requirement."""

import argparse
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cli.run import add_suites_option, existing_suites
from harness.cli.screen import Screen, add_json_option
from harness.conformance.coverage import Check, astray, cover
from harness.errors import UsageError
from harness.report import coverage_dict, coverage_line, coverage_table
from harness.winsock import REQUIREMENTS

if TYPE_CHECKING:
    from robot.running import ResourceFile

# Keywords of the library, as Robot Framework compares names.
_CANNOT = "reportwhatcannotbeprovoked"
_FOR_EVERY = "forevery"
_log = logging.getLogger(__name__)


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `coverage`."""
    parser = commands.add_parser(
        "coverage",
        help="show which tests check which requirement",
        description="Shows for every requirement, leg by leg, the tests of the suites that check it, or what "
        "a target needs to reach it. Exit code 1 if one has neither.",
    )
    add_suites_option(parser)
    add_json_option(parser, "the requirements and their tests")
    parser.set_defaults(command=_coverage)


def _coverage(args: argparse.Namespace) -> int:
    screen = Screen(args.json)
    checks = [check for path in existing_suites(args.suites) for check in _checks(path)]
    covered = cover(REQUIREMENTS.values(), checks)
    missing = [each for each in covered if not each.accounted]
    for mistake in astray(checks):
        _log.warning(mistake)
    screen.table(coverage_table(covered))
    screen.line()
    screen.line(coverage_line(covered))
    if missing:
        screen.line(f"neither test nor reason: {', '.join(map(str, missing))}", "bold red")
    screen.json(coverage_dict(covered))
    return 1 if missing else 0


def _checks(path: Path) -> Iterator[Check]:
    """The tests in these suites, but for those that only report what cannot be provoked.

    Raises UsageError if there is nothing to read.
    """
    # Here, because importing it takes longer than most other commands run.
    from robot.errors import DataError
    from robot.running import TestSuite

    try:
        suite = TestSuite.from_file_system(path)
    except DataError as error:
        raise UsageError(str(error)) from None
    folder = path if path.is_dir() else path.parent
    for test in suite.all_tests:
        names = [_plain(step.name) for step in test.body if hasattr(step, "name")]
        if names != [_CANNOT]:
            source = Path(test.source)
            file = source.relative_to(folder) if source.is_relative_to(folder) else source
            yield Check(
                file.as_posix(),
                test.name,
                len(test.body) if test.template else 1,
                any(_goes_through_catalog(name, _keywords(test.parent.resource, source)) for name in names),
                frozenset(test.tags),
            )


def _keywords(resource: "ResourceFile", source: Path) -> dict[str, list[str]]:
    """The user keywords of a suite and of the resource files beside it: what each of them calls."""
    from robot.running import ResourceFile

    found: dict[str, list[str]] = {}
    for each in resource.imports:
        file = source.parent / each.name
        if each.type == each.RESOURCE and file.is_file():
            found |= _keywords(ResourceFile.from_file_system(file), file)
    for keyword in resource.keywords:
        found[_plain(keyword.name)] = [_plain(step.name) for step in keyword.body if hasattr(step, "name")]
    return found


def _goes_through_catalog(name: str, keywords: Mapping[str, list[str]]) -> bool:
    """Does this keyword, or one that it calls, run another one for every entry of the device's catalog?"""
    if name.startswith(_FOR_EVERY):
        return True
    others = {key: steps for key, steps in keywords.items() if key != name}
    return any(_goes_through_catalog(step, others) for step in keywords.get(name, ()))


def _plain(name: str | None) -> str:
    """A keyword's name as Robot Framework compares it."""
    return "".join(sign for sign in (name or "").lower() if sign not in " _")
