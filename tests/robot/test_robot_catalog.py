"""The device's protocol catalog: its entries, and the cases that follow from them."""

import struct

import pytest
from scripted_device import Ends, Error, ScriptedDevice

from harness.conformance import Row, Verdict
from harness.program.result import OutcomeKind
from harness.robot.catalog import (
    CatalogEntry,
    Combination,
    contradicted,
    contradicted_by_family,
    contradictions,
    unpack_catalog,
)

AF_INET, AF_INET6, STREAM, DGRAM, RAW, TCP, UDP = 2, 23, 1, 2, 3, 6, 17
ZERO = 8  # PFL_MATCHES_PROTOCOL_ZERO


def structure(
    name: str, family: int, type_: int, protocol: int, id_: int, flags: int = 0, span: int = 0
) -> bytes:
    """A WSAPROTOCOL_INFOW, its layout written down once more."""
    data = bytearray(628)
    struct.pack_into("<I", data, 16, flags)
    struct.pack_into("<I", data, 36, id_)
    struct.pack_into("<iiiiiii", data, 72, 2, family, 16, 16, type_, protocol, span)
    data[116 : 116 + 2 * len(name)] = name.encode("utf-16-le")
    return bytes(data)


CATALOG = (
    structure("TCP", AF_INET, STREAM, TCP, 1001, ZERO)
    + structure("UDP", AF_INET, DGRAM, UDP, 1002)
    + structure("RAW", AF_INET, RAW, 0, 1003, ZERO, span=255)
    + structure("TCP6", AF_INET6, STREAM, TCP, 1004)
)


def enumerates(_filter: int, buffer: memoryview, length: memoryview) -> int | Error:
    if int.from_bytes(length[:4], "little") < len(CATALOG):
        length[:4] = len(CATALOG).to_bytes(4, "little")
        return Error(10055)
    buffer[: len(CATALOG)] = CATALOG
    return 4


def entries() -> tuple[CatalogEntry, ...]:
    return unpack_catalog(CATALOG, 4)


def test_entries_are_unpacked() -> None:
    tcp, udp, raw, _ = entries()
    assert (tcp.name, tcp.family, tcp.type, tcp.protocol, tcp.catalog_id) == (
        "TCP",
        AF_INET,
        STREAM,
        TCP,
        1001,
    )
    assert (udp.index, udp.address_length, raw.max_offset) == (1, 16, 255)
    assert tcp.has("PFL_MATCHES_PROTOCOL_ZERO")
    assert not udp.has("PFL_MATCHES_PROTOCOL_ZERO")
    assert not tcp.has("XP1_SUPPORT_MULTIPOINT")


@pytest.mark.parametrize(
    ("family", "length", "loopback"),
    [
        (2, 16, "0200 0000 7F000001 0000000000000000"),
        (23, 28, "1700 0000 00000000 00000000000000000000000000000001 00000000"),
        (0x5A, 6, "5A00 0000 0000"),
        (2, 4, "0200 0000"),
    ],
)
def test_the_loopback_address_of_an_entry(family: int, length: int, loopback: str) -> None:
    entry = CatalogEntry(0, "", family, STREAM, TCP, 0, 1, 0, 0, length)
    assert entry.loopback == bytes.fromhex(loopback)


def test_an_entry_supports_a_range_of_protocols() -> None:
    raw = entries()[2]
    assert raw.supports(AF_INET, RAW, 0)
    assert raw.supports(AF_INET, RAW, 255)
    assert not raw.supports(AF_INET, RAW, 256)
    assert not raw.supports(AF_INET, STREAM, 6)


def test_contradictions_are_type_against_protocol_in_one_family() -> None:
    assert list(contradictions(entries())) == [
        Combination(AF_INET, STREAM, UDP),
        Combination(AF_INET, DGRAM, TCP),
    ]


def test_an_entry_is_contradicted_by_another_type_and_another_protocol_of_its_family() -> None:
    assert [one.name for one in contradicted(entries())] == [
        "TCP, type 2",
        "TCP, protocol 17",
        "UDP, type 1",
        "UDP, protocol 6",
    ]


def test_an_entry_is_contradicted_by_the_family_of_another() -> None:
    assert [one.name for one in contradicted_by_family(entries())] == [
        "TCP, af 23",
        "UDP, af 23",
        "TCP6, af 2",
    ]


