"""What keywords find out while a test runs, and the rows it amounts to when the test ends.

A finding belongs to a requirement, a leg and a case. When the test ends, the worst finding of each
case becomes that case's row.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from harness.conformance import SEVERITY, Expectations, Row, Verdict, read_tags
from harness.program.model import Call
from harness.program.result import Execution
from harness.winsock import Requirement


@dataclass(frozen=True, slots=True)
class Finding:
    """`row`: what was found. `fact`: a check of the test's own, not the result of the call that is judged."""

    row: Row
    fact: bool

    @property
    def held(self) -> bool:
        """Is it a check that did not fail?"""
        return self.fact and self.row.verdict is Verdict.PASS

    @property
    def explains_failure(self) -> bool:
        """Does it say why Robot calls the test failed?"""
        return self.row.verdict.alarming


@dataclass(slots=True)
class RunningTest:
    """The test that runs: its name, the requirements it is tagged with, what was found so far.

    `line`: the line of a data-driven test that runs; `case`: the part of it, for keywords that go through
    many cases. `means`: what the case has put to work to bring its condition about, beyond calls. `ran`: a
    program was sent to the device; `outcome`: what happened to the last one, in a word. `calls`: microseconds
    of the calls so far, by export; those in loops are left out.
    """

    name: str
    requirements: tuple[Requirement, ...] = ()
    leg: str = ""
    line: str = ""
    case: str = ""
    means: list[str] = field(default_factory=list)
    ran: bool = False
    outcome: str = ""
    calls: dict[str, list[int]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @classmethod
    def tagged(cls, name: str, tags: Iterable[str]) -> "RunningTest":
        """With what the tags say, see `read_tags`."""
        return cls(name, *read_tags(tags))

    @property
    def case_name(self) -> str:
        """How rows call what runs now."""
        return ": ".join(part for part in (self.name, self.line, self.case) if part)

    def explains_failure(self, since: int = 0) -> bool:
        """Does a finding say why Robot calls the test failed, not counting the first `since`?"""
        return any(finding.explains_failure for finding in self.findings[since:])

    def add(self, row: Row, *, fact: bool = False) -> None:
        """One more finding; the row tells the means that were at work."""
        if row.provoked and self.means:
            row = replace(row, provoked=f"{row.provoked}: {'; '.join(self.means)}")
        if row.program:
            row = replace(row, outcome=self.outcome)
        self.findings.append(Finding(row, fact))

    def executed(self, execution: Execution) -> None:
        """A program came back from the device."""
        self.outcome = execution.outcome.kind.value
        for result in execution.calls:
            if result.microseconds is not None and result.times == 1 and isinstance(result.call, Call):
                self.calls.setdefault(result.call.export.name, []).append(result.microseconds)

    def rows(self, expectations: Expectations) -> Iterator[Row]:
        """One for each requirement, leg and case, in the order in which the cases came up, compared with
        what is recorded of the device."""
        cases: dict[tuple[str, str, str], list[Finding]] = {}
        for finding in self.findings:
            row = finding.row
            compared = expectations.compare(row)
            if compared.verdict is Verdict.KNOWN:
                # Not to hide a deviation of the same case that is not recorded.
                finding = replace(finding, row=compared)
            cases.setdefault((row.requirement, row.leg, row.case), []).append(finding)
        for findings in cases.values():
            yield expectations.compare(_decisive(findings))


def _decisive(findings: list[Finding]) -> Row:
    """The worst finding. Facts that held decide only where there is nothing else, and are counted."""
    order = sorted(findings, key=lambda each: (each.held, SEVERITY.index(each.row.verdict), each.fact))
    first = order[0]
    held = sum(each.held for each in findings)
    if first.row.verdict is Verdict.PASS:
        # What was at work in the end: what follows another step is installed after it.
        first = replace(first, row=replace(first.row, provoked=findings[-1].row.provoked))
    if first.row.verdict is not Verdict.PASS or held == 0 or (first.fact and held == 1):
        return first.row
    if first.fact:
        return replace(first.row, observed=f"as documented ({held} checks)")
    more = "1 more check" if held == 1 else f"{held} more checks"
    return replace(first.row, observed=f"{first.row.observed}; {more} held")
