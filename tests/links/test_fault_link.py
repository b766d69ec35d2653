"""Links with faults: the same ones for a seed, however bytes are cut, and a cut mended by another link."""

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import LinkError, UsageError
from harness.links import dialer
from harness.links.fault import FaultDialer, Faults, FaultStream, Kind

BYTES = bytes(range(256)) * 40


def suffered(faults: Faults, pieces: list[bytes]) -> list[bytes | Kind]:
    """What comes of the pieces, with neighbouring bytes joined. After a cut the rest of a piece is lost."""
    stream = FaultStream(faults, "out", Counter())
    joined: list[bytes | Kind] = []
    for piece in pieces:
        for one in stream.feed(piece):
            last = joined[-1] if joined else None
            if isinstance(one, bytes) and isinstance(last, bytes):
                joined[-1] = last + one
            else:
                joined.append(one)
    return joined


def passed(faults: Faults, data: bytes) -> bytes:
    return b"".join(one for one in suffered(faults, [data]) if isinstance(one, bytes))


def test_no_faults_change_nothing() -> None:
    assert suffered(Faults(seed=3), [BYTES]) == [BYTES]


def test_flips_invert_one_bit_of_as_many_bytes_as_asked_for() -> None:
    out = passed(Faults(flip=0.01, seed=1), BYTES)
    assert len(out) == len(BYTES)
    changed = [one ^ other for one, other in zip(out, BYTES, strict=True) if one != other]
    assert 60 <= len(changed) <= 150, "102 are expected"
    assert all(bits.bit_count() == 1 for bits in changed)
    assert len(set(changed)) == 8


def test_drops_and_doubles() -> None:
    assert 60 <= len(BYTES) - len(passed(Faults(drop=0.01, seed=1), BYTES)) <= 150
    assert 60 <= len(passed(Faults(dup=0.01, seed=1), BYTES)) - len(BYTES) <= 150


def test_certain_faults() -> None:
    assert passed(Faults(drop=1), b"abc") == b""
    assert passed(Faults(dup=1), b"abc") == b"aabbcc"
    assert suffered(Faults(stall=1), [b"ab"]) == [Kind.STALL, b"a", Kind.STALL, b"b"]
    assert suffered(Faults(cut=1), [b"ab"]) == [Kind.CUT]


@pytest.mark.parametrize("probability", [5e-324, 1e-310, 1e-300, 1e-18])
def test_almost_never(probability: float) -> None:
    faults = Faults(*[probability] * 5)
    assert suffered(faults, [BYTES] * 3) == [BYTES * 3]


@given(
    cuts=st.lists(st.integers(0, 2000), max_size=12),
    seed=st.integers(0, 2**32),
    rates=st.tuples(*[st.sampled_from([0, 0.001, 0.01, 0.2])] * 4),
)
def test_the_same_faults_however_the_bytes_are_cut(
    cuts: list[int], seed: int, rates: tuple[float, float, float, float]
) -> None:
    faults = Faults(*rates, seed=seed)
    data = BYTES[:2000]
    edges = [0, *sorted(cuts), len(data)]
    pieces = [data[a:b] for a, b in pairwise(edges)]
    assert suffered(faults, pieces) == suffered(faults, [data])


def test_a_fault_of_one_kind_does_not_move_those_of_another() -> None:
    alone = suffered(Faults(stall=0.01, seed=9), [BYTES])
    both = suffered(Faults(stall=0.01, dup=0.5, seed=9), [BYTES])
    assert alone.count(Kind.STALL) == both.count(Kind.STALL) > 50


def test_seeds_and_directions_differ() -> None:
    streams = [
        FaultStream(Faults(flip=0.1, seed=seed), way, Counter()) for seed in (1, 2) for way in ("in", "out")
    ]
    assert len({tuple(stream.feed(BYTES)) for stream in streams}) == 4


# --- over a connection ---------------------------------------------------------------------


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def faulty(listener: socket.socket, settings: str) -> FaultDialer:
    found = dialer(f"fault+tcp://127.0.0.1:{listener.getsockname()[1]}?{settings}")
    assert isinstance(found, FaultDialer)
    return found


