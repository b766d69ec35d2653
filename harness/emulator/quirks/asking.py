"""What is asked of WSASocket is taken for something else."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.emulator.quirks.registry import quirk
from harness.emulator.replacing import asked_otherwise, put, refused_if
from harness.emulator.ws2 import selection
from harness.emulator.ws2.catalog import Catalog, ProtocolInfo
from harness.emulator.ws2.constants import AF_INET, FROM_PROTOCOL_INFO, SOCK_DGRAM, SOCK_STREAM
from harness.emulator.ws2.selection import Reason, Request

FIELDS = ("family", "type", "protocol")


def given(request: Request) -> ProtocolInfo | None:
    """The structure, if one was given and can be read."""
    return request.info if isinstance(request.info, ProtocolInfo) else None


def _from_structure(request: Request, name: str) -> Mapping[str, int]:
    return {name: FROM_PROTOCOL_INFO} if given(request) else {}


# --- beside a structure ---------------------------------------------------------------------------------


@quirk
def family_ignored_beside_a_structure() -> None:
    """af is not looked at when there is a structure."""
    asked_otherwise(lambda catalog, asked: _from_structure(asked, "family"))


@quirk
def type_ignored_beside_a_structure() -> None:
    """type is not looked at when there is a structure."""
    asked_otherwise(lambda catalog, asked: _from_structure(asked, "type"))


@quirk
def protocol_ignored_beside_a_structure() -> None:
    """protocol is not looked at when there is a structure."""
    asked_otherwise(lambda catalog, asked: _from_structure(asked, "protocol"))


@quirk
def from_protocol_info_is_a_value() -> None:
    """-1 beside a structure is an address family, type or protocol of that number."""
    asked_otherwise(
        lambda catalog, asked: {
            name: 0x7FFF for name in FIELDS if given(asked) and getattr(asked, name) == FROM_PROTOCOL_INFO
        }
    )


@quirk
def from_protocol_info_gives_the_family_only() -> None:
    """-1 for type or protocol beside a structure is a number nobody has; for af it is taken from there."""
    asked_otherwise(
        lambda catalog, asked: {
            name: 0x7FFF for name in FIELDS[1:] if given(asked) and getattr(asked, name) == FROM_PROTOCOL_INFO
        }
    )


@quirk
def the_structure_is_ignored() -> None:
    """lpProtocolInfo is not looked at, but for what -1 takes from it."""

    def change(catalog: Catalog, asked: Request) -> Mapping[str, Any]:
        info = given(asked)
        if info is None:
            return {}
        values = {name: getattr(info, name) for name in FIELDS if getattr(asked, name) == FROM_PROTOCOL_INFO}
        return {**values, "info": None}

    asked_otherwise(change)


@quirk
def the_structure_is_found_by_its_triple() -> None:
    """The entry is that of the structure's family, type and protocol, whatever its id."""

    def change(catalog: Catalog, asked: Request) -> Mapping[str, Any]:
        info = given(asked)
        if info is None:
            return {}
        same = [
            entry
            for entry in catalog.selectable()
            if (entry.family, entry.type, entry.protocol) == (info.family, info.type, info.protocol)
        ]
        return {"info": replace(info, id=same[0].id if same else 0)}

    asked_otherwise(change)


@quirk
def a_structure_of_zeros_means_none() -> None:
    """A structure of zeros is taken for NULL."""

    def change(catalog: Catalog, asked: Request) -> Mapping[str, Any]:
        info = given(asked)
        return {"info": None} if info is not None and not any(info.pack()) else {}

    asked_otherwise(change)


@quirk
def an_unknown_id_means_the_first_entry() -> None:
    """A catalog entry id that nobody has stands for the first entry of the family."""

    def change(catalog: Catalog, asked: Request) -> Mapping[str, Any]:
        info = given(asked)
        if info is None or catalog.by_id(info.id) is not None:
            return {}
        return {"info": None}

    asked_otherwise(change)


@quirk
def garbage_around_an_id_crashes_nothing_but_is_no_entry() -> None:
    """A structure whose other fields are not those of its entry is answered with WSAEAFNOSUPPORT."""
    refused_if(
        Reason.FAMILY,
        lambda catalog, asked: (
            (info := given(asked)) is not None
            and (entry := catalog.by_id(info.id)) is not None
            and not entry.library
            and info.family != entry.family
        ),
    )


@quirk
def no_structure_is_taken() -> None:
    """Every structure of an entry of the system is refused as invalid."""
    refused_if(
        Reason.STRUCTURE_CONTENTS,
        lambda catalog, asked: (
            (info := given(asked)) is not None
            and (entry := catalog.by_id(info.id)) is not None
            and not entry.library
        ),
    )


# --- without one ----------------------------------------------------------------------------------------


@quirk
def an_unknown_family_is_the_internet() -> None:
    """An address family that nobody has is AF_INET."""

    def change(catalog: Catalog, asked: Request) -> Mapping[str, Any]:
        unknown = asked.family != FROM_PROTOCOL_INFO and not catalog.of_family(asked.family)
        return {"family": AF_INET} if unknown and asked.type in (SOCK_STREAM, SOCK_DGRAM) else {}

    asked_otherwise(change)


@quirk
def the_family_is_eight_bits_wide() -> None:
    """Only the low byte of af counts, and its highest bit does not."""
    asked_otherwise(
        lambda catalog, asked: (
            {"family": asked.family & 0x7F if asked.family & 0x7F != 0x7F else AF_INET}
            if asked.family != FROM_PROTOCOL_INFO
            else {}
        )
    )


