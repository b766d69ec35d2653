"""A fingerprint on a page: its picture, and what the colours mean as text."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass

from harness.fingerprint import Fingerprint, in_words
from harness.report.fingerprints import fingerprint_evidence, fingerprint_line
from harness.report.picture import colours, picture_bytes


@dataclass(frozen=True, slots=True)
class Outcomes:
    """One entry of the legend: "#0072B2", "success", 94, "2.5 %"."""

    colour: str
    words: str
    count: int
    share: str


@dataclass(frozen=True, slots=True)
class OutcomeMap:
    """`picture`: a PNG as a data: URL; `other`: how the device differs from that of the run, "" if it does
    not; `legend`: the most frequent outcome first."""

    line: str
    evidence: str
    picture: str
    alternative: str
    other: str
    complete: bool
    legend: tuple[Outcomes, ...]


def outcome_map(fingerprint: Fingerprint, identity: Mapping[str, str]) -> OutcomeMap:
    """identity: what the device of the run said of itself."""
    outcomes = fingerprint.outcomes
    counts, total = outcomes.counts(), len(outcomes.area)
    palette = colours(list(counts))
    legend = tuple(
        Outcomes(palette[outcome], in_words(outcome), count, _share(count, total))
        for outcome, count in counts.most_common()
    )
    usual = " and ".join(f"{each.words} for {each.share}" for each in legend[:2])
    return OutcomeMap(
        line=fingerprint_line(fingerprint),
        evidence=fingerprint_evidence(fingerprint),
        picture=f"data:image/png;base64,{base64.b64encode(picture_bytes(fingerprint)).decode('ascii')}",
        alternative="One panel for each socket type, address families down, protocols across, a colour for "
        f"each outcome of {total:,} calls of WSASocket: {usual}. The table has all counts.",
        other=_other(fingerprint.device, identity),
        complete=fingerprint.ended is not None,
        legend=legend,
    )


def _share(count: int, total: int) -> str:
    return f"{100 * count / total:.2g} %" if count < total else "100 %"


def _other(device: Mapping[str, object], identity: Mapping[str, str]) -> str:
    """What the fingerprint's device and the run's say otherwise of themselves."""
    found = [
        f"{name} {device[name]}, not {identity[name]}"
        for name in ("cpu", "processor", "platform", "oem")
        if identity.get(name) and device.get(name) and identity[name] != device[name]
    ]
    measured, ran = _numbers(str(device.get("system") or "")), _numbers(identity.get("version", ""))
    if measured and ran and measured != ran:
        found.insert(0, f"version {'.'.join(map(str, measured))}, not {identity['version']}")
    return "; ".join(found)


def _numbers(version: str) -> list[int]:
    """[6, 0, 3122] for "Windows CE 6.00.3122"."""
    return [int(number) for number in re.findall("[0-9]+", version)]
