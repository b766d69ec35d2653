"""Which protocol entry a new socket gets, or why there is none.

The whole decision of WSASocket and socket (CE pages ms898773 and aa450958) is `select`: one cascade, each
check in the order in which the device makes it. What a refused check answers stands in one table,
`ANSWERS`, so that one answer can be changed without touching the order.
"""

from dataclasses import dataclass, replace
from enum import Enum, auto

from harness.emulator.ws2 import errors
from harness.emulator.ws2.catalog import Catalog, ProtocolInfo
from harness.emulator.ws2.constants import (
    AF_UNSPEC,
    FROM_PROTOCOL_INFO,
    WSA_FLAG_MULTIPOINT_C_LEAF,
    WSA_FLAG_MULTIPOINT_C_ROOT,
    WSA_FLAG_MULTIPOINT_D_LEAF,
    WSA_FLAG_MULTIPOINT_D_ROOT,
    XP1_MULTIPOINT_CONTROL_PLANE,
    XP1_MULTIPOINT_DATA_PLANE,
    XP1_SUPPORT_MULTIPOINT,
)


class Reason(Enum):
    """Why a socket is not created."""

    NOT_INITIALISED = auto()
    SUBSYSTEM_DOWN = auto()
    NO_DESCRIPTOR = auto()
    NO_MEMORY = auto()
    GROUP = auto()
    STRUCTURE_UNREADABLE = auto()
    STRUCTURE_UNKNOWN = auto()
    STRUCTURE_CONTENTS = auto()
    NOTHING_GIVEN = auto()
    FAMILY = auto()
    TYPE = auto()
    PROTOCOL = auto()
    PROTOCOL_OF_OTHER_TYPE = auto()
    COMBINATION = auto()
    MULTIPOINT = auto()


ANSWERS: dict[Reason, int] = {
    Reason.NOT_INITIALISED: errors.WSANOTINITIALISED,
    Reason.SUBSYSTEM_DOWN: errors.WSAENETDOWN,
    Reason.NO_DESCRIPTOR: errors.WSAEMFILE,
    Reason.NO_MEMORY: errors.WSAENOBUFS,
    Reason.GROUP: errors.WSAEINVAL,
    Reason.STRUCTURE_UNREADABLE: errors.WSAEFAULT,
    Reason.STRUCTURE_UNKNOWN: errors.WSAEINVAL,
    Reason.STRUCTURE_CONTENTS: errors.WSAEINVAL,
    Reason.NOTHING_GIVEN: errors.WSAEINVAL,
    Reason.FAMILY: errors.WSAEAFNOSUPPORT,
    Reason.TYPE: errors.WSAESOCKTNOSUPPORT,
    Reason.PROTOCOL: errors.WSAEPROTONOSUPPORT,
    Reason.PROTOCOL_OF_OTHER_TYPE: errors.WSAEPROTOTYPE,
    Reason.COMBINATION: errors.WSAEINVAL,
    Reason.MULTIPOINT: errors.WSAEINVAL,
}
"""What the device answers for each reason."""


class Refused(Exception):  # noqa: N818 - a decision, not a mistake of the emulator
    """No socket, for this reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.name)
        self.reason = reason


UNREADABLE = object()
"""In place of a structure: lpProtocolInfo points outside the address space of the process."""


@dataclass(frozen=True, slots=True)
class Request:
    """What WSASocket was asked. Numbers are signed; `info` is None, UNREADABLE or a ProtocolInfo."""

    family: int
    type: int
    protocol: int
    info: object = None
    group: int = 0
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is true of the process and the device at the moment of the call."""

    initialised: bool = True
    subsystem_up: bool = True
    descriptors_left: bool = True
    memory_left: bool = True


@dataclass(frozen=True, slots=True)
class Selection:
    """The entry a socket is bound to, and what it is: no wildcards left, but 0 of a raw socket."""

    entry: ProtocolInfo
    type: int
    protocol: int


def select(catalog: Catalog, request: Request, circumstances: Circumstances) -> Selection:
    """Decide. Raises Refused with the first reason that applies."""
    if not circumstances.initialised:
        raise Refused(Reason.NOT_INITIALISED)
    if not circumstances.subsystem_up:
        raise Refused(Reason.SUBSYSTEM_DOWN)
    if not circumstances.descriptors_left:
        raise Refused(Reason.NO_DESCRIPTOR)
    if not circumstances.memory_left:
        raise Refused(Reason.NO_MEMORY)
    if request.group != 0:
        raise Refused(Reason.GROUP)
    if request.info is UNREADABLE:
        raise Refused(Reason.STRUCTURE_UNREADABLE)

    if isinstance(request.info, ProtocolInfo):
        entry, request = _entry_of_structure(catalog, request, request.info)
    else:
        entry = _entry_of_triple(catalog, request)

    if not multipoint_flags_allowed(entry, request.flags):
        raise Refused(Reason.MULTIPOINT)
    return Selection(
        entry=entry,
        type=request.type or entry.type,
        protocol=request.protocol or entry.protocol,
    )


