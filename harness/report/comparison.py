"""Two runs side by side, as terminal text and JSON."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.text import Text

from harness.conformance import Row, Unjudged, Verdict
from harness.history import (
    Comparison,
    RequirementChange,
    RowChange,
    Turn,
    system_of,
)
from harness.report.fingerprints import comparison_dict, comparison_lines
from harness.report.tables import STYLES, title
from harness.results import Run, entry_of

_STYLES = {
    Turn.WORSE: "bold red",
    Turn.BETTER: "bold green",
    Turn.DIFFERENT: "bold yellow",
    Turn.NOT_JUDGED: "bold magenta",
    Turn.NEW: "bold",
    Turn.GONE: "bold",
}
_HEADS = {
    Turn.WORSE: "worse",
    Turn.BETTER: "better",
    Turn.DIFFERENT: "otherwise different",
    Turn.NOT_JUDGED: "judged in one run only, or in none",
    Turn.NEW: "new: only in the second run",
    Turn.GONE: "gone: only in the first run",
}
_ROWS = 12
"""Cases of one requirement that are shown; JSON has all."""
_NAMES = 8
"""So many requirements are named in a sentence."""

Replays = Mapping[Row, str]
"""Commands that run the programs of rows again."""


def run_line(run: Run) -> str:
    """Which run it is: "panel, 2026-11-28 02:20, Windows CE 5.0.1400, ARM, image 19809f37 (run 2026...)"."""
    moment = datetime.fromisoformat(run.start.started).astimezone()
    parts = (run.start.target, f"{moment:%Y-%m-%d %H:%M}", system_of(entry_of(run)))
    return f"{', '.join(filter(None, parts))} (run {run.start.run})"


def run_comparison_lines(comparison: Comparison, replays: Replays) -> Iterator[Text]:
    """What differs around the runs, then what turned, worse ones first with the command that shows it."""
    yield Text(f"from  {run_line(comparison.before)}", "dim")
    yield Text(f"to    {run_line(comparison.after)}", "dim")
    if comparison.around:
        width = max(len(each.what) for each in comparison.around)
        for each in comparison.around:
            line = Text(f"  {each.what:<{width}}  ")
            if each.before or each.after:
                yield line.append(f"{each.before or 'none'} -> {each.after or 'none'}")
            else:
                yield line.append("changed")
    for turn in Turn:
        if found := comparison.of(turn):
            yield Text()
            yield Text(f"{_HEADS[turn]}: {len(found)}", _STYLES[turn])
            for change in found:
                yield from _requirement_lines(change, replays)
    yield Text()
    if (fingerprint := comparison.fingerprint) is not None and fingerprint.comparison.changes:
        yield Text(f"fingerprints, {fingerprint.path_before} and {fingerprint.path_after}:", "dim")
        yield from comparison_lines(fingerprint.comparison)
        yield Text()
    yield from _counts(comparison)


def _requirement_lines(change: RequirementChange, replays: Replays) -> Iterator[Text]:
    head = Text(f"{change.requirement}  ", "bold")
    if change.turn not in (Turn.NEW, Turn.GONE):
        head.append(change.word_before, _style(change.word_before)).append(" -> ")
        head.append(change.word_after, _style(change.word_after))
    else:
        word = change.word_after if change.turn is Turn.NEW else change.word_before
        head.append(word, _style(word))
    yield head.append(f"  {title(change.requirement)}")
    # Why nothing was judged is the same in all its cases.
    shown = 1 if change.turn is Turn.NOT_JUDGED else _ROWS
    for row in change.rows[:shown]:
        yield _row_line(row)
    if (more := len(change.rows) - shown) > 0:
        yield Text(f"    and {more} more case{'' if more == 1 else 's'} (--json has all)", "dim")
    command = _replay(change, replays)
    if command:
        yield Text("    replay  ", "").append(command, "bold")


def _replay(change: RequirementChange, replays: Replays) -> str:
    """Of the first row that is worse, "" if there is none."""
    worse = (row.after for row in change.rows if row.after is not None and row.after.verdict.red)
    return next((replays[row] for row in worse if replays.get(row)), "")


def _row_line(change: RowChange) -> Text:
    row = change.row
    line = Text("    ")
    if where := " · ".join(filter(None, (row.leg, row.case))):
        line.append(f"{where}: ")
    before, after = _said(change.before), _said(change.after)
    if change.before is None or change.after is None:
        return line.append(before or after).append(
            f", only in the {'first' if before else 'second'} run", "dim"
        )
    if before == after:
        return line.append(f"{change.before.verdict} -> {change.after.verdict}, {after}")
    return line.append(f"{before} -> {after}")


def _said(row: Row | None) -> str:
    """What was observed, or why nothing was."""
    if row is None:
        return ""
    return " ".join((row.observed or row.reason or row.verdict).split())


def _counts(comparison: Comparison) -> Iterator[Text]:
    what = "requirement" if comparison.compared == 1 else "requirements"
    line = Text(f"{comparison.compared} {what} compared: ", "bold")
    for turn in Turn:
        if count := len(comparison.of(turn)):
            line.append(f"{count} {turn}", _STYLES[turn]).append(", ")
    yield line.append(f"{comparison.compared - len(comparison.changes)} as before")
    for number, which in ((comparison.new_cases, "second"), (comparison.gone_cases, "first")):
        if number:
            cases = "case that changes" if number == 1 else "cases that change"
            yield Text(f"{number} more {cases} no verdict: only in the {which} run", "dim")
    if number := comparison.left_out_cases:
        cases = "case" if number == 1 else "cases"
        yield Text(f"{number} {cases} of these not compared: only one of the runs has them", "yellow")
    if comparison.left_out:
        names, more = ", ".join(comparison.left_out[:_NAMES]), len(comparison.left_out) - _NAMES
        rest = f" and {more} more (--json has all)" if more > 0 else ""
        yield Text(f"not compared, because only one of the runs looked at them: {names}{rest}", "yellow")


def _style(word: str) -> str:
    if word in (Unjudged.MISSING, Unjudged.NOT_RUN):
        return "bold red" if word == Unjudged.MISSING else "dim"
    return STYLES[Verdict(word)]


def run_comparison_dict(comparison: Comparison, replays: Replays) -> dict[str, Any]:
    """For JSON: the two runs, what differs around them, and every requirement and case that differs."""
    fingerprint = comparison.fingerprint
    return {
        "before": _run_dict(comparison.before),
        "after": _run_dict(comparison.after),
        "around": [
            {"what": each.what, "before": each.before, "after": each.after} for each in comparison.around
        ],
        "compared": comparison.compared,
        "counts": {turn.value: len(comparison.of(turn)) for turn in Turn},
        "requirements": [_change_dict(change, replays) for change in comparison.changes],
        "new_cases": comparison.new_cases,
        "gone_cases": comparison.gone_cases,
        "left_out": list(comparison.left_out),
        "left_out_cases": comparison.left_out_cases,
        "fingerprint": None
        if fingerprint is None
        else {
            "before": str(fingerprint.path_before),
            "after": str(fingerprint.path_after),
            **comparison_dict(fingerprint.comparison),
        },
    }


def _run_dict(run: Run) -> dict[str, Any]:
    entry = entry_of(run)
    return {
        "run": entry.run,
        "file": str(run.path),
        "target": entry.target,
        "started": entry.started,
        "ended": entry.ended,
        "system": system_of(entry),
        "image": entry.image,
        "agent": entry.agent,
        "harness": entry.harness,
        "evidence": entry.evidence,
        "selection": entry.selection,
    }


def _change_dict(change: RequirementChange, replays: Replays) -> dict[str, Any]:
    return {
        "requirement": change.requirement,
        "title": title(change.requirement),
        "turn": change.turn.value,
        "before": change.word_before,
        "after": change.word_after,
        "replay": _replay(change, replays) or None,
        "rows": _row_dicts(change.rows),
    }


def _row_dicts(rows: Sequence[RowChange]) -> list[dict[str, Any]]:
    return [
        {
            "leg": each.row.leg,
            "case": each.row.case,
            "turn": each.turn.value,
            "before": each.before.to_dict() if each.before else None,
            "after": each.after.to_dict() if each.after else None,
        }
        for each in rows
    ]
