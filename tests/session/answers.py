"""What a fake agent answers when nobody says more about it, and what it can take."""

from collections.abc import Callable

from harness.wire.messages import Answer, Limits, Refusal, Run

LIMITS = Limits(
    word=4,
    frame=8192,
    window=4,
    arena=65536,
    slots=256,
    buffers=32,
    kept=8,
    exports=64,
    depth=4,
    arity=16,
    threads=4,
)

Script = Callable[[Run], Answer | Refusal | None]


def count_calls(steps: list[object]) -> int:
    """Calls and digests of CBOR-ready steps, inner blocks included."""
    found = 0
    for step in steps:
        if isinstance(step, list):
            found += 1
        elif isinstance(step, dict):
            [(kind, body)] = step.items()
            found += {
                1: lambda b: count_calls(b[3]),
                2: count_calls,
                4: lambda b: 1,
                9: lambda b: count_calls(b[1]),
            }.get(kind, lambda b: 0)(body)
    return found


def all_zero(run: Run) -> Answer:
    """Every call returns 0, every returned buffer is zero."""
    count = count_calls(run.steps)
    outputs = tuple(b"" for buffer in run.buffers if isinstance(buffer, list) and buffer[1])
    return Answer(run.seq, (0,) * count, (7,) * count, outputs=outputs)
