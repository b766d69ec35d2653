"""How WSASocket decides and what it answers."""

from harness.emulator.choices.registry import choice
from harness.emulator.exports import Blocking, Call, GuestFault
from harness.emulator.replacing import Known, around, put, refused_if
from harness.emulator.ws2 import creation, providers, selection, state
from harness.emulator.ws2.catalog import PROTOCOL_INFO_SIZE, Catalog, ProtocolInfo
from harness.emulator.ws2.constants import (
    AF_UNSPEC,
    FROM_PROTOCOL_INFO,
    INVALID_SOCKET,
)
from harness.emulator.ws2.errors import (
    WSAEINPROGRESS,
    WSAEINVAL,
    WSAENOBUFS,
    WSAEPROTONOSUPPORT,
    WSAEPROTOTYPE,
    WSAESOCKTNOSUPPORT,
    WSAEWOULDBLOCK,
)
from harness.emulator.ws2.selection import (
    ANSWERS,
    UNREADABLE,
    Circumstances,
    Reason,
    Refused,
    Request,
    Selection,
)
from harness.emulator.ws2.state import ProcessState

# --- which code -----------------------------------------------------------------------------------------


@choice
def wrong_types_are_invalid() -> None:
    """a protocol of another type is WSAEINVAL, not WSAEPROTOTYPE"""
    ANSWERS[Reason.PROTOCOL_OF_OTHER_TYPE] = WSAEINVAL


def _contradicted(code: int, by_family: bool) -> None:
    """What contradicts a structure, in its family or in type or protocol, is answered with this code."""
    refuse = creation.refuse

    def other(call: Call, request: Request, reason: Reason) -> int:
        if reason is Reason.COMBINATION and (request.family != FROM_PROTOCOL_INFO) == by_family:
            return call.wsa_fail(code, INVALID_SOCKET)
        return refuse(call, request, reason)

    put(creation, "refuse", other)


@choice
def contradicted_types_are_wrong_types() -> None:
    """a type or protocol that contradicts the structure is WSAEPROTOTYPE"""
    _contradicted(WSAEPROTOTYPE, by_family=False)


@choice
def contradicted_families_lack_the_protocol() -> None:
    """a family that contradicts the structure is WSAEPROTONOSUPPORT"""
    _contradicted(WSAEPROTONOSUPPORT, by_family=True)


@choice
def contradicted_families_lack_the_type() -> None:
    """a family that contradicts the structure is WSAESOCKTNOSUPPORT"""
    _contradicted(WSAESOCKTNOSUPPORT, by_family=True)


@choice
def memory_ends_with_the_descriptors() -> None:
    """no descriptors left is WSAENOBUFS, not WSAEMFILE"""
    ANSWERS[Reason.NO_DESCRIPTOR] = WSAENOBUFS


@choice
def no_end_of_descriptors() -> None:
    """a process never runs out of descriptors, nor the device of memory for them"""
    put(ProcessState, "descriptors_left", property(lambda self: True))
    put(state, "SOCKET_PAGES", 0)


@choice
def sockets_take_no_memory() -> None:
    """a socket can be made where no memory is left"""
    put(state, "SOCKET_PAGES", 0)


@choice
def multipoint_is_no_protocol() -> None:
    """a multipoint flag that is refused is WSAEPROTONOSUPPORT, not WSAEINVAL"""
    ANSWERS[Reason.MULTIPOINT] = WSAEPROTONOSUPPORT


@choice
def codes_stay_after_a_success() -> None:
    """WSASocket that succeeds leaves WSAEWOULDBLOCK as last error"""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        value = yield from known(call, *args)
        return value if value == INVALID_SOCKET else call.wsa_fail(WSAEWOULDBLOCK, value or 0)

    around("WSASocketW", handle)


# --- what is looked at, and when --------------------------------------------------------------------------


@choice
def arguments_come_first() -> None:
    """of two conditions at once, that of an argument counts before that of the process or the device"""
    decide = selection.select

    def select(catalog: Catalog, request: Request, circumstances: Circumstances) -> Selection:
        decide(catalog, request, Circumstances())
        return decide(catalog, request, circumstances)

    put(selection, "select", select)


@choice
def structures_are_read_up_to_the_id() -> None:
    """a structure of which only the first 40 bytes can be read is good enough"""
    known = creation._structure

    def structure(call: Call, pointer: int) -> object:
        found = known(call, pointer)
        if found is not UNREADABLE:
            return found
        try:
            return ProtocolInfo.unpack(call.process.memory.read(pointer, 40).ljust(PROTOCOL_INFO_SIZE, b"\0"))
        except GuestFault:
            return UNREADABLE

    put(creation, "_structure", structure)


@choice
def structures_are_compared() -> None:
    """a structure of the system whose other members are not those of its entry is WSAEINVAL"""

    def differs(catalog: Catalog, request: Request) -> bool:
        info = request.info
        if not isinstance(info, ProtocolInfo) or (entry := catalog.by_id(info.id)) is None:
            return False
        return not entry.library and entry.pack() != info.pack()

    refused_if(Reason.STRUCTURE_CONTENTS, differs)


@choice
def unspecified_families_are_refused() -> None:
    """AF_UNSPEC is WSAEAFNOSUPPORT"""
    refused_if(Reason.FAMILY, lambda catalog, request: request.family == AF_UNSPEC)


@choice
def minus_one_without_a_structure_is_invalid() -> None:
    """-1 without a structure is WSAEINVAL"""
    decide = selection.select

    def select(catalog: Catalog, request: Request, circumstances: Circumstances) -> Selection:
        values = (request.family, request.type, request.protocol)
        if circumstances.initialised and request.info is None and FROM_PROTOCOL_INFO in values:
            raise Refused(Reason.NOTHING_GIVEN)
        return decide(catalog, request, circumstances)

    put(selection, "select", select)


@choice
def undefined_flags_are_refused() -> None:
    """a flag that nobody defines is WSAEINVAL"""
    refused_if(Reason.MULTIPOINT, lambda catalog, request: bool(request.flags & ~0x1F))


@choice
def incomplete_tables_are_taken() -> None:
    """a procedure table is refused only when all its entries are NULL"""
    put(providers, "complete", lambda pointers: any(pointers))


@choice
def one_blocking_call_at_a_time() -> None:
    """while a thread of the process waits in recv, WSASocket is WSAEINPROGRESS"""
    waiting: list[ProcessState] = []

    def receive(known: Known, call: Call, *args: int) -> Blocking:
        waiting.append(ProcessState.of(call))
        try:
            return (yield from known(call, *args))
        finally:
            waiting.remove(ProcessState.of(call))

    def make(known: Known, call: Call, *args: int) -> Blocking:
        if ProcessState.of(call) in waiting:
            return call.wsa_fail(WSAEINPROGRESS, INVALID_SOCKET)
        return (yield from known(call, *args))

    around("recv", receive)
    around("WSASocketW", make)
