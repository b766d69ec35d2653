"""Every kind of message, any content that the protocol allows."""

from hypothesis import strategies as st

from harness.wire.messages import (
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
    Working,
)

u8 = st.integers(0, 255)
u32 = st.integers(0, 0xFFFFFFFF)
u64 = st.integers(0, (1 << 64) - 1)
texts = st.text(max_size=20)

limits = st.builds(
    Limits,
    word=st.sampled_from([4, 8]),
    frame=u64,
    window=st.integers(1, 255),
    arena=u64,
    slots=u64,
    buffers=u64,
    kept=u64,
    exports=u64,
    depth=u64,
    arity=u64,
    threads=u64,
)
nonces = st.binary(min_size=16, max_size=16)
hellos = st.builds(Hello, session=st.integers(1, 0xFFFFFFFF), nonce=st.one_of(st.none(), nonces), version=u64)
challenges = st.builds(Challenge, session=u32, boot=u32, nonce=nonces)
proofs = st.builds(Proof, session=u32, mac=nonces)
welcomes = st.builds(
    Welcome,
    session=u32,
    boot=u32,
    next=u32,
    limits=limits,
    build=texts,
    missing=st.lists(texts, max_size=4).map(tuple),
    version=st.just(2),
)

widths = st.sampled_from([1, 2, 4, 8])
operands = st.one_of(
    st.integers(-(1 << 63), (1 << 64) - 1),
    st.tuples(u64).map(list),
    st.tuples(u64, u64).map(list),
    st.tuples(u64, u64, widths).map(list),
)
calls = st.lists(operands, max_size=6)
leaves = st.one_of(
    u64,
    calls,
    st.tuples(u64, operands, operands, operands).map(lambda parts: {3: list(parts)}),
    st.tuples(u64, operands, operands, operands).map(lambda parts: {4: list(parts)}),
    operands.map(lambda operand: {5: operand}),
    st.tuples(u64, operands, widths, operands).map(lambda parts: {6: list(parts)}),
    st.tuples(u64, operands, operands).map(lambda parts: {7: list(parts)}),
    st.tuples(u64, operands, operands).map(lambda parts: {8: list(parts)}),
    u64.map(lambda thread: {10: thread}),
)
untils = st.one_of(st.none(), st.just(True), operands)


def _blocks(steps: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    lists = st.lists(steps, max_size=4)
    repeats = st.tuples(operands, u64, untils, lists).map(lambda parts: {1: list(parts)})
    threads = st.tuples(u64, lists).map(lambda parts: {9: list(parts)})
    return st.one_of(repeats, threads, lists.map(lambda inner: {2: inner}))


steps = st.recursive(leaves, _blocks, max_leaves=8)
buffers = st.one_of(
    st.tuples(u64, st.booleans()),
    st.tuples(u64, st.booleans(), st.binary(max_size=20)),
    st.tuples(u64, st.booleans(), st.binary(max_size=20), u64),
).map(list)
exports = st.one_of(
    st.tuples(u64, texts, st.integers(0, 4)), st.tuples(u64, texts, st.integers(0, 4), u64, u64)
).map(list)
runs = st.builds(
    Run,
    seq=u8,
    steps=st.lists(steps, max_size=5),
    buffers=st.lists(buffers, max_size=3),
    exports=st.lists(exports, max_size=3),
    deadline_ms=st.one_of(st.none(), u64),
    fresh=st.booleans(),
)

outcomes = st.sampled_from(OutcomeCode).flatmap(
    lambda code: st.builds(
        Outcome,
        st.just(code),
        u64,
        u32 if code.has_detail else st.none(),
        st.one_of(st.none(), u64) if code is OutcomeCode.FAULTED else st.none(),
    )
)
errors = st.one_of(st.none(), u32)


def _answers(word: int, lone: bool) -> st.SearchStrategy[Answer]:
    least, most = (1, 1) if lone else (0, 8)
    times = st.one_of(st.integers(0, 0xFFFF), u32)
    return st.builds(
        Answer,
        seq=u8,
        values=st.lists(u32 if word == 4 else u64, min_size=least, max_size=most).map(tuple),
        times=st.lists(times, min_size=least, max_size=most).map(tuple),
        outcome=st.one_of(st.none(), outcomes),
        errors=st.dictionaries(u64, errors, max_size=4),
        runs=st.lists(st.tuples(u64, u64, errors), max_size=4).map(tuple),
        outputs=st.lists(st.binary(max_size=20), max_size=3).map(tuple),
        word=st.just(word),
        lone=st.just(lone),
    )


answers = st.one_of(*(_answers(word, lone) for word in (4, 8) for lone in (False, True)))
refusals = st.builds(Refusal, seq=u8, reason=st.sampled_from(Reason), detail=u64)
workings = st.builds(Working, seq=u8)
messages: st.SearchStrategy[Message] = st.one_of(
    hellos, challenges, proofs, welcomes, runs, answers, refusals, workings
)


def word_of(message: Message) -> int:
    """The word with which the other side has to read `message`."""
    return message.word if isinstance(message, Answer) else 4
