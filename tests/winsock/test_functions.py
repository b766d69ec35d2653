"""The function files: all of them load, and a mistake in one is named."""

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.winsock import FUNCTIONS, error_meaning, error_name, named
from harness.winsock.functions import Functions, load_function

GOOD = """
name = "frob"
export = "ws2!frob"
result = "int"
returns = "0"
failure = "SOCKET_ERROR"
fails = "minus-one"
code = "last-error"
complete = true
since = "Windows CE 1.0"
header = "Winsock2.h"
page = "ms1"

parameters = [
  { name = "s", type = "SOCKET", direction = "in" },
]

[pages]
ce-6 = "ee1"

[[error]]
code = "WSAEINVAL"
value = 10022
condition = "s is odd"
"""


def frob(folder: Path, text: str = GOOD) -> Path:
    path = folder / "frob.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_file_is_valid() -> None:
    assert len(FUNCTIONS) == 80
    for name, function in FUNCTIONS.items():
        assert function.name == name
        assert function.returns
        if function.failure == "none":
            assert not function.errors, f"{name} cannot fail but has an error table"
        if function.code == "none":
            assert not function.errors, f"{name} leaves no code but has an error table"


def test_row_counts_are_those_of_the_pages() -> None:
    rows = [row for function in FUNCTIONS.values() for row in function.errors]
    assert sum(row.source == "ce" for row in rows) == 502
    assert sum(row.source == "win32" for row in rows) == 22
    assert sum(function.complete for function in FUNCTIONS.values()) == 75


def test_wsasocket_error_table_in_the_order_of_the_page() -> None:
    table = [(row.name, row.value, row.sub) for row in FUNCTIONS["WSASocket"].errors]
    assert table == [
        ("WSANOTINITIALISED", 10093, ""),
        ("WSAENETDOWN", 10050, ""),
        ("WSAEAFNOSUPPORT", 10047, ""),
        ("WSAEINPROGRESS", 10036, ""),
        ("WSAEMFILE", 10024, ""),
        ("WSAENOBUFS", 10055, ""),
        ("WSAEPROTONOSUPPORT", 10043, ""),
        ("WSAEPROTOTYPE", 10041, ""),
        ("WSAESOCKTNOSUPPORT", 10044, ""),
        ("WSAEINVAL", 10022, "a"),
        ("WSAEINVAL", 10022, "b"),
        ("WSAEINVAL", 10022, "c"),
        ("WSAEFAULT", 10014, ""),
        ("WSAINVALIDPROVIDER", 10105, ""),
        ("WSAINVALIDPROCTABLE", 10104, ""),
    ]


@pytest.mark.parametrize(
    ("name", "fails", "code"),
    [
        ("WSASocket", 2, "last-error"),
        ("closesocket", 2, "last-error"),
        ("WSAStartup", 3, "value"),
        ("getaddrinfo", 3, "value"),
        ("WSACloseEvent", 1, "last-error"),
        ("WSACreateEvent", 4, "last-error"),
        ("gethostbyname", 4, "last-error"),
        ("WSCInstallProvider", 2, "lpErrno"),
        ("WSAWaitForMultipleEvents", 2, "last-error"),
        ("WSAGetLastError", 0, "none"),
        ("htons", 0, "none"),
        ("inet_addr", 2, "none"),
    ],
)
def test_failure_rules(name: str, fails: int, code: str) -> None:
    function = FUNCTIONS[name]
    assert function.export is not None
    assert (function.export.fails, function.code) == (fails, code)


def test_only_functions_that_leave_a_last_error_read_it_with_winsock() -> None:
    for function in FUNCTIONS.values():
        if function.export:
            winsock = function.export.reader == "ws2!WSAGetLastError"
            assert winsock == (function.code == "last-error"), function.name


@pytest.mark.parametrize("name", ["WSASocket", "WSASocketW", "ws2!WSASocketW"])
def test_a_function_is_found_by_each_of_its_names(name: str) -> None:
    assert FUNCTIONS.find(name) is FUNCTIONS["WSASocket"]


@pytest.mark.parametrize(
    "name", ["ws2!WSASocket", "coredll!WSASocketW", "WSASocketA", "bindW", "wsasocket", ""]
)
def test_other_names_are_not_found(name: str) -> None:
    assert FUNCTIONS.find(name) is None


def test_what_only_a_provider_offers_has_no_export() -> None:
    assert FUNCTIONS["WSPSocket"].export is None
    assert FUNCTIONS.find("WSPSocket") is FUNCTIONS["WSPSocket"]


def test_errors_in_words() -> None:
    assert error_name(10047) == "WSAEAFNOSUPPORT"
    assert error_name(10105) == "WSAEINVALIDPROVIDER"
    assert error_name(4711) == "error 4711"
    assert named(10014) == "WSAEFAULT (10014)"
    assert named(0) == "error 0"


def test_meaning_of_a_code_joins_its_conditions() -> None:
    meaning = error_meaning("WSASocketW", 10022)
    assert meaning.startswith("(a) g is not valid; (b) the structure")
    assert "; (c) " in meaning
    assert error_meaning("WSASocket", 10060) == ""
    assert error_meaning("frob", 10022) == ""


def test_a_function_is_read_only_when_it_is_asked_for(tmp_path: Path) -> None:
    frob(tmp_path)
    (tmp_path / "other.toml").write_text("not = = toml")
    functions = Functions(tmp_path)
    assert list(functions) == ["frob", "other"]
    assert functions["frob"].errors[0].condition == "s is odd"
    with pytest.raises(ConfigError, match=r"other\.toml:1"):
        functions["other"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "frob"', 'name = "fob"', ["frob.toml name", "'fob'", "'frob'"]),
        ('fails = "minus-one"', 'fails = "minus"', ["fails", "never, zero, minus-one, nonzero, null-word"]),
        ('code = "last-error"', 'code = "errno"', ["code", "'errno'", "lpErrno"]),
        ('returns = "0"', "returns = 0", ["returns", "expected a text"]),
        ('returns = "0"', 'returns = " "', ["returns", "not empty"]),
        ('page = "ms1"', "", ["page", "is missing"]),
        ('page = "ms1"', 'page = "ms1"\npgae = "x"', ["pgae", "did you mean page?"]),
        ("complete = true", 'complete = "yes"', ["complete", "true or false"]),
        ('"ws2!frob"', '"frob"', ["export", "module!name"]),
        ('direction = "in"', 'direction = "inout"', ["[parameters 1]", "direction", "in,out"]),
        ("value = 10022", "value = 10023", ["[error 1]", "value", "WSAEINVAL as in constants.toml"]),
        ("value = 10022", 'value = "10022"', ["[error 1]", "value", "an integer"]),
        ('code = "WSAEINVAL"', 'code = "WSAEINVALID"', ["[error 1]", "WSAEINVALID"]),
        ('condition = "s is odd"', 'conditon = "s is odd"', ["[error 1]", "condition", "missing"]),
        ('ce-6 = "ee1"', 'ce-7 = "ee1"', ["[pages]", "ce-7"]),
        ("complete = true", "complete = tru", ["frob.toml:9"]),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, said: list[str]) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        load_function(frob(tmp_path, GOOD.replace(old, new)))
    for part in said:
        assert part in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read"):
        load_function(tmp_path / "none.toml")