def matches(entry: ProtocolInfo, request: Request) -> bool:
    """Can this entry serve the triple? Family 0 and type 0 are wildcards (WSPSocket, ms898912)."""
    if request.family not in (AF_UNSPEC, entry.family):
        return False
    if request.type == 0:
        # An entry that takes any protocol number is for callers who ask for its type by name: a
        # wildcard type with an unknown protocol must not end up as a raw socket.
        return entry.protocol_range == 0 and entry.takes_protocol(request.protocol)
    return request.type == entry.type and entry.takes_protocol(request.protocol)


def _entry_of_triple(catalog: Catalog, request: Request) -> ProtocolInfo:
    """No structure: the first entry able to serve the triple, in install order."""
    if (request.family, request.type, request.protocol) == (0, 0, 0):
        raise Refused(Reason.NOTHING_GIVEN)
    for entry in catalog.of_family(request.family):
        if matches(entry, request):
            return entry
    raise Refused(_why_not(catalog, request))


def _entry_of_structure(
    catalog: Catalog, request: Request, info: ProtocolInfo
) -> tuple[ProtocolInfo, Request]:
    """A structure: its catalog id alone names the entry; -1 stands for what the structure says."""
    entry = catalog.by_id(info.id)
    if entry is None:
        raise Refused(Reason.STRUCTURE_UNKNOWN)
    if entry.library:
        return entry, request  # the rest is for the provider to judge
    filled = replace(
        request,
        family=info.family if request.family == FROM_PROTOCOL_INFO else request.family,
        type=info.type if request.type == FROM_PROTOCOL_INFO else request.type,
        protocol=info.protocol if request.protocol == FROM_PROTOCOL_INFO else request.protocol,
    )
    if matches(entry, filled):
        return entry, filled
    taken_over = (
        (request.family, info.family, entry.family),
        (request.type, info.type, entry.type),
        (request.protocol, info.protocol, entry.protocol),
    )
    if any(given == FROM_PROTOCOL_INFO and stated != true for given, stated, true in taken_over):
        raise Refused(Reason.STRUCTURE_CONTENTS)
    reason = _why_not(catalog, filled)
    known = reason in (Reason.PROTOCOL_OF_OTHER_TYPE, Reason.COMBINATION)
    raise Refused(Reason.COMBINATION if known else reason)


def _why_not(catalog: Catalog, request: Request) -> Reason:
    """The reason for a triple that the wanted entry cannot serve: what is unknown, from family to protocol.

    An unchained layer counts for nothing here: it must not turn one of these reasons into another.
    A protocol is known when some entry names exactly this number; an entry that takes a whole range
    (raw sockets) names only the first.
    """
    entries, in_family = catalog.selectable(), catalog.of_family(request.family)
    if not in_family:
        return Reason.FAMILY
    if request.type != 0 and all(entry.type != request.type for entry in in_family):
        return Reason.TYPE
    if request.protocol == 0 or all(entry.protocol != request.protocol for entry in entries):
        return Reason.PROTOCOL
    if any(entry.protocol == request.protocol for entry in in_family):
        return Reason.PROTOCOL_OF_OTHER_TYPE
    return Reason.COMBINATION


_C_FLAGS = WSA_FLAG_MULTIPOINT_C_ROOT | WSA_FLAG_MULTIPOINT_C_LEAF
_D_FLAGS = WSA_FLAG_MULTIPOINT_D_ROOT | WSA_FLAG_MULTIPOINT_D_LEAF


def multipoint_flags_allowed(entry: ProtocolInfo, flags: int) -> bool:
    """The multipoint rules of ms898773, and of its CE 6.0 text that no built-in provider takes the flags.

    Exactly one C_ and one D_ flag, on an entry with XP1_SUPPORT_MULTIPOINT; a root only where that plane is
    rooted.
    """
    control, data = flags & _C_FLAGS, flags & _D_FLAGS
    if not control and not data:
        return True
    if entry.built_in or not entry.service_flags & XP1_SUPPORT_MULTIPOINT:
        return False
    if control.bit_count() != 1 or data.bit_count() != 1:
        return False
    if control == WSA_FLAG_MULTIPOINT_C_ROOT and not entry.service_flags & XP1_MULTIPOINT_CONTROL_PLANE:
        return False
    return data != WSA_FLAG_MULTIPOINT_D_ROOT or bool(entry.service_flags & XP1_MULTIPOINT_DATA_PLANE)
