"""The protocol catalog, as programs see it and as sockets are chosen from it."""

from collections.abc import Callable
from dataclasses import replace

from harness.emulator.exports import Blocking, Call
from harness.emulator.quirks.registry import quirk
from harness.emulator.replacing import Known, around, put
from harness.emulator.ws2 import selection
from harness.emulator.ws2.catalog import Catalog, ProtocolInfo
from harness.emulator.ws2.constants import AF_INET6, SOCK_DGRAM, SOCK_STREAM


def enumerated(change: Callable[[ProtocolInfo], ProtocolInfo]) -> None:
    """WSAEnumProtocols shows what `change` makes of each entry."""
    known = Catalog.enumerated
    put(Catalog, "enumerated", lambda self: [change(entry) for entry in known(self)])


@quirk
def a_family_is_shown_wrongly() -> None:
    """WSAEnumProtocols shows the entries of AF_INET6 as AF_IRDA."""
    enumerated(lambda entry: replace(entry, family=22) if entry.family == AF_INET6 else entry)


@quirk
def a_type_is_shown_wrongly() -> None:
    """WSAEnumProtocols shows datagram entries of AF_INET6 as SOCK_RDM."""
    enumerated(
        lambda entry: (
            replace(entry, type=4) if (entry.family, entry.type) == (AF_INET6, SOCK_DGRAM) else entry
        )
    )


@quirk
def a_protocol_is_shown_wrongly() -> None:
    """WSAEnumProtocols shows the stream entry of AF_INET6 with protocol 132."""
    enumerated(
        lambda entry: (
            replace(entry, protocol=132) if (entry.family, entry.type) == (AF_INET6, SOCK_STREAM) else entry
        )
    )


@quirk
def ids_are_shown_wrongly() -> None:
    """WSAEnumProtocols shows catalog entry ids that are higher by 5000."""
    enumerated(lambda entry: replace(entry, id=entry.id + 5000))


@quirk
def ids_are_shown_from_0() -> None:
    """WSAEnumProtocols shows catalog entry ids counted from 0; the entries are found by them."""
    by_id = Catalog.by_id
    enumerated(lambda entry: replace(entry, id=entry.id - 1001) if entry.built_in else entry)
    put(Catalog, "by_id", lambda self, number: by_id(self, number + 1001 if number < 1000 else number))


@quirk
def every_entry_shows_the_first_id() -> None:
    """WSAEnumProtocols shows the catalog entry id of the first entry in all of them."""
    enumerated(lambda entry: replace(entry, id=1001) if entry.built_in else entry)


@quirk
def one_entry_too_many_is_counted() -> None:
    """WSAEnumProtocols shows an entry of family 99 that does not exist."""
    known = Catalog.enumerated

    def shown(self: Catalog) -> list[ProtocolInfo]:
        entries = known(self)
        return [*entries, replace(entries[0], id=4711, family=99)]

    put(Catalog, "enumerated", shown)


@quirk
def the_second_family_cannot_be_made() -> None:
    """Sockets of AF_INET6 are refused with WSAEAFNOSUPPORT, although the catalog lists the family."""
    matches = selection.matches
    put(
        selection,
        "matches",
        lambda entry, request: entry.family != AF_INET6 and matches(entry, request),
    )


@quirk
def bare_layers_are_selected() -> None:
    """A triple selects unchained layers too."""
    put(Catalog, "selectable", lambda self: list(self))


@quirk
def chains_are_not_selected() -> None:
    """A triple does not select a protocol chain."""
    known = Catalog.selectable
    put(Catalog, "selectable", lambda self: [entry for entry in known(self) if entry.chain_length == 1])


@quirk
def a_layer_counts_as_a_partial_match() -> None:
    """Where nothing fits, an unchained layer of the family turns WSAEAFNOSUPPORT into another code."""
    why_not = selection._why_not

    def instead(catalog: Catalog, request: selection.Request) -> selection.Reason:
        reason = why_not(catalog, request)
        layers = [entry for entry in catalog if entry.layer_only and entry.family == request.family]
        if reason is not selection.Reason.FAMILY or not layers:
            return reason
        typed = any(entry.type == request.type for entry in layers)
        return selection.Reason.PROTOCOL if typed else selection.Reason.TYPE

    put(selection, "_why_not", instead)


@quirk
def the_last_provider_wins() -> None:
    """Of several entries that fit a triple the one that was installed last is taken."""
    known = Catalog.selectable
    put(Catalog, "selectable", lambda self: sorted(known(self), key=lambda entry: -entry.id))


@quirk
def the_system_lists_its_catalog_backwards() -> None:
    """WSCEnumProtocols lists the entries in the opposite order of the one that counts."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        forward = Catalog.__iter__
        put(Catalog, "__iter__", lambda self: iter(self._entries[::-1]))
        try:
            return (yield from known(call, *args))
        finally:
            put(Catalog, "__iter__", forward)

    around("WSCEnumProtocols", handle)


@quirk
def a_structure_means_the_first_of_its_kind() -> None:
    """The id of a structure leads to the first entry with the same family, type and protocol."""
    by_id = Catalog.by_id

    def first(self: Catalog, number: int) -> ProtocolInfo | None:
        entry = by_id(self, number)
        return next((one for one in self if entry and one.library and _same(one, entry)), entry)

    put(Catalog, "by_id", first)


def _same(one: ProtocolInfo, other: ProtocolInfo) -> bool:
    return (one.family, one.type, one.protocol) == (other.family, other.type, other.protocol)
