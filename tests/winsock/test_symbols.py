"""Names as call programs look them up."""

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.winsock import COREDLL, FUNCTIONS, symbols
from harness.winsock.symbols import load_coredll

SIX = ("af", "type", "protocol", "lpProtocolInfo", "g", "dwFlags")


@pytest.mark.parametrize("name", ["WSASocketW", "WSASocket", "ws2!WSASocketW"])
def test_a_winsock_function(name: str) -> None:
    export = symbols().function(name)
    assert export is not None
    assert (export.name, export.fails) == ("ws2!WSASocketW", 2)
    assert (export.reader, export.setter) == ("ws2!WSAGetLastError", "ws2!WSASetLastError")
    assert symbols().parameters(name) == SIX


@pytest.mark.parametrize("name", ["VirtualAlloc", "coredll!VirtualAlloc"])
def test_a_coredll_function(name: str) -> None:
    export = symbols().function(name)
    assert export is not None
    assert (export.name, export.fails, export.reader) == ("coredll!VirtualAlloc", 4, "coredll!GetLastError")
    assert symbols().parameters(name) == ("lpAddress", "dwSize", "flAllocationType", "flProtect")


@pytest.mark.parametrize("name", ["Frob", "ws2!VirtualAlloc", "coredll!WSASocketW", "WSPSocket", "a!b!c", ""])
def test_what_is_not_known(name: str) -> None:
    assert symbols().function(name) is None
    assert symbols().parameters(name) is None


def test_constants() -> None:
    assert symbols().constant("WSA_FLAG_OVERLAPPED") == 1
    assert symbols().constant("MEM_COMMIT") == 0x1000
    assert symbols().constant("FROB") is None


@pytest.mark.parametrize(
    ("typo", "meant"),
    [
        ("WSASokcetW", "WSASocketW"),
        ("wsasocketw", "WSASocketW"),
        ("ws2!WSASokcetW", "ws2!WSASocketW"),
        ("coredll!VirtualAloc", "coredll!VirtualAlloc"),
        ("AF_INET4", "AF_INET"),
        ("af_inet6", "AF_INET6"),
        ("IPROTO_TCP", "IPPROTO_TCP"),
        ("qqqqqqqq", None),
        ("kernel32!Sleep", None),
    ],
)
def test_suggestions(typo: str, meant: str | None) -> None:
    assert symbols().suggest(typo) == meant


def test_every_exported_function_can_be_looked_up() -> None:
    for function in FUNCTIONS.values():
        if function.export:
            assert symbols().function(function.export.name) is function.export
            assert symbols().function(function.name) is function.export


def test_no_name_is_both_winsock_and_coredll() -> None:
    assert not [name for name in COREDLL if FUNCTIONS.find(name.partition("!")[2])]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[Sleep]\nparameters = ["ms"]', r"\[Sleep\] fails: is missing"),
        ('[Sleep]\nparameters = "ms"\nfails = "never"', "a list of texts"),
        ('[Sleep]\nparameters = []\nfails = "sometimes"', "one of never, zero"),
        ('[Sleep]\nparameters = []\nfails = "never"\nreads = "x"', "reads: is not a known key"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "coredll.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_coredll(path)
