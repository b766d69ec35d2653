"""Keywords that go through the device's own protocol catalog."""

from collections.abc import Iterable, Mapping

from robot.api import SkipExecution, logger
from robot.api.deco import keyword
from robot.errors import ExecutionFailed
from robot.libraries.BuiltIn import BuiltIn

from harness.errors import UsageError
from harness.robot.actions import DeviationError, action
from harness.robot.catalog import (
    ENTRY,
    CatalogEntry,
    Contradiction,
    contradicted,
    contradicted_by_family,
    contradictions,
    unpack_catalog,
)
from harness.robot.checking import CheckKeywords
from harness.robot.wording import came_to
from harness.winsock import CONSTANT_GROUPS

FAMILIES, TYPES, PROTOCOLS = "address-families", "socket-types", "protocols"
_SIZE = """\
call   WSAStartup(0x0202, scratch wsadata[512])
count = WSAEnumProtocolsW(NULL, scratch none[4], inout length[4] = x"00000000")
call   WSACleanup()
"""
_ENTRIES = """\
call   WSAStartup(0x0202, scratch wsadata[512])
buffer scratch length[4]
store  &length, 4, {size}
count = WSAEnumProtocolsW(NULL, out catalog[{size}], &length)
call   WSACleanup()
"""


class CatalogKeywords(CheckKeywords):
    """Get Protocol Catalog, For Every Catalog Entry, For Every Contradiction."""

    _catalog: tuple[CatalogEntry, ...] = ()

    @keyword(tags=["catalog"])
    @action
    def get_protocol_catalog(self) -> tuple[CatalogEntry, ...]:
        """Returns the entries that WSAEnumProtocolsW names; the device is asked once.

        An entry has the attributes ``name``, ``family``, ``type``, ``protocol``, ``max_offset``,
        ``catalog_id``, ``service_flags``, ``provider_flags`` and ``address_length``.
        """
        if not self._catalog:
            self._catalog = self._enumerate()
            for entry in self._catalog:
                logger.info(str(entry))
        return self._catalog

    @keyword(tags=["catalog"])
    @action
    def for_every_catalog_entry(
        self,
        keyword: str,
        *arguments: object,
        with_flag: str | None = None,
        without_flag: str | None = None,
        **named: object,
    ) -> None:
        """Runs a keyword once for each protocol catalog entry of the device; each is a case of its own.

        While it runs, ``Run Program File`` knows these values of the entry: ``$af``, ``$type``,
        ``$protocol``, ``$family`` (the same as ``$af``, for programs in which ``$af`` is replaced), ``$id``
        (dwCatalogEntryId), ``$unknown_id`` (an id that no entry has), ``$offset`` (of the entry in the
        catalog), ``$offset_of_id``, ``$catalog_size``, ``$address_length`` and ``$address_length_bytes``
        (as 4 bytes in hexadecimal), ``$loopback`` (its loopback address and port 0, in hexadecimal; zeros
        behind a family without one). ``with_flag``, ``without_flag``: only entries with (without) this XP1_
        or PFL_ flag. Without any such entry the test is
        skipped as not provocable.
        """
        entries = [
            entry
            for entry in self.get_protocol_catalog()
            if (with_flag is None or entry.has(with_flag))
            and (without_flag is None or not entry.has(without_flag))
        ]
        if not entries:
            wanted = [f"with {with_flag}"] if with_flag else []
            wanted += [f"without {without_flag}"] if without_flag else []
            raise self._out_of_reach(f"the device's catalog has no entry {' and '.join(wanted)}".rstrip())
        self._each(((entry.name, self._values(entry)) for entry in entries), keyword, arguments, named)

    @keyword(tags=["catalog"])
    @action
    def for_every_contradiction(self, keyword: str, *arguments: object, **named: object) -> None:
        """Runs a keyword once for each type and protocol that catalog entries of one family have, but never
        together.

        While it runs, ``Run Program File`` knows ``$af``, ``$type`` and ``$protocol``.
        """
        found = list(contradictions(self.get_protocol_catalog()))
        if not found:
            raise self._out_of_reach("the device's catalog has no values that contradict each other")
        cases = ((one.name, _triple(one.family, one.type, one.protocol)) for one in found)
        self._each(cases, keyword, arguments, named)

    @keyword(tags=["catalog"])
    @action
    def for_every_contradicted_entry(
        self, keyword: str, *arguments: object, by_family: bool = False, **named: object
    ) -> None:
        """Runs a keyword once for each catalog entry and each type, and each protocol, that contradicts it:
        entries of its family have it, but never with the rest. ``by_family``: each family of other entries.

        While it runs, ``Run Program File`` knows the values of the entry (see `For Every Catalog Entry`), and
        ``$given_af``, ``$given_type``, ``$given_protocol``: one is what contradicts, the others are
        FROM_PROTOCOL_INFO.
        """
        search = contradicted_by_family if by_family else contradicted
        found = list(search(self.get_protocol_catalog()))
        if not found:
            raise self._out_of_reach("the device's catalog has no values that contradict each other")
        cases = ((one.name, {**self._values(one.entry), **_given(one)}) for one in found)
        self._each(cases, keyword, arguments, named)

    @keyword(tags=["catalog"])
    @action
    def needs_absent_family(self, family: str) -> None:
        """Skips the test as not provocable if the device's catalog has an entry of this address family."""
        number = self._expected(family)
        if any((entry.family ^ number) & 0xFFFFFFFF == 0 for entry in self.get_protocol_catalog()):
            raise self._out_of_reach(f"the device's catalog has entries of family {family}")

    @keyword(tags=["catalog", "check"])
    @action
    def protocol_info_should_support(self, buffer: str, af: str, type: str, protocol: str) -> None:
        """Fails unless the WSAPROTOCOL_INFOW in a returned buffer stands for this triple.

        | Protocol Info Should Support    info_read    AF_INET    SOCK_STREAM    IPPROTO_TCP
        """
        data = self._bytes(buffer)
        if len(data) < ENTRY.size:
            raise UsageError(f"{buffer} has {len(data)} bytes, a WSAPROTOCOL_INFOW {ENTRY.size}")
        entry = CatalogEntry.unpack(0, data)
        documented = f"{buffer} supports af {af}, type {type}, protocol {protocol}"
        last = entry.protocol + entry.max_offset
        protocols = f"{entry.protocol} to {last}" if entry.max_offset else str(entry.protocol)
        observed = f"{entry.name}: af {entry.family}, type {entry.type}, protocol {protocols}"
        if not entry.supports(self._expected(af), self._expected(type), self._expected(protocol)):
            raise self._deviates(documented, observed)
        self._holds(documented, observed)

    def _enumerate(self) -> tuple[CatalogEntry, ...]:
        execution = self._run(self._parse(_SIZE, "catalog size"))
        if not execution.outcome.returned:
            raise self._not_reached(f"WSAEnumProtocolsW: {came_to(execution.named('count'), execution)}")
        size = self._number("length:4")
        if not size or size % ENTRY.size:
            raise self._not_reached(f"WSAEnumProtocolsW wants {size} bytes for its catalog")
        execution = self._run(self._parse(_ENTRIES.format(size=size), "catalog"))
        count = execution.value("count")
        if not execution.named("count").ok or not count:
            came = came_to(execution.named("count"), execution)
            raise self._not_reached(f"WSAEnumProtocolsW did not name any protocol: {came}")
        return unpack_catalog(self._bytes("catalog"), count)

    def _values(self, entry: CatalogEntry) -> dict[str, object]:
        every = self.get_protocol_catalog()
        offset = entry.index * ENTRY.size
        triple = _triple(entry.family, entry.type, entry.protocol)
        return {
            **triple,
            "family": triple["af"],
            "id": entry.catalog_id,
            "unknown_id": max(other.catalog_id for other in every) + 1,
            "offset": offset,
            "offset_of_id": offset + ENTRY.field("dwCatalogEntryId").offset,
            "catalog_size": len(every) * ENTRY.size,
            "address_length": entry.address_length,
            "address_length_bytes": entry.address_length.to_bytes(4, "little").hex(),
            "loopback": entry.loopback.hex(),
        }

    def _each(
        self,
        cases: Iterable[tuple[str, Mapping[str, object]]],
        keyword: str,
        arguments: tuple[object, ...],
        named: Mapping[str, object],
    ) -> None:
        failed: list[str] = []
        skipped: list[str] = []
        call = [*arguments, *(f"{name}={value}" for name, value in named.items())]
        for name, values in cases:
            self._test.case, self._entry_values = name, dict(values)
            before = len(self._test.findings)
            try:
                BuiltIn().run_keyword(keyword, *call)
            except ExecutionFailed as failure:
                if failure.exit or failure.syntax or failure.keyword_timeout or failure.test_timeout:
                    raise
                if not failure.skip and not self._test.explains_failure(since=before):
                    self._unexplained(str(failure))
                (skipped if failure.skip else failed).append(str(failure))
            finally:
                self._test.case, self._entry_values = "", {}
        if failed:
            raise DeviationError("\n\n".join(failed))
        if skipped:
            raise SkipExecution("\n\n".join(skipped))


def _triple(family: int, type_: int, protocol: int) -> dict[str, object]:
    """The values as program text: by name where they have one."""
    return {
        "af": _written(FAMILIES, family),
        "type": _written(TYPES, type_),
        "protocol": _written(PROTOCOLS, protocol) if protocol else 0,
    }


def _given(contradiction: Contradiction) -> dict[str, object]:
    """What contradicts, as program text; what the structure is to give is FROM_PROTOCOL_INFO."""
    return {
        f"given_{name}": "FROM_PROTOCOL_INFO" if value is None else _written(group, value)
        for name, group, value in (
            ("af", FAMILIES, contradiction.family),
            ("type", TYPES, contradiction.type),
            ("protocol", PROTOCOLS, contradiction.protocol),
        )
    }


def _written(group: str, value: int) -> str:
    names = [name for name, number in CONSTANT_GROUPS[group].items() if number == value]
    return names[0] if len(names) == 1 else str(value)
