"""The names of the DLL."""

from harness.emulator.dll import EmulatedDll, listed_names
from harness.emulator.exports import EXPORTS, VARIABLES

RETURN = b"\xc3" * 8


def test_every_name_that_the_dll_has_on_ce_is_there():
    named = {name for name, export in EXPORTS["ws2"].items() if not export.unnamed}
    assert {*named, *VARIABLES["ws2"]} == set(listed_names("ws2"))


def test_upcalls_have_no_names():
    dll = EmulatedDll("ws2", 0x4000_0000, RETURN, 1)
    assert dll.address("WPUCreateSocketHandle") is None
    assert dll.pointer("WPUCreateSocketHandle") & 1
    named = EmulatedDll("ws2", 0x4000_0000, RETURN, 1, all_named=True)
    assert named.address("WPUCreateSocketHandle") == named.pointer("WPUCreateSocketHandle")


def test_variables_lie_in_the_module():
    dll = EmulatedDll("ws2", 0x4000_0000, RETURN, 1)
    for name, value in (("in6addr_any", bytes(16)), ("in6addr_loopback", bytes(15) + b"\1")):
        address = dll.address(name)
        assert address is not None
        offset = address - dll.base
        assert bytes(dll.buffer.view[offset : offset + 16]) == value
        assert offset % 4 == 0
    assert dll.address("WSASocketW") == dll.slot("WSASocketW") | 1
    assert dll.address("WSASocketA") is None
