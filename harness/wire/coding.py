"""Messages to bytes and back. The bytes are defined by device_agent/protocol/ceagent.cddl.

`encode` writes the only form the protocol allows (definite lengths, shortest integers), `decode` accepts
no other and raises `WireError`.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, replace

import cbor2

from harness.wire.messages import (
    LIMIT_NAMES,
    NONCE_BYTES,
    PROOF_BYTES,
    PROTOCOL_VERSION,
    Answer,
    Challenge,
    Hello,
    Limits,
    Message,
    Outcome,
    OutcomeCode,
    Proof,
    Reason,
    Refusal,
    Run,
    Welcome,
    WireError,
    Working,
)

_U8, _U32, _U64 = (1 << 8) - 1, (1 << 32) - 1, (1 << 64) - 1
_TYPED = {69: "H", 70: "I", 71: "Q"}
"""Typed arrays of RFC 8746, little-endian: tag, and the struct code of an element."""


# --- to bytes ------------------------------------------------------------------------------


def encode(message: Message) -> bytes:
    """The body of the frame that carries `message`.

    Raises ValueError for a lone answer that has not one value and one time.
    """
    return cbor2.dumps(_plain(message))


def _plain(message: Message) -> list[object]:
    match message:
        case Hello():
            nonce = [] if message.nonce is None else [message.nonce]
            return [0, message.version, message.session, *nonce]
        case Welcome(limits=limits):
            place = [message.version, message.session, message.boot, message.next]
            return [1, *place, list(astuple(limits)), message.build, list(message.missing)]
        case Run():
            return _plain_run(message)
        case Answer():
            return _plain_answer(message)
        case Refusal():
            return [4, message.seq, int(message.reason), message.detail]
        case Working():
            return [5, message.seq]
        case Challenge():
            return [6, message.session, message.boot, message.nonce]
        case Proof():
            return [7, message.session, message.mac]


def _plain_run(run: Run) -> list[object]:
    options: dict[int, object] = {}
    if run.deadline_ms is not None:
        options[0] = run.deadline_ms
    if run.fresh:
        options[1] = True
    parts: list[object] = [2, run.seq, run.steps, run.buffers, run.exports, options]
    while len(parts) > 3 and not parts[-1]:
        parts.pop()
    return parts


def _plain_answer(answer: Answer) -> list[object]:
    details: dict[int, object] = {}
    if answer.outcome is not None:
        outcome = answer.outcome
        tail = [part for part in (outcome.detail, outcome.address) if part is not None]
        details[1] = [int(outcome.code), outcome.call, *tail]
    if answer.errors:
        details[2] = [item for pair in answer.errors.items() for item in pair]
    if answer.runs:
        details[3] = [item for triple in answer.runs for item in triple]
    if answer.outputs:
        details[4] = list(answer.outputs)
    return [3, answer.seq, *_results(answer), *([details] if details else [])]


def _results(answer: Answer) -> tuple[object, object]:
    if answer.lone:
        if len(answer.values) != 1 or len(answer.times) != 1:
            raise ValueError(f"a lone answer of {len(answer.values)} values and {len(answer.times)} times")
        return answer.values[0], answer.times[0]
    values = _typed(70 if answer.word == 4 else 71, answer.values)
    return values, _typed(69 if all(time < 1 << 16 for time in answer.times) else 70, answer.times)


def _typed(tag: int, numbers: Sequence[int]) -> cbor2.CBORTag:
    return cbor2.CBORTag(tag, struct.pack(f"<{len(numbers)}{_TYPED[tag]}", *numbers))


# --- from bytes ----------------------------------------------------------------------------


def decode(body: bytes, word: int | None = None) -> Message:
    """The message in `body`. Raises `WireError` that says what is wrong with it.

    `word`: bytes of a value, from the limits of the welcome; a lone value that does not fit is wrong then.
    Without it the word of a lone value is the least that holds it. A typed array says its word itself.
    """
    try:
        value = cbor2.loads(body)
        again = cbor2.dumps(value)
    except (cbor2.CBORError, ValueError, TypeError, ArithmeticError, RuntimeError) as error:
        # Its tags for dates, fractions and sets have errors of their own. RecursionError is a RuntimeError.
        raise WireError(f"no CBOR: {error}") from error
    if again != body:
        raise WireError("CBOR, but not one item with definite lengths and shortest integers")
    parts = _list(value, "message")
    kind = parts[0] if parts else None
    if type(kind) is not int or kind not in _READERS:
        raise WireError(f"no message: type {kind!r}")
    name, least, most, reader = _READERS[kind]
    if kind == 1 and len(parts) > 1 and parts[1] != PROTOCOL_VERSION:
        raise WireError(f"a welcome of protocol version {parts[1]}, this side speaks {PROTOCOL_VERSION}")
    if not least <= len(parts) - 1 <= most:
        raise WireError(f"{name} of {len(parts) - 1} elements")
    message = reader(parts[1:])
    if isinstance(message, Answer) and message.lone:
        (value,) = message.values
        known = word or (4 if value <= _U32 else 8)
        return replace(message, word=known, values=(_uint(value, "value", (1 << 8 * known) - 1),))
    return message


def _uint(value: object, what: str, most: int = _U64, least: int = 0) -> int:
    if type(value) is not int or not least <= value <= most:
        raise WireError(f"{what} is {value!r}: expected {least} to {most}")
    return value


def _list(value: object, what: str) -> list[object]:
    if not isinstance(value, list):
        raise WireError(f"{what} is {value!r}: expected an array")
    return value


def _map(value: object, what: str, keys: Sequence[int]) -> Mapping[int, object]:
    if not isinstance(value, dict):
        raise WireError(f"{what} are {value!r}: expected a map")
    for key in value:
        if type(key) is not int or key not in keys:
            raise WireError(f"{what} have an unknown key {key!r}")
    return value


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise WireError(f"{what} is {value!r}: expected text")
    return value


def _bytes(value: object, what: str, length: int) -> bytes:
    if not isinstance(value, bytes) or len(value) != length:
        raise WireError(f"{what} is {value!r}: expected {length} bytes")
    return value


def _hello(parts: list[object]) -> Hello:
    return Hello(
        version=_uint(parts[0], "version"),
        session=_uint(parts[1], "session", _U32, 1),
        nonce=_bytes(parts[2], "nonce", NONCE_BYTES) if len(parts) == 3 else None,
    )


def _challenge(parts: list[object]) -> Challenge:
    session, boot = _uint(parts[0], "session", _U32), _uint(parts[1], "boot", _U32)
    return Challenge(session, boot, _bytes(parts[2], "nonce", NONCE_BYTES))


def _proof(parts: list[object]) -> Proof:
    return Proof(_uint(parts[0], "session", _U32), _bytes(parts[1], "proof", PROOF_BYTES))


def _welcome(parts: list[object]) -> Welcome:
    version, session, boot, following, limits, build, missing = parts
    numbers = _list(limits, "limits")
    if len(numbers) != len(LIMIT_NAMES):
        raise WireError(f"{len(numbers)} limits: expected {len(LIMIT_NAMES)}")
    checked = Limits(*(_uint(number, name) for name, number in zip(LIMIT_NAMES, numbers, strict=True)))
    if checked.word not in (4, 8):
        raise WireError(f"limit word is {checked.word}: expected 4 or 8")
    _uint(checked.window, "limit window", _U8, 1)
    return Welcome(
        version=_uint(version, "version"),
        session=_uint(session, "session", _U32),
        boot=_uint(boot, "boot", _U32),
        next=_uint(following, "next", _U32),
        limits=checked,
        build=_text(build, "build"),
        missing=tuple(_text(name, "missing") for name in _list(missing, "missing")),
    )


def _run(parts: list[object]) -> Run:
    seq, steps, *more = parts
    absent: list[object] = [[], [], {}]
    buffers, exports, options = more + absent[len(more) :]
    known = _map(options, "options", (0, 1))
    fresh = known.get(1, False)
    if type(fresh) is not bool:
        raise WireError(f"option 1 is {fresh!r}: expected true or false")
    return Run(
        seq=_uint(seq, "seq", _U8),
        steps=_list(steps, "steps"),
        buffers=_list(buffers, "buffers"),
        exports=_list(exports, "exports"),
        deadline_ms=_uint(known[0], "deadline") if 0 in known else None,
        fresh=fresh,
    )


def _numbers(value: object, what: str, tags: Sequence[int]) -> tuple[int, tuple[int, ...]]:
    if not isinstance(value, cbor2.CBORTag) or value.tag not in tags or not isinstance(value.value, bytes):
        raise WireError(f"{what} is {value!r}: expected a typed array (tag {tags[0]} or {tags[1]})")
    code = _TYPED[value.tag]
    size = struct.calcsize(f"<{code}")
    if len(value.value) % size:
        raise WireError(f"{what} has {len(value.value)} bytes: expected a multiple of {size}")
    return size, struct.unpack(f"<{len(value.value) // size}{code}", value.value)


def _error(value: object) -> int | None:
    return None if value is None else _uint(value, "error", _U32)


def _groups(value: object, what: str, size: int) -> list[list[object]]:
    items = _list(value, what)
    if len(items) % size:
        raise WireError(f"{what} has {len(items)} elements: expected a multiple of {size}")
    return [items[at : at + size] for at in range(0, len(items), size)]


def _outcome(value: object) -> Outcome:
    parts = _list(value, "outcome")
    known = OutcomeCode._value2member_map_
    if not parts or type(parts[0]) is not int or parts[0] not in known:
        raise WireError(f"outcome is {value!r}: expected {min(known)} to {max(known)}")
    code = OutcomeCode(parts[0])
    least = 2 + code.has_detail
    if not least <= len(parts) <= least + (code is OutcomeCode.FAULTED):
        raise WireError(f"outcome {code.name} of {len(parts)} elements")
    detail = _uint(parts[2], "outcome detail", _U32) if code.has_detail else None
    address = _uint(parts[3], "outcome address") if len(parts) == 4 else None
    return Outcome(code, _uint(parts[1], "outcome call"), detail, address)


def _read_results(values: object, times: object) -> tuple[bool, int, tuple[int, ...], tuple[int, ...]]:
    """(lone, word, values, times); a lone value has word 0, for it does not tell its own."""
    bare = [type(value) is int for value in (values, times)]
    if all(bare):
        return True, 0, (_uint(values, "value"),), (_uint(times, "time", _U32),)
    if any(bare):
        raise WireError(f"values is {values!r}, but times is {times!r}: expected two numbers or two arrays")
    word, numbers = _numbers(values, "values", (70, 71))
    return False, word, numbers, _numbers(times, "times", (69, 70))[1]


def _answer(parts: list[object]) -> Answer:
    details = _map(parts[3], "details", (1, 2, 3, 4)) if len(parts) == 4 else {}
    lone, word, values, times = _read_results(parts[1], parts[2])
    outputs = _list(details.get(4, []), "outputs")
    for output in outputs:
        if not isinstance(output, bytes):
            raise WireError(f"output is {output!r}: expected bytes")
    return Answer(
        seq=_uint(parts[0], "seq", _U8),
        values=values,
        times=times,
        outcome=_outcome(details[1]) if 1 in details else None,
        errors={
            _uint(call, "errors"): _error(error) for call, error in _groups(details.get(2, []), "errors", 2)
        },
        runs=tuple(
            (_uint(call, "runs"), _uint(count, "runs"), _error(error))
            for call, count, error in _groups(details.get(3, []), "runs", 3)
        ),
        outputs=tuple(bytes(output) for output in outputs if isinstance(output, bytes)),
        word=word,
        lone=lone,
    )


def _refusal(parts: list[object]) -> Refusal:
    reason = _uint(parts[1], "reason", max(Reason), min(Reason))
    return Refusal(_uint(parts[0], "seq", _U8), Reason(reason), _uint(parts[2], "detail"))


def _working(parts: list[object]) -> Working:
    return Working(_uint(parts[0], "seq", _U8))


_READERS: dict[int, tuple[str, int, int, Callable[[list[object]], Message]]] = {
    0: ("hello", 2, 3, _hello),
    1: ("welcome", 7, 7, _welcome),
    2: ("run", 2, 5, _run),
    3: ("answer", 3, 4, _answer),
    4: ("refusal", 3, 3, _refusal),
    5: ("working", 1, 1, _working),
    6: ("challenge", 3, 3, _challenge),
    7: ("proof", 2, 2, _proof),
}
"""By message type: name, fewest and most elements after the type, reader."""
