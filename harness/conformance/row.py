"""One judged case of a requirement."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from harness.conformance.verdict import Verdict

_OPTIONAL = ("reason", "program", "evidence", "leg", "recorded", "provoked", "outcome")


@dataclass(frozen=True, slots=True)
class Row:
    """What the document says, what the device did, and the program that shows it.

    requirement: "WSASOCKET-012". case: what was tried, in words, "" if there is but one.
    documented, observed: readable results, codes by name and number. reason: why this verdict, "" for a plain
    pass. program: program text that `ceharness exec` replays, "" if none ran. evidence: what the row rests on
    ("model", "device"). leg: which leg of the requirement was checked, "" if it has only one. recorded: the
    reason that a person recorded for this row's deviation, "" if none is recorded. provoked: how the
    condition was brought about ("calls", "exhaustion", "provider: failing fail=10050",
    "network-cut: 10.0.0.2:9"), "" if it was not. outcome: what happened to the program, a word of
    `OutcomeKind` ("returned", "blocked", "faulted", "lost"), "" if none ran.
    """

    requirement: str
    case: str
    verdict: Verdict
    documented: str
    observed: str
    reason: str = ""
    program: str = ""
    evidence: str = ""
    leg: str = ""
    recorded: str = ""
    provoked: str = ""
    outcome: str = ""

    def to_dict(self) -> dict[str, str]:
        """As results hold it: one text for each name above, in that order."""
        return {**asdict(self), "verdict": self.verdict.value}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Row":
        """The row that `to_dict` came from. Raises ValueError for a missing key or an unknown verdict."""
        try:
            verdict = Verdict(values["verdict"])
            texts = {name: str(values.get(name, "")) for name in _OPTIONAL}
            return cls(
                requirement=str(values["requirement"]),
                case=str(values["case"]),
                verdict=verdict,
                documented=str(values["documented"]),
                observed=str(values["observed"]),
                **texts,
            )
        except KeyError as missing:
            raise ValueError(f"a row without {missing.args[0]}") from None
