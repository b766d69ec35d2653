"""Two sources, one set of numbers: the emulated device's own literals against the conformance data.

They are written down separately on purpose: one wrong number must not make suite and device agree.
"""

import inspect
from dataclasses import replace
from uuid import UUID

import pytest

import harness.emulator.errors
import harness.emulator.ws2
from harness.emulator.exports import EXPORTS
from harness.emulator.ws2 import constants, errors, overlapped, startup
from harness.emulator.ws2.catalog import ProtocolInfo
from harness.emulator.ws2.events import NETWORK_EVENTS_SIZE
from harness.emulator.ws2.selection import ANSWERS
from harness.emulator.ws2.settings import load_settings
from harness.emulator.ws2.sockaddr import SIZES
from harness.winsock import CONSTANTS, FUNCTIONS, STRUCTURES

OWN_NAMES = {"FD_MAX_EVENTS", "MAXIMUM_WAIT_EVENTS", "NI_NOFQDN", "NI_NUMERICHOST", "NI_NAMEREQD"} | {
    "NI_NUMERICSERV",
    "NI_DGRAM",
}
"""Numbers of the device for which the conformance data has no name."""


def numbers(module):
    return {name: value for name, value in vars(module).items() if name.isupper() and isinstance(value, int)}


@pytest.mark.parametrize(
    "module", [errors, constants, harness.emulator.errors], ids=lambda module: module.__name__
)
def test_constants(module):
    own = numbers(module)
    known = {name: value & 0xFFFFFFFF for name, value in own.items() if name in CONSTANTS}
    assert known == {name: CONSTANTS[name] & 0xFFFFFFFF for name in known}
    if module is not harness.emulator.errors:
        assert set(own) - set(known) <= OWN_NAMES


def test_enough_is_compared():
    assert len(numbers(errors)) > 40
    assert len(numbers(constants)) > 90


def test_the_protocol_structure():
    """Each member holds another value, and stands where the layout says."""
    members = {
        "dwServiceFlags1": 0x101,
        "dwServiceFlags2": 0x102,
        "dwServiceFlags3": 0x103,
        "dwServiceFlags4": 0x104,
        "dwProviderFlags": 0x105,
        "dwCatalogEntryId": 0x106,
        "iVersion": 0x107,
        "iAddressFamily": 0x108,
        "iMaxSockAddr": 0x109,
        "iMinSockAddr": 0x10A,
        "iSocketType": 0x10B,
        "iProtocol": 0x10C,
        "iProtocolMaxOffset": 0x10D,
        "iNetworkByteOrder": 0x10E,
        "iSecurityScheme": 0x10F,
        "dwMessageSize": 0x110,
        "dwProviderReserved": 0x111,
    }
    entry = ProtocolInfo(
        name="name",
        service_flags=0x101,
        reserved=(0x102, 0x103, 0x104, 0x111),
        provider_flags=0x105,
        provider=UUID(int=0x112),
        id=0x106,
        chain_length=2,
        chain=(0x113, 0x114),
        version=0x107,
        family=0x108,
        max_address=0x109,
        min_address=0x10A,
        type=0x10B,
        protocol=0x10C,
        protocol_range=0x10D,
        byte_order=0x10E,
        security=0x10F,
        message_size=0x110,
    )
    packed, layout = entry.pack(), STRUCTURES["WSAPROTOCOL_INFOW"]
    assert len(packed) == layout.size
    parts = {field.name: packed[field.offset : field.offset + field.size] for field in layout.fields}
    found = {name: int.from_bytes(parts[name], "little") for name in members}
    assert found == members
    assert parts["ProviderId"] == UUID(int=0x112).bytes_le
    words = [int.from_bytes(parts["ProtocolChain"][at : at + 4], "little") for at in (0, 4, 8)]
    assert words == [2, 0x113, 0x114]
    assert parts["szProtocol"].decode("utf-16-le").rstrip("\0") == "name"
    assert ProtocolInfo.unpack(packed) == replace(entry, built_in=False, chain=entry.chain + (0,) * 5)


def test_sizes():
    assert STRUCTURES["sockaddr_in"].size == SIZES[2]
    assert STRUCTURES["sockaddr_in6"].size == SIZES[23]
    assert STRUCTURES["WSADATA"].size == startup.WSADATA_SIZE
    assert STRUCTURES["WSAOVERLAPPED"].size == overlapped.OVERLAPPED_SIZE
    assert STRUCTURES["WSANETWORKEVENTS"].size == NETWORK_EVENTS_SIZE


def test_every_function_of_ws2_takes_as_many_arguments():
    exports = EXPORTS["ws2"]
    compared = 0
    for function in FUNCTIONS.values():
        if function.export is None:
            continue
        module, _, name = function.export.name.partition("!")
        if module == "ws2" and name in exports:
            assert len(exports[name].parameters) == len(function.parameters), name
            compared += 1
    assert compared > 60


def test_handlers_take_what_they_declare():
    for name, export in EXPORTS["ws2"].items():
        signature = inspect.signature(export.handler)
        assert len(signature.parameters) == 1 + len(export.parameters), name


def test_the_creation_answers_are_rows_of_the_documented_table():
    documented = {row.value for row in FUNCTIONS["WSASocket"].errors}
    assert set(ANSWERS.values()) <= documented


def test_the_default_catalog_uses_documented_numbers():
    entries = load_settings().entries
    assert {(entry.family, entry.type) for entry in entries} == {
        (CONSTANTS[family], CONSTANTS[kind])
        for family, kind in (
            ("AF_INET", "SOCK_STREAM"),
            ("AF_INET", "SOCK_DGRAM"),
            ("AF_INET", "SOCK_RAW"),
            ("AF_INET6", "SOCK_STREAM"),
            ("AF_INET6", "SOCK_DGRAM"),
        )
    }
