"""Constants and structure layouts, compared with an independent computation where there is one."""

import ctypes
import importlib.util
import subprocess
from pathlib import Path

import pytest

from harness.errors import ConfigError, UsageError
from harness.winsock import CONSTANT_GROUPS, CONSTANTS, STRUCTURES, structures, symbols
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


CE_ONLY = {"WSPPROC_TABLE", "WSPUPCALLTABLE", "WSPDATA"}
"""Two layouts that Windows CE does not publish; and the headers' description of a provider is a character
shorter."""


@pytest.mark.parametrize(("word", "target"), [(4, "i686-windows-gnu"), (8, "x86_64-windows-gnu")])
def test_layouts_agree_with_the_headers_of_desktop_windows(word: int, target: str, tmp_path: Path) -> None:
    """Those that the compiler of the agents brings with it: nobody here wrote them."""
    spec = importlib.util.find_spec("ziglang")
    if spec is None or spec.origin is None:
        pytest.skip("the compiler is missing: pip install 'ceharness[build]'")
    compiler = Path(spec.origin).parent
    headers = (compiler / "lib" / "include", compiler / "lib" / "libc" / "include" / "any-windows-any")
    source = tmp_path / "layouts.c"
    lines = [f"#include <{name}>" for name in ("stddef.h", "winsock2.h", "ws2tcpip.h", "ws2spi.h")]
    for structure in structures(word).values():
        if structure.name in CE_ONLY:
            continue
        of_c = f"struct {structure.name}"
        if structure.name.isupper():
            of_c = structure.name
        lines.append(
            f"_Static_assert(sizeof({of_c}) == {structure.size}, {structure.name!r});".replace("'", '"')
        )
        for field in structure.fields:
            member = f"{of_c}, {field.name}"
            size = f"sizeof((({of_c} *)0)->{field.name})"
            lines.append(f'_Static_assert(offsetof({member}) == {field.offset}, "{field.name}");')
            lines.append(f'_Static_assert({size} == {field.size}, "{field.name}");')
    source.write_text("\n".join(lines) + "\n", encoding="ascii")
    line = [compiler / "zig", "clang", f"--target={target}", "-w", "-fsyntax-only", source]
    for folder in headers:
        line += ["-isystem", folder]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_differs_where_a_word_has_8_bytes() -> None:
    narrow, wide = symbols(4), symbols(8)
    assert (narrow.word, wide.word) == (4, 8)
    assert (narrow.layout("WSABUF"), wide.layout("WSABUF")) == (8, 16)
    assert (narrow.layout("WSAOVERLAPPED.hEvent"), wide.layout("WSAOVERLAPPED.hEvent")) == (16, 24)
    assert narrow.layout("WSAPROTOCOL_INFOW") == wide.layout("WSAPROTOCOL_INFOW") == 628
    assert (narrow.layout("WSPUPCALLTABLE"), wide.layout("WSPUPCALLTABLE")) == (60, None)
    for unknown in ("WSABUFF", "WSABUF.", "WSABUF.bufs", ".buf", "WSABUF.buf.x"):
        assert narrow.layout(unknown) is None
    for all_ones in ("INVALID_SOCKET", "INVALID_HANDLE_VALUE"):
        assert (narrow.constant(all_ones), wide.constant(all_ones)) == ((1 << 32) - 1, (1 << 64) - 1)
    assert narrow.suggest("WSABUF.buff") == "WSABUF.buf"


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
        (
            '[A]\nsize=4\nfields=[{name="a", type="int", offset=0, size=4}]\n'
            '[A.64-bit]\nsize=4\nfields=[{name="a", type="int", offset=0, size=8}]',
            r"\[A.64-bit, fields 1\] size: makes a end at 8",
        ),
        (
            '[A]\nsize=4\nonly-32-bit=1\nfields=[{name="a", type="int", offset=0, size=4}]',
            "only-32-bit: is 1",
        ),
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
