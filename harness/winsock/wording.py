"""Expectations in words."""

from harness.winsock.constants import CONSTANTS, named
from harness.winsock.model import ANY, LISTED, SUCCESS, Leg

_WORDS = {SUCCESS: "success", LISTED: "a code of the error table", ANY: "anything"}


def word(expected: str) -> str:
    """WSAEINVAL to "WSAEINVAL (10022)", listed to "a code of the error table"."""
    return _WORDS[expected] if expected in _WORDS else named(CONSTANTS[expected])


def documented_result(leg: Leg) -> str:
    """What the page says should come of it, and what else counts as conforming."""
    expectation = leg.expectation
    parts = []
    if expectation.statement:
        parts.append(expectation.statement)
    elif expectation.conforming:
        parts.append(" or ".join(map(word, expectation.conforming)))
    if expectation.tolerated:
        parts.append("also accepted: " + ", ".join(map(word, expectation.tolerated)))
    return "; ".join(parts) or "not documented, recorded only"
