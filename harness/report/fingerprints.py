"""Fingerprints and what changed between two, as terminal text and JSON."""

from collections.abc import Iterable, Iterator
from typing import Any

from rich.table import Table
from rich.text import Text

from harness.fingerprint import (
    NOT_MEASURED,
    SUCCESS,
    Change,
    Comparison,
    Fingerprint,
    OutcomeMap,
    Region,
    in_words,
)
from harness.report.tables import EVIDENCE
from harness.winsock import CONSTANT_GROUPS

_REGIONS = 20
"""Regions of one change that are shown; JSON has all."""
_BLUETOOTH = "BTHPROTO_"
"""Protocols of one address family, whose numbers mean something else in the others."""


def fingerprint_table(outcomes: OutcomeMap) -> Table:
    """Outcomes and how many triples came to each, the most frequent first."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("triples", justify="right")
    table.add_column("outcome")
    for outcome, count in outcomes.counts().most_common():
        table.add_row(f"{count:,}", Text(in_words(outcome), style_of(outcome)))
    return table


def style_of(outcome: str) -> str:
    """How the terminal shows it: plain errors are no news."""
    if outcome == NOT_MEASURED:
        return "dim"
    if outcome == SUCCESS:
        return "green"
    return "" if outcome.startswith("error") else "bold red"


def fingerprint_line(fingerprint: Fingerprint) -> str:
    """What a fingerprint is of: "panel: Windows CE 6.00.3122, ARM, 2024-05-01, evidence model"."""
    return (
        f"{fingerprint.target}: {fingerprint.system or 'unknown system'}, {fingerprint.started[:10]}, "
        f"evidence {fingerprint.evidence}"
    )


def fingerprint_evidence(fingerprint: Fingerprint) -> str:
    """What it rests on, in words."""
    return EVIDENCE.get(fingerprint.evidence, f"Evidence: {fingerprint.evidence}.")


def fingerprint_dict(fingerprint: Fingerprint) -> dict[str, Any]:
    """For JSON: the header, and the outcomes with their counts."""
    outcomes = fingerprint.outcomes
    return {
        "target": fingerprint.target,
        "evidence": fingerprint.evidence,
        "device": dict(fingerprint.device),
        "harness": fingerprint.harness,
        "agent": fingerprint.agent,
        "started": fingerprint.started,
        "ended": fingerprint.ended,
        "triples": len(outcomes.area),
        "measured": outcomes.measured,
        "outcomes": [
            {"outcome": outcome, "meaning": in_words(outcome), "count": count}
            for outcome, count in outcomes.counts().most_common()
        ],
    }


# --- comparisons ----------------------------------------------------------------------------


def comparison_lines(comparison: Comparison) -> Iterator[Text]:
    """Every change with its triples, then the counts."""
    for change in comparison.changes:
        yield Text(change_sentence(change), "bold")
        for region in change.regions[:_REGIONS]:
            yield Text(f"    {region_text(region)}")
        if len(change.regions) > _REGIONS:
            yield Text(f"    and {len(change.regions) - _REGIONS} more regions (--json has all)", "dim")
    same = comparison.compared - comparison.changed
    yield Text(f"{comparison.changed:,} of {comparison.compared:,} triples changed, {same:,} are the same")
    if comparison.left_out:
        yield Text(f"{comparison.left_out:,} triples are in one of the two only: not compared", "yellow")


def change_sentence(change: Change) -> str:
    """ "312 triples changed from WSAEPROTONOSUPPORT (10043) to success"."""
    what = "triple" if change.count == 1 else "triples"
    return f"{change.count:,} {what} changed from {in_words(change.before)} to {in_words(change.after)}"


def region_text(region: Region) -> str:
    """Numbers, with names where there are any: "type SOCK_RAW (3), af AF_INET (2), protocol 2-255"."""
    bluetooth = CONSTANT_GROUPS["address-families"]["AF_BTH"]
    only_bluetooth = [list(each) for each in region.families] == [[bluetooth]]
    return ", ".join(
        (
            f"type {_numbers(region.types, type_name)}",
            f"af {_numbers(region.families, family_name)}",
            f"protocol {_numbers(region.protocols, bluetooth_name if only_bluetooth else protocol_name)}",
        )
    )


def comparison_dict(comparison: Comparison) -> dict[str, Any]:
    """For JSON. Ranges are [first, last]."""

    def ends(ranges: Iterable[range]) -> list[list[int]]:
        return [[each[0], each[-1]] for each in ranges]

    return {
        "compared": comparison.compared,
        "changed": comparison.changed,
        "left_out": comparison.left_out,
        "changes": [
            {
                "before": change.before,
                "after": change.after,
                "sentence": change_sentence(change),
                "count": change.count,
                "regions": [
                    {
                        "type": ends(region.types),
                        "af": ends(region.families),
                        "protocol": ends(region.protocols),
                    }
                    for region in change.regions
                ],
            }
            for change in comparison.changes
        ],
    }


# --- names ----------------------------------------------------------------------------------


def type_name(number: int) -> str:
    """ "SOCK_STREAM", "" if there is no name."""
    return _name("socket-types", number)


def family_name(number: int) -> str:
    """ "AF_INET", "" if there is no name."""
    return _name("address-families", number)


def protocol_name(number: int) -> str:
    """ "IPPROTO_TCP", "" if there is no name."""
    name = _name("protocols", number)
    return "" if name.startswith(_BLUETOOTH) else name


def bluetooth_name(number: int) -> str:
    """The same with AF_BTH, which has protocols of its own."""
    name = _name("protocols", number)
    return name if name.startswith(_BLUETOOTH) else ""


def _name(group: str, number: int) -> str:
    return next((name for name, value in CONSTANT_GROUPS[group].items() if value == number), "")


def _numbers(ranges: Iterable[range], name: Any) -> str:
    return " and ".join(
        f"{each[0]}-{each[-1]}"
        if len(each) > 1
        else (f"{name(each[0])} ({each[0]})" if name(each[0]) else str(each[0]))
        for each in ranges
    )
