"""The multipoint flags of WSASocket, and WSAJoinLeaf."""

from collections.abc import Callable

from harness.emulator.exports import Blocking, Call
from harness.emulator.quirks.registry import quirk
from harness.emulator.replacing import Known, around, put, result_of
from harness.emulator.ws2 import selection
from harness.emulator.ws2.catalog import ProtocolInfo
from harness.emulator.ws2.constants import (
    INVALID_SOCKET,
    WSA_FLAG_MULTIPOINT_C_LEAF,
    WSA_FLAG_MULTIPOINT_C_ROOT,
    WSA_FLAG_MULTIPOINT_D_LEAF,
    WSA_FLAG_MULTIPOINT_D_ROOT,
    WSA_FLAG_OVERLAPPED,
)

C_ROOT, C_LEAF = WSA_FLAG_MULTIPOINT_C_ROOT, WSA_FLAG_MULTIPOINT_C_LEAF
D_ROOT, D_LEAF = WSA_FLAG_MULTIPOINT_D_ROOT, WSA_FLAG_MULTIPOINT_D_LEAF
C_FLAGS, D_FLAGS = C_ROOT | C_LEAF, D_ROOT | D_LEAF
EVERY = C_FLAGS | D_FLAGS


def flags_judged(judge: Callable[[ProtocolInfo, int, bool], bool]) -> None:
    """Whether an entry takes flags is what `judge` makes of what it was before."""
    allowed = selection.multipoint_flags_allowed
    put(
        selection,
        "multipoint_flags_allowed",
        lambda entry, flags: judge(entry, flags, allowed(entry, flags)),
    )


@quirk
def multipoint_flags_are_ignored() -> None:
    """Every entry takes every combination of multipoint flags."""
    flags_judged(lambda entry, flags, before: True)


@quirk
def multipoint_flags_are_refused() -> None:
    """No entry takes a multipoint flag, whatever its service flags say."""
    flags_judged(lambda entry, flags, before: not flags & EVERY)


@quirk
def c_root_needs_no_rooted_plane() -> None:
    """WSA_FLAG_MULTIPOINT_C_ROOT with a D_LEAF is taken by every entry."""
    flags_judged(lambda entry, flags, before: before or flags & EVERY == C_ROOT | D_LEAF)


@quirk
def d_root_needs_no_rooted_plane() -> None:
    """WSA_FLAG_MULTIPOINT_D_ROOT with a C_LEAF is taken by every entry."""
    flags_judged(lambda entry, flags, before: before or flags & EVERY == C_LEAF | D_ROOT)


@quirk
def leaves_need_no_multipoint() -> None:
    """The two leaf flags are taken by every entry."""
    flags_judged(lambda entry, flags, before: before or flags & EVERY == C_LEAF | D_LEAF)


@quirk
def datagram_entries_take_leaves() -> None:
    """The two leaf flags are taken by every entry for datagrams."""
    flags_judged(
        lambda entry, flags, before: before or (entry.type == 2 and flags & EVERY == C_LEAF | D_LEAF)
    )


@quirk
def rooted_planes_are_not_known() -> None:
    """No entry takes C_ROOT or D_ROOT, whatever its service flags say."""
    flags_judged(lambda entry, flags, before: before and not flags & (C_ROOT | D_ROOT))


@quirk
def two_c_flags_are_one() -> None:
    """C_ROOT and C_LEAF together are taken by an entry that takes each."""
    flags_judged(
        lambda entry, flags, before: before or (not entry.built_in and flags & EVERY == C_FLAGS | D_LEAF)
    )


@quirk
def no_c_flag_is_needed() -> None:
    """A D_ flag alone is taken by an entry that supports multipoint."""
    flags_judged(lambda entry, flags, before: before or (not entry.built_in and flags & EVERY == D_LEAF))


@quirk
def two_d_flags_are_one() -> None:
    """D_ROOT and D_LEAF together are taken by an entry that takes each."""
    flags_judged(
        lambda entry, flags, before: before or (not entry.built_in and flags & EVERY == C_LEAF | D_FLAGS)
    )


@quirk
def no_d_flag_is_needed() -> None:
    """A C_ flag alone is taken by an entry that supports multipoint."""
    flags_judged(lambda entry, flags, before: before or (not entry.built_in and flags & EVERY == C_LEAF))


@quirk
def a_lone_c_flag_is_ignored() -> None:
    """A C_ flag without a D_ flag is taken by the entries of the system, as if it were not there."""
    flags_judged(
        lambda entry, flags, before: before or (entry.built_in and flags & EVERY in (C_ROOT, C_LEAF))
    )


@quirk
def a_lone_d_flag_is_ignored() -> None:
    """A D_ flag without a C_ flag is taken by the entries of the system, as if it were not there."""
    flags_judged(
        lambda entry, flags, before: before or (entry.built_in and flags & EVERY in (D_ROOT, D_LEAF))
    )


@quirk
def multipoint_is_not_overlapped() -> None:
    """WSA_FLAG_OVERLAPPED beside multipoint flags is refused."""
    flags_judged(lambda entry, flags, before: before and not (flags & EVERY and flags & WSA_FLAG_OVERLAPPED))


@quirk
def refused_multipoint_flags_get_another_code() -> None:
    """Multipoint flags are refused with a code that is not in the table: WSAEOPNOTSUPP."""
    selection.ANSWERS[selection.Reason.MULTIPOINT] = 10045


@quirk
def join_leaf_succeeds() -> None:
    """WSAJoinLeaf of a datagram socket returns that socket."""
    result_of("WSAJoinLeaf", lambda call, value, args: args[0])


@quirk
def join_leaf_gives_an_unlisted_code() -> None:
    """WSAJoinLeaf fails with a code that its page does not list: WSAESTALE."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        yield from known(call, *args)
        return call.wsa_fail(10070, INVALID_SOCKET)

    around("WSAJoinLeaf", handle)