def test_both_directions_and_what_is_counted(listener: socket.socket) -> None:
    opener = faulty(listener, "dup=1&seed=5")
    link = opener.open(10)
    other, _ = listener.accept()
    link.write(b"abc")
    assert _receive(other, 6) == b"aabbcc"
    other.sendall(b"xy")
    received = b""
    while len(received) < 4:
        received += link.read()
    assert received == b"xxyy"
    assert opener.counts == {"dup": 5}
    assert link.url == opener.url
    assert link.rate is None
    link.close()
    assert link.read() == b""
    other.close()


def _receive(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        data += connection.recv(count - len(data))
    return data


def test_a_cut_while_writing_breaks_the_link_and_the_next_one_goes_on(listener: socket.socket) -> None:
    """Place 0 is cut by the first link; the second begins at place 1 of the same stream."""
    opener = faulty(listener, "cut=0.02&seed=1")
    stream = FaultStream(Faults(cut=0.02, seed=1), "out", Counter())
    lengths = []
    for _ in range(4):
        pieces = stream.feed(bytes(10_000))
        lengths.append(sum(len(piece) for piece in pieces if isinstance(piece, bytes)))
    for expected in lengths:
        link = opener.open(10)
        other, _ = listener.accept()
        ended: list[BaseException] = []

        def read(link: object = link, ended: list[BaseException] = ended) -> None:
            try:
                link.read()  # type: ignore[attr-defined]
            except LinkError as error:
                ended.append(error)

        reader = threading.Thread(target=read)
        reader.start()
        with pytest.raises(LinkError, match="the line was cut, as this URL asks for"):
            link.write(bytes(10_000))
        reader.join(30)
        assert len(ended) == 1, "the reader learns it too"
        assert _until_closed(other) == expected
        with pytest.raises(LinkError):
            link.write(b"x")
        link.close()
    assert opener.counts["cut"] == 4


def _until_closed(connection: socket.socket) -> int:
    count = 0
    with connection:
        while data := connection.recv(65536):
            count += len(data)
    return count


def test_a_cut_while_reading(listener: socket.socket) -> None:
    link = faulty(listener, "cut=1").open(10)
    other, _ = listener.accept()
    other.sendall(b"abc")
    with pytest.raises(LinkError, match="was cut"):
        link.read()
    assert other.recv(10) == b""
    other.close()


def test_close_ends_a_stall(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.links.fault.STALL", 1000)
    link = faulty(listener, "stall=1").open(10)
    other, _ = listener.accept()
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(link.read()))
    reader.start()
    other.sendall(b"a")
    link.close()
    reader.join(30)
    assert found == [b""]
    other.close()


def test_bytes_before_a_stall_are_through(listener: socket.socket) -> None:
    link = faulty(listener, "stall=0.02&seed=4").open(10)
    other, _ = listener.accept()
    data = bytes(range(200))
    sender = threading.Thread(target=link.write, args=(data,))
    sender.start()
    assert _receive(other, 200) == data
    sender.join(30)
    other.sendall(data)
    received = b""
    reads = 0
    while len(received) < 200:
        received += link.read()
        reads += 1
    assert received == data
    assert reads > 1
    link.close()
    other.close()


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ("flip=2", "flip=2, expected a probability from 0 to 1"),
        ("drop=-1e-9", "drop=-1e-9, expected a probability"),
        ("cut=nan", "cut=nan, expected a probability"),
        ("dup=often", "dup=often, expected a probability"),
        ("stall=", "stall=, expected a probability"),
        ("seed=-1", "seed=-1, expected a whole number"),
        ("flap=1", "nothing else"),
    ],
)
def test_bad_settings(settings: str, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        dialer(f"fault+tcp://127.0.0.1:5555?{settings}")
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "inner"),
    [
        ("fault+/dev/ttyUSB0?flip=1e-3", "/dev/ttyUSB0"),
        ("fault+COM5", "COM5"),
        ("fault+serial:///dev/ttyUSB0?baud=9600&flip=1e-3&seed=4", "/dev/ttyUSB0"),
        ("fault+rfc2217://bench:2217?logging=error&drop=0.1", "rfc2217://bench:2217?logging=error"),
        ("fault+tcp-listen://127.0.0.1:5555?seed=1", "tcp-listen://127.0.0.1:5555"),
    ],
)
def test_any_link_can_have_faults(url: str, inner: str) -> None:
    found = dialer(url)
    assert found.url == url
    assert isinstance(found, FaultDialer)
    assert found._dialer.url == inner