def run_contradicted(run_suite, tmp_path, leg: str, options: str = "") -> list[Row]:
    device = ScriptedDevice({"WSAEnumProtocolsW": enumerates, "WSASocketW": Error(10022)})
    (tmp_path / "make.ceprog").write_text(MAKE_GIVEN)
    step = f"For Every Contradicted Entry    Make It{options}"
    ran = run_suite(CONTRADICTED.format(step=step, tags=f"WSASOCKET-019c    leg:{leg}"), device)
    return list(ran.rows)


def test_every_contradicted_entry_is_a_case(run_suite, tmp_path) -> None:
    rows = run_contradicted(run_suite, tmp_path, "type-and-protocol")
    assert [row.case for row in rows] == [
        "One: TCP, type 2",
        "One: TCP, protocol 17",
        "One: UDP, type 1",
        "One: UDP, protocol 6",
    ]
    assert "WSASocketW(FROM_PROTOCOL_INFO, SOCK_DGRAM, FROM_PROTOCOL_INFO, NULL, 0, 0)" in rows[0].program
    assert "WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, IPPROTO_UDP, NULL, 0, 0)" in rows[1].program


def test_an_entry_can_be_contradicted_by_family(run_suite, tmp_path) -> None:
    rows = run_contradicted(run_suite, tmp_path, "structure-family", "    by_family=${True}")
    assert [row.case for row in rows] == ["One: TCP, af 23", "One: UDP, af 23", "One: TCP6, af 2"]
    assert "WSASocketW(AF_INET6, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, NULL, 0, 0)" in rows[0].program


CONTRADICTED = """*** Test Cases ***
One
    [Tags]    {tags}
    {step}

*** Keywords ***
Make It
    Run Program File    make.ceprog
    Outcome Should Conform
"""

MAKE_GIVEN = """call WSAStartup(0x0202, scratch wsadata[512])
tested = WSASocketW($given_af, $given_type, $given_protocol, NULL, 0, 0)
"""


TEXT = """*** Test Cases ***
One
    [Tags]    {tags}
    {step}

*** Keywords ***
Make It
    [Arguments]    ${{type}}=$type
    Run Program File    make.ceprog    type=${{type}}
    Outcome Should Conform
    Value Should Be    $id
"""
MAKE = "tested = WSASocketW($af, $type, $protocol, NULL, $offset, 0)\n"


def run(run_suite, tmp_path, step, device, tags="WSASOCKET-004"):
    (tmp_path / "make.ceprog").write_text(MAKE)
    return run_suite(TEXT.format(step=step, tags=tags), device)


def makes(_af: int, type_: int, _protocol: int, _info: int, offset: int, _flags: int) -> int | Error:
    return Error(10044) if type_ == RAW else 1001 + offset // 628


def test_each_entry_is_a_case(run_suite, tmp_path) -> None:
    device = ScriptedDevice({"WSAEnumProtocolsW": enumerates, "WSASocketW": makes})
    ran = run(run_suite, tmp_path, "For Every Catalog Entry    Make It", device)
    assert {row.case: row.verdict for row in ran.rows} == {
        "One: TCP": Verdict.PASS,
        "One: UDP": Verdict.PASS,
        "One: RAW": Verdict.FAIL,
        "One: TCP6": Verdict.PASS,
    }
    assert ran.tests.status["One"] == "FAIL"
    assert "WSASocketW(AF_INET, SOCK_RAW, 0, NULL, 1256, 0)" in ran.tests.message["One"]
    assert "SOCK_STREAM" not in ran.tests.message["One"]


def test_only_some_entries(run_suite, tmp_path) -> None:
    device = ScriptedDevice({"WSAEnumProtocolsW": enumerates, "WSASocketW": makes})
    for choice, cases in (
        ("with_flag=PFL_MATCHES_PROTOCOL_ZERO    type=1", {"One: TCP", "One: RAW"}),
        ("without_flag=PFL_MATCHES_PROTOCOL_ZERO", {"One: UDP", "One: TCP6"}),
    ):
        ran = run(run_suite, tmp_path, f"For Every Catalog Entry    Make It    {choice}", device)
        assert {row.case for row in ran.rows} == cases
        assert ran.code == 0, ran.tests.message


