"""Programs over the exports of device_agent/tests/fake_exports.c, and their answers taken apart."""

import struct
from typing import Any

import cbor2
from core_driver import Core

ADD, WEIGH, COUNT, RESET, STRIPES, SEEN, PEEK, POKE = range(8)
QUIET0, RESULT0, RESULT1, RESULT3, RESULT4, OTHER = 8, 9, 10, 11, 12, 13
GET_OTHER, SET_OTHER, MEET, NO_THREAD = 14, 15, 16, 17
EXPORTS = [
    [ADD, "fake!add", 0],
    [WEIGH, "fake!weigh", 0],
    [COUNT, "fake!count", 0],
    [RESET, "fake!reset", 0],
    [STRIPES, "fake!stripes", 2],
    [SEEN, "fake!seen", 1],
    [PEEK, "fake!peek", 0],
    [POKE, "fake!poke", 0],
    [QUIET0, "fake!quiet", 1],
    [RESULT0, "fake!result", 0],
    [RESULT1, "fake!result", 1],
    [RESULT3, "fake!result", 3],
    [RESULT4, "fake!result", 4],
    [GET_OTHER, "fake!get_other", 0],
    [SET_OTHER, "fake!set_other", 0],
    [OTHER, "fake!other_result", 2, GET_OTHER, SET_OTHER],
    [MEET, "fake!meet", 2],
    [NO_THREAD, "fake!refuse_thread", 0],
]
SENTINEL = 0x2000BEEF
OVERFLOW = 6


def numbers(found: cbor2.CBORTag | int) -> list[int]:
    """The elements of a typed array of RFC 8746; a bare number is the only one."""
    if isinstance(found, int):
        return [found]
    code = {69: "H", 70: "I", 71: "Q"}[found.tag]
    return list(struct.unpack(f"<{len(found.value) // struct.calcsize(code)}{code}", found.value))


class Ran:
    """An answer, taken apart."""

    def __init__(self, answer: Any) -> None:
        assert isinstance(answer, list), answer
        self.values = numbers(answer[2])
        self.times = numbers(answer[3])
        details = answer[4] if len(answer) > 4 else {}
        self.outcome = details.get(1)
        errors = details.get(2, [])
        self.errors = dict(zip(errors[::2], errors[1::2], strict=True))
        runs = details.get(3, [])
        self.runs = list(zip(runs[::3], runs[1::3], runs[2::3], strict=True))
        self.outputs = details.get(4, [])


def define(core: Core) -> None:
    """A new session that knows EXPORTS."""
    core.ask("session", 1)
    core.program([RESET, []], [], EXPORTS)


def run(core: Core, steps: list[Any], *buffers: list[Any]) -> Ran:
    return Ran(core.program(steps, list(buffers)))
