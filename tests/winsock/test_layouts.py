"""Constants and structure layouts, compared with an independent computation where there is one."""

import ctypes
from pathlib import Path

import pytest

from harness.errors import ConfigError, UsageError
from harness.winsock import CONSTANT_GROUPS, CONSTANTS, STRUCTURES
from harness.winsock.constants import load_constants
from harness.winsock.structures import load_structures

u16, u32 = ctypes.c_uint16, ctypes.c_uint32


class ProtocolInfo(ctypes.Structure):
    _fields_ = [
        *((name, u32) for name in ("flags1", "flags2", "flags3", "flags4", "dwProviderFlags")),
        ("ProviderId", ctypes.c_byte * 16),
        ("dwCatalogEntryId", u32),
        ("ProtocolChain", u32 * 8),
        *((name, u32) for name in ("iVersion", "iAddressFamily", "iMaxSockAddr", "iMinSockAddr")),
        *((name, u32) for name in ("iSocketType", "iProtocol", "iProtocolMaxOffset", "iNetworkByteOrder")),
        *((name, u32) for name in ("iSecurityScheme", "dwMessageSize", "dwProviderReserved")),
        ("szProtocol", u16 * 256),
    ]


class Data(ctypes.Structure):
    _fields_ = [
        ("wVersion", u16),
        ("wHighVersion", u16),
        ("szDescription", ctypes.c_char * 257),
        ("szSystemStatus", ctypes.c_char * 129),
        ("iMaxSockets", u16),
        ("iMaxUdpDg", u16),
        ("lpVendorInfo", u32),
    ]


@pytest.mark.parametrize(("name", "computed"), [("WSAPROTOCOL_INFOW", ProtocolInfo), ("WSADATA", Data)])
def test_layout_agrees_with_the_c_rules(name: str, computed: type[ctypes.Structure]) -> None:
    structure = STRUCTURES[name]
    assert structure.size == ctypes.sizeof(computed)
    for member, (of_c, *_) in zip(structure.fields, computed._fields_, strict=True):
        place = getattr(computed, of_c)
        assert (member.offset, member.size) == (place.offset, place.size), member.name


def test_sizes_that_programs_rely_on() -> None:
    sizes = {name: structure.size for name, structure in STRUCTURES.items()}
    assert sizes["WSAPROTOCOL_INFOW"] == 628
    assert sizes["sockaddr_in"] == 16
    assert sizes["WSABUF"] == 8
    assert sizes["WSAOVERLAPPED"] == 20
    assert sizes["fd_set"] == 260
    assert STRUCTURES["WSAPROTOCOL_INFOW"].field("dwCatalogEntryId").offset == 36


def test_an_unknown_member_is_named() -> None:
    with pytest.raises(UsageError, match="did you mean dwCatalogEntryId"):
        STRUCTURES["WSAPROTOCOL_INFOW"].field("dwCatalogEntryID")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[A]\nsize=4\nfields=[{name="a", type="int", offset=2, size=4}]', "at most 4"),
        (
            '[A]\nsize=8\nfields=[{name="a", type="int", offset=0, size=4},'
            '{name="b", type="int", offset=2, size=4}]',
            "at least 4",
        ),
        ('[A]\nfields=[{name="a", type="int", offset=0, size=4}]', r"\[A\] size"),
        ("A = 1", "a table"),
    ],
)
def test_a_wrong_layout_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "structures.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_structures(path)


def test_constants_by_name() -> None:
    assert CONSTANTS["AF_INET"] == 2
    assert CONSTANTS["SOCKET_ERROR"] == -1
    assert CONSTANTS["WSAINVALIDPROVIDER"] == CONSTANTS["WSAEINVALIDPROVIDER"] == 10105
    assert "WSAINVALIDPROVIDER" not in CONSTANT_GROUPS["errors"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[errors]\nA = 1\n[b]\nA = 1", r"\[b\] A: stands in \[errors\] already"),
        ('[errors]\nA = "1"', r"\[errors\] A: is '1' \(expected an integer"),
        ("[errors]\nA = 0x1_0000_0000", "a number of 32 bits"),
        ("[errors]\nA = true", "an integer"),
        ("[errors]\nA = 1\nB = 1", "B: is 1, as A is"),
        ("[basics]\nA = 1", "errors: is missing"),
    ],
)
def test_a_wrong_constant_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "constants.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_constants(path)
