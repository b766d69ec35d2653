"""Random areas and outcomes."""

from hypothesis import strategies as st

from harness.fingerprint import Block

ERRORS = st.integers(0, 2**32 - 1).filter(lambda code: code != 0x2000BEEF)
ENDS = st.one_of(
    st.builds("error {}".format, ERRORS),
    st.just("no code"),
    st.just("blocked"),
    st.builds("faulted 0x{:08X}".format, st.integers(0, 2**32 - 1)),
    st.builds("exited {}".format, st.integers(0, 2**32 - 1)),
)
OUTCOMES = st.one_of(st.just("success"), ENDS, st.builds("closing {}".format, ENDS), st.just("lost"))
"""Whatever a triple can come to."""


@st.composite
def _ranges(draw: st.DrawFn, end: int, most: int) -> range:
    start = draw(st.integers(0, end - 1))
    return range(start, draw(st.integers(start + 1, min(end, start + most))))


def areas(types: int = 3, families: int = 12, protocols: int = 12) -> st.SearchStrategy[Block]:
    """Areas of at most so many types, families and protocols, anywhere."""
    return st.builds(Block, _ranges(16, types), _ranges(256, families), _ranges(256, protocols))
