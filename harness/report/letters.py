"""A verdict as one sign and in a few words, the same on every page and in every table."""

from collections.abc import Mapping

from harness.conformance import Unjudged, Verdict

LETTERS: Mapping[str, str] = {
    Verdict.PASS: "p",
    Verdict.FAIL: "F",
    Verdict.KNOWN: "k",
    Verdict.FIXED: "X",
    Verdict.OBSERVED: "o",
    Verdict.INCONCLUSIVE: "i",
    Verdict.NOT_PROVOCABLE: "n",
    Verdict.BROKEN: "L",
    Unjudged.MISSING: "M",
    Unjudged.NOT_RUN: "-",
}
"""Capitals want a person's attention."""

MEANINGS: Mapping[str, str] = {
    Verdict.PASS: "as documented",
    Verdict.FAIL: "contradicts the documentation",
    Verdict.KNOWN: "deviates, just as it is recorded of this device",
    Verdict.FIXED: "a recorded deviation that no longer happens: the record must go",
    Verdict.OBSERVED: "the page leaves it open; recorded for comparison",
    Verdict.INCONCLUSIVE: "the condition could not be reached this time",
    Verdict.NOT_PROVOCABLE: "this target cannot reach it",
    Verdict.BROKEN: "the lab failed, or the test is wrong: it says nothing about the device",
    Unjudged.MISSING: "nobody judged it, although the target can reach it",
    Unjudged.NOT_RUN: "not among the tests of this run",
}