@quirk
def an_unknown_type_is_a_stream() -> None:
    """A socket type that the family does not have is SOCK_STREAM."""

    def change(catalog: Catalog, asked: Request) -> Mapping[str, Any]:
        known = {entry.type for entry in catalog.of_family(asked.family)}
        return {"type": SOCK_STREAM} if known and asked.type > 0 and asked.type not in known else {}

    asked_otherwise(change)


@quirk
def an_unknown_protocol_is_none() -> None:
    """A protocol number that nobody has is 0."""

    def change(catalog: Catalog, asked: Request) -> Mapping[str, Any]:
        known = {entry.protocol for entry in catalog}
        usual = asked.type in (SOCK_STREAM, SOCK_DGRAM)
        return {"protocol": 0} if usual and asked.protocol > 0 and asked.protocol not in known else {}

    asked_otherwise(change)


@quirk
def the_protocol_is_eight_bits_wide() -> None:
    """Only the low byte of protocol counts, and 255 is 0."""
    asked_otherwise(
        lambda catalog, asked: (
            {"protocol": 0 if asked.protocol & 0xFF == 0xFF else asked.protocol & 0xFF}
            if asked.protocol > 0xFF and asked.family == AF_INET
            else {}
        )
    )


@quirk
def the_type_decides_about_the_protocol() -> None:
    """A protocol of another type is ignored: the type's own is taken."""

    def change(catalog: Catalog, asked: Request) -> Mapping[str, Any]:
        others = {entry.protocol for entry in catalog.of_family(asked.family) if entry.type != asked.type}
        usual = asked.info is None and asked.type in (SOCK_STREAM, SOCK_DGRAM)
        return {"protocol": 0} if usual and asked.protocol in others else {}

    asked_otherwise(change)


@quirk
def the_protocol_decides_about_the_type() -> None:
    """A type of another protocol is ignored: the protocol's own is taken, beside a structure too."""

    def change(catalog: Catalog, asked: Request) -> Mapping[str, Any]:
        types = [entry.type for entry in catalog.of_family(asked.family) if entry.protocol == asked.protocol]
        wrong = asked.protocol > 0 and types and asked.type > 0 and asked.type not in types
        return {"type": types[0]} if wrong else {}

    asked_otherwise(change)


@quirk
def protocol_0_is_no_protocol() -> None:
    """Protocol 0 is refused with WSAEPROTONOSUPPORT, although the entries say that they take it."""
    refused_if(Reason.PROTOCOL, lambda catalog, asked: asked.protocol == 0 and asked.info is None)


def _complained_about(instead: Reason, of: Reason) -> None:
    """Where the one is the reason for a refusal, the other is told."""
    why_not = selection._why_not

    def other(catalog: Catalog, request: Request) -> Reason:
        reason = why_not(catalog, request)
        return instead if reason is of else reason

    put(selection, "_why_not", other)


@quirk
def the_protocol_is_judged_before_the_type() -> None:
    """Of a type and a protocol that are both no good the protocol is complained about; 0 is one."""
    _complained_about(Reason.PROTOCOL, of=Reason.TYPE)


@quirk
def the_type_is_judged_before_the_family() -> None:
    """Where the family is no good, the type is complained about."""
    _complained_about(Reason.TYPE, of=Reason.FAMILY)


@quirk
def raw_sockets_are_no_operation() -> None:
    """SOCK_RAW with a protocol is refused with a code that is not in the table: WSAEOPNOTSUPP."""
    selection.ANSWERS[Reason.NOTHING_GIVEN] = 10045
    refused_if(
        Reason.NOTHING_GIVEN,
        lambda catalog, asked: asked.type == 3 and asked.protocol > 0 and asked.info is None,
    )


# --- group and flags ------------------------------------------------------------------------------------


@quirk
def the_group_is_ignored() -> None:
    """g is not looked at."""
    asked_otherwise(lambda catalog, asked: {"group": 0})


@quirk
def only_two_groups_are_refused() -> None:
    """g is refused when it is 1 or 2, and ignored else."""
    asked_otherwise(lambda catalog, asked: {"group": asked.group if asked.group in (1, 2) else 0})


@quirk
def a_datagram_socket_needs_a_group() -> None:
    """g = 0 is refused for a datagram socket that is asked for with its protocol and without a structure."""
    refused_if(
        Reason.GROUP,
        lambda catalog, asked: (
            asked.info is None
            and asked.family == AF_INET
            and (asked.type, asked.protocol) == (SOCK_DGRAM, 17)
            and asked.flags == 0
        ),
    )


@quirk
def the_overlapped_flag_is_refused() -> None:
    """WSA_FLAG_OVERLAPPED for a socket of the system is answered with WSAEINVAL."""
    refused_if(
        Reason.MULTIPOINT,
        lambda catalog, asked: bool(asked.flags & 1) and asked.family == AF_INET and asked.protocol > 0,
    )


@quirk
def flags_of_0_are_refused() -> None:
    """dwFlags = 0 for a stream socket with its protocol and without a structure is WSAEINVAL."""
    refused_if(
        Reason.MULTIPOINT,
        lambda catalog, asked: (
            asked.flags == 0
            and asked.info is None
            and (asked.family, asked.type, asked.protocol) == (AF_INET, SOCK_STREAM, 6)
        ),
    )
