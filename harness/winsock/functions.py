"""The documented functions: one TOML file each, read when it is asked for."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.winsock.constants import CONSTANTS
from harness.winsock.model import FAILS, ErrorRow, Export, Function, Parameter
from harness.winsock.reader import FOLDER, Table, read

DIRECTIONS = {"in": "in", "out": "out", "in,out": "in,out"}
SOURCES = {"ce": "ce", "win32": "win32"}
CODES = {word: word for word in ("last-error", "value", "lpErrno", "none")}
EDITIONS = ("ce-net-4x", "ce-5", "ce-6", "windows-mobile", "compact-2013")

LAST_ERROR = ("ws2!WSAGetLastError", "ws2!WSASetLastError")
OTHER_ERROR = ("coredll!GetLastError", "coredll!SetLastError")


def load_function(path: Path) -> Function:
    """One function. Raises `ConfigError` with file, section, key and what was expected."""
    table = read(path)
    name = table.text("name")
    if name != path.stem:
        raise table.wrong("name", f"is {name!r}", f"{path.stem!r}, as the file is called")
    parameters = tuple(_parameter(item) for item in table.tables("parameters"))
    fails = table.choice("fails", FAILS)
    code = table.choice("code", CODES)
    export = None
    if "export" in table:
        text = table.text("export")
        if text.count("!") != 1:
            raise table.wrong("export", f"is {text!r}", "module!name, as in ws2!socket")
        reader, setter = LAST_ERROR if code == "last-error" else OTHER_ERROR
        export = Export(text, tuple(item.name for item in parameters), fails, reader, setter)
    pages = table.table("pages") if "pages" in table else Table({}, path)
    function = Function(
        name=name,
        export=export,
        result=table.text("result"),
        returns=table.text("returns"),
        failure=table.text("failure"),
        code=code,
        parameters=parameters,
        errors=tuple(_error(item) for item in table.tables("error", [])),
        complete=table.flag("complete"),
        since=table.text("since"),
        header=table.text("header"),
        page=table.text("page"),
        pages={edition: pages.text(edition) for edition in EDITIONS if edition in pages},
        notes=table.text("notes", ""),
    )
    pages.done()
    table.done()
    return function


def _parameter(table: Table) -> Parameter:
    parameter = Parameter(table.text("name"), table.text("type"), table.choice("direction", DIRECTIONS))
    table.done()
    return parameter


def _error(table: Table) -> ErrorRow:
    name = table.text("code")
    value = table.number("value")
    header = table.text("header", name)
    for spelling in (name, header):
        if CONSTANTS.get(spelling) != value:
            raise table.wrong("value", f"is {value}", f"{spelling} as in constants.toml")
    row = ErrorRow(
        name=name,
        value=value,
        condition=table.text("condition"),
        header=header,
        sub=table.text("sub", ""),
        source=table.choice("source", SOURCES, "ce"),
        eai=table.text("eai", ""),
    )
    table.done()
    return row


class Functions(Mapping[str, Function]):
    """Documented name to function; a file is read when its function is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Function] = {}
        self._names: tuple[str, ...] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All documented names, sorted."""
        if self._names is None:
            self._names = tuple(sorted(path.stem for path in self._folder.glob("*.toml")))
        return self._names

    def __getitem__(self, name: str) -> Function:
        if name not in self._known:
            if name not in self.names:
                raise KeyError(name)
            self._known[name] = load_function(self._folder / f"{name}.toml")
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def find(self, name: str) -> Function | None:
        """By documented name or by export: WSASocket, WSASocketW, ws2!WSASocketW; None if unknown."""
        module, mark, bare = name.rpartition("!")
        if mark and module != "ws2":
            return None
        function = self.get(bare) or self.get(bare.removesuffix("W"))
        if function is None:
            return None
        spellings = {function.name} if not mark else set()
        if function.export:
            spellings |= {function.export.name, function.export.name.rpartition("!")[2]}
        return function if name in spellings else None


FUNCTIONS = Functions(FOLDER / "functions")
"""Documented name ("WSASocket") to function."""


def error_meaning(function: str, code: int) -> str:
    """What the function's page says about a code, empty if it does not list it or the function is unknown.

    Several conditions of one code are joined: "(a) g is not valid; (b) ...".
    """
    known = FUNCTIONS.find(function)
    rows = known.rows(code) if known else ()
    return "; ".join(f"({row.sub}) {row.condition}" if row.sub else row.condition for row in rows)
