"""The catalog file and the 628 bytes it becomes."""

import re
import struct

import pytest

from harness.emulator.ws2.catalog import Catalog, ProtocolInfo
from harness.emulator.ws2.settings import DEFAULT_FILE, CatalogError, load_settings

DEFAULT = DEFAULT_FILE.read_text(encoding="utf-8")


def test_the_structure_has_its_members_where_the_page_has_them():
    packed = next(iter(load_settings().entries)).pack()
    assert len(packed) == 628

    def word(offset: int) -> int:
        return struct.unpack_from("<I", packed, offset)[0]

    assert word(0) == 0x26  # delivery, order, graceful close
    assert word(16) == 8  # protocol 0 matches
    assert word(36) == 1001
    assert (word(40), word(44)) == (1, 0)
    assert [word(offset) for offset in range(72, 116, 4)] == [2, 2, 16, 16, 1, 6, 0, 0, 0, 0, 0]
    assert packed[116:130].decode("utf-16-le") == "TCP/IP\0"
    assert not any(packed[130:])


@pytest.mark.parametrize("entry", load_settings().entries, ids=lambda entry: entry.name)
def test_a_structure_survives_being_packed(entry):
    assert ProtocolInfo.unpack(entry.pack()).pack() == entry.pack()


def test_install_appends_with_new_ids_and_deinstall_removes_only_that():
    catalog = Catalog(load_settings().entries)
    provider = next(iter(catalog)).provider
    layer = ProtocolInfo(name="layer", id=0, family=90, type=9, protocol=1, chain_length=0)
    hidden = ProtocolInfo(name="hidden", id=0, family=90, type=9, protocol=1, provider_flags=4)
    assert [entry.id for entry in catalog.install([layer, hidden])] == [1006, 1007]
    assert [entry.name for entry in catalog][-2:] == ["layer", "hidden"]
    assert len(catalog.enumerated()) == 5
    assert len(catalog.selectable()) == 6
    assert not catalog.deinstall(provider)
    assert catalog.deinstall(layer.provider)
    assert len(catalog) == 5


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'name = "TCP/IP"',
            'nam = "TCP/IP"',
            r"\[\[protocol\]\] number 1: unknown key 'nam'; did you mean 'name'",
        ),
        ('name = "TCP/IP"', "name = 5", r"number 1: name: expected a text"),
        ('"AF_INET"', '"AF_INTE"', r"number 1: family: unknown 'AF_INTE'; did you mean 'AF_INET'"),
        ('"AF_INET"', '"SOCK_RAW"', r"number 1: family: unknown 'SOCK_RAW'"),
        ("id = 1002", "id = 1001", r"id 1001 is given to 'TCP/IP' and to 'UDP/IP'"),
        ("id = 1001", "id = 0", r"number 1: id: 0 is not within 1 to 4294967295"),
        ("id = 1001", "id = true", r"number 1: id: expected a number"),
        (
            '["XP1_GUARANTEED_DELIVERY"',
            '["XP1_GUARANTED_DELIVERY"',
            r"did you mean 'XP1_GUARANTEED_DELIVERY'",
        ),
        ('provider = "5b4d', 'provider = "xb4d', r"number 1: provider: expected a GUID"),
        ("protocol_range = 255", "chain = [1001]", r"number 3: chain: a chain has two entries or more"),
        ("protocol_range = 255", "chain = [1001, 7]", r"chain of 'RAW/IP': there is no entry with id 7"),
        ("descriptors = 1024", "descriptors = 0", r"\[limits\]: descriptors: 0 is not within 1 to"),
        (
            "descriptors = 1024",
            "descriptor = 9",
            r"\[limits\]: unknown key 'descriptor'; did you mean 'descriptors'",
        ),
        (
            '"10.0.2.15"',
            '"10.0.2"',
            r"\[network\]: addresses: expected an IPv4 or IPv6 address, found '10.0.2'",
        ),
        ('elsewhere = "unreachable"', 'elsewhere = "lost"', r"elsewhere: expected 'unreachable' or 'silent'"),
        (
            "connect_timeout = 21.0",
            'connect_timeout = "long"',
            r"connect_timeout: expected a number of seconds",
        ),
        ("[limits]", "[limit]", r"unknown key 'limit'; did you mean 'limits'"),
        ("[network]", "[network", r"line \d+, column"),
    ],
)
def test_a_mistake_is_one_line_that_says_where_and_what(tmp_path, old, new, message):
    assert old in DEFAULT
    file = tmp_path / "catalog.toml"
    file.write_text(DEFAULT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CatalogError) as error:
        load_settings(file)
    text = str(error.value)
    assert text.startswith(str(file))
    assert "\n" not in text
    assert re.search(message, text), text


def test_no_file_and_no_entry(tmp_path):
    with pytest.raises(CatalogError, match="no such file"):
        load_settings(tmp_path / "none.toml")
    empty = tmp_path / "empty.toml"
    empty.write_text("", encoding="utf-8")
    with pytest.raises(CatalogError, match=r"no \[\[protocol\]\] entry"):
        load_settings(empty)