def test_no_such_entry_is_not_provocable(run_suite, tmp_path) -> None:
    device = ScriptedDevice({"WSAEnumProtocolsW": enumerates, "WSASocketW": makes})
    step = "For Every Catalog Entry    Make It    with_flag=XP1_SUPPORT_MULTIPOINT"
    ran = run(run_suite, tmp_path, step, device)
    assert [(row.verdict, row.reason) for row in ran.rows] == [
        (Verdict.NOT_PROVOCABLE, "the device's catalog has no entry with XP1_SUPPORT_MULTIPOINT")
    ]


def test_a_device_that_does_not_enumerate_is_inconclusive(run_suite, tmp_path) -> None:
    for answer in (Error(10093), 0, Ends(OutcomeKind.UNRESOLVED, 126)):
        device = ScriptedDevice({"WSAEnumProtocolsW": answer})
        ran = run(run_suite, tmp_path, "For Every Catalog Entry    Make It", device)
        assert [row.verdict for row in ran.rows] == [Verdict.INCONCLUSIVE]
        assert ran.tests.status["One"] == "SKIP"


def test_every_contradiction_is_a_case(run_suite, tmp_path) -> None:
    text = TEXT.replace("    Value Should Be    $id\n", "")
    (tmp_path / "make.ceprog").write_text(MAKE.replace("$offset", "0"))
    device = ScriptedDevice({"WSAEnumProtocolsW": enumerates, "WSASocketW": Error(10022)})
    step = "For Every Contradiction    Make It"
    ran = run_suite(text.format(step=step, tags="WSASOCKET-019c    leg:type-and-protocol"), device)
    assert [row.case for row in ran.rows] == [
        "One: af 2, type 1, protocol 17",
        "One: af 2, type 2, protocol 6",
    ]


def test_a_family_that_the_catalog_has_is_not_absent(run_suite, tmp_path) -> None:
    device = ScriptedDevice({"WSAEnumProtocolsW": enumerates, "WSASocketW": makes})
    assert run(run_suite, tmp_path, "Needs Absent Family    AF_INET6", device).tests.status["One"] == "SKIP"
    assert run(run_suite, tmp_path, "Needs Absent Family    AF_IPX", device).tests.status["One"] == "PASS"
    assert run(run_suite, tmp_path, "Needs Absent Family    -2", device).tests.status["One"] == "PASS"


def test_the_device_is_asked_once(run_suite, tmp_path) -> None:
    device = ScriptedDevice({"WSAEnumProtocolsW": enumerates, "WSASocketW": makes})
    step = "\n    ".join(
        (
            "Needs Absent Family    AF_IPX",
            "${entries}=    Get Protocol Catalog",
            "Length Should Be    ${entries}    4",
        )
    )
    ran = run(run_suite, tmp_path, step, device)
    assert ran.code == 0, ran.tests.message
    assert len(device.programs) == 2


def read_info(_socket: int, _level: int, _name: int, value: memoryview, _length: memoryview) -> int:
    value[:628] = structure("RAW", AF_INET, RAW, 0, 1003, ZERO, span=255)
    return 0


def test_the_bound_entry_has_to_support_the_triple(run_suite) -> None:
    device = ScriptedDevice({"getsockopt": read_info})
    for protocol, status in (("0", "PASS"), ("IPPROTO_ICMP", "PASS"), ("255", "PASS"), ("256", "FAIL")):
        ran = run_suite(SUPPORT.format(af="AF_INET", type="SOCK_RAW", protocol=protocol), device)
        assert ran.tests.status["One"] == status
    for af, type_ in (("AF_INET6", "SOCK_RAW"), ("AF_INET", "SOCK_STREAM")):
        ran = run_suite(SUPPORT.format(af=af, type=type_, protocol="1"), device)
        assert ran.tests.status["One"] == "FAIL"
        assert [row.observed for row in ran.rows] == ["RAW: af 2, type 3, protocol 0 to 255"]


SUPPORT = """*** Test Cases ***
One
    [Tags]    WSASOCKET-025
    Run Program    call getsockopt(0, SOL_SOCKET, SO_PROTOCOL_INFOW, out info[628], in length = x"74020000")
    Protocol Info Should Support    info    {af}    {type}    {protocol}
"""
