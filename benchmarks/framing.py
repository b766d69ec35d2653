"""Bytes of a frame that are not the program or its results, counted on frames as they go on the line."""

from dataclasses import dataclass

import cbor2

from benchmarks.call import ARGUMENTS, HANDLE, MICROSECONDS
from harness.wire.coding import encode
from harness.wire.framing import encode_frame
from harness.wire.messages import Answer, Message, Run
from harness.wire.sealing import KEY_BYTES, KeyedSeal, PlainSeal, Role, Seal

_LONG_NUMBER = 200
"""Takes two bytes, as nine of ten do."""
STEPS: list[object] = [0, list(ARGUMENTS)]
RESULT_BYTES = len(cbor2.dumps(HANDLE)) + len(cbor2.dumps(MICROSECONDS))
STEP_BYTES = len(cbor2.dumps(STEPS))


@dataclass(frozen=True, slots=True)
class Framing:
    """Bytes around a one-call program and around its results; after an idle line, a zero byte more."""

    question: int
    answer: int

    @property
    def most(self) -> int:
        return max(self.question, self.answer)


def framing(*, keyed: bool) -> Framing:
    """What a frame costs, with a key or without."""
    seal: Seal = KeyedSeal(bytes(KEY_BYTES)) if keyed else PlainSeal(1, 1)
    run = Run(_LONG_NUMBER, STEPS)
    answer = Answer(_LONG_NUMBER, (HANDLE,), (MICROSECONDS,), lone=True)
    return Framing(
        question=_frame(run, Role.CONTROLLER, seal) - STEP_BYTES,
        answer=_frame(answer, Role.AGENT, seal) - RESULT_BYTES,
    )


def _frame(message: Message, role: Role, seal: Seal) -> int:
    body = encode(message)
    return len(encode_frame(body, seal.check(role, _LONG_NUMBER, body)))
