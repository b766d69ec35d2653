"""What the agent says about the witness's lines: the same calls as programs, the results in its words."""

from collections.abc import Callable

from harness.device import Device
from harness.program.result import SENTINEL, CallResult, Execution, OutcomeKind
from harness.program.text import parse
from harness.winsock import symbols

INFO = 628
ID = 36
ENTRIES = 32


class _Writer:
    """One line of the witness as program text; results that count are named r0, r1, ..."""

    def __init__(self) -> None:
        self.lines = ["fresh", "deadline 1s"]
        self.results: list[str] = []
        self.sockets: list[str] = []
        self._count = 0

    def new(self, what: str) -> str:
        self._count += 1
        return f"{what}{self._count}"

    def call(self, text: str, how: str) -> str:
        name = f"r{len(self.results)}"
        self.lines.append(f"{name} = {text}")
        self.results.append(how)
        return name

    def socket(self, text: str) -> None:
        self.sockets.append(self.call(text, "socket"))

    def entry(self, number: int) -> tuple[str, int]:
        """The buffer of the catalog, and where in it the entry begins."""
        catalog, length = self.new("catalog"), self.new("length")
        self.lines += [
            f"buffer scratch {length}[4]",
            f"store &{length}, 4, {ENTRIES * INFO}",
            f"call WSAEnumProtocolsW(NULL, scratch {catalog}[{ENTRIES * INFO}], &{length})",
        ]
        return catalog, number * INFO

    def page(self, allocation: str, protection: str) -> str:
        page = self.new("page")
        self.lines.append(f"{page} = coredll!VirtualAlloc(NULL, 4096, {allocation}, {protection})")
        return page

    def straddling(self) -> str:
        pages, place, rest, length = map(self.new, ("pages", "place", "rest", "length"))
        # Written whole by the device itself; then the page with all but its first 40 bytes is taken away.
        self.lines += [
            f"{pages} = coredll!VirtualAlloc(NULL, {(ENTRIES + 8) * INFO}, MEM_COMMIT, PAGE_READWRITE)",
            f"{place} = {pages} + {4096 - 40}",
            f"buffer scratch {length}[4]",
            f"store &{length}, 4, {ENTRIES * INFO}",
            f"call WSAEnumProtocolsW(NULL, {place}, &{length})",
            f"{rest} = {pages} + 4096",
            f"call coredll!VirtualFree({rest}, 4096, MEM_DECOMMIT)",
        ]
        return place

    def structure(self, word: str) -> str:
        kind, _, rest = word.partition(":")
        match kind:
            case "null":
                return "NULL"
            case "zeros":
                return f"scratch {self.new('zeros')}[{INFO}]"
            case "reserved":
                return self.page("MEM_RESERVE", "PAGE_READWRITE")
            case "noaccess":
                return self.page("MEM_COMMIT", "PAGE_NOACCESS")
            case "straddling":
                return self.straddling()
            case "garbage":
                catalog, offset = self.entry(int(rest))
                garbage = self.new("garbage")
                self.lines += [
                    f'buffer in {garbage} = x"{"A5" * INFO}"',
                    f"store &{garbage}+{ID}, 4, {catalog}+{offset + ID}:4",
                ]
                return f"&{garbage}"
            case "entry":
                number, _, id_ = rest.partition(",id=")
                catalog, offset = self.entry(int(number))
                if id_:
                    self.lines.append(f"store &{catalog}+{offset + ID}, 4, {id_}")
                return f"&{catalog}+{offset}"
        return word

    def transfer(self, function: str, which: str, overlapped: bool) -> None:
        vector, data, count, flags = map(self.new, ("vector", "data", "count", "flags"))
        self.lines += [
            f"buffer scratch {vector}[WSABUF]",
            f"buffer scratch {data}[4]",
            f"store &{vector}+WSABUF.len, 4, 4",
            f"store &{vector}+WSABUF.buf, word, &{data}",
        ]
        operation = "NULL"
        if overlapped:
            structure, event = self.new("operation"), self.new("event")
            self.lines += [
                f"{event} = WSACreateEvent()",
                f"buffer scratch {structure}[WSAOVERLAPPED]",
                f"store &{structure}+WSAOVERLAPPED.hEvent, word, {event}",
            ]
            operation = f"&{structure}"
        last = f"scratch {flags}[4]" if function == "WSARecv" else "0"
        text = f"{function}({which}, &{vector}, 1, scratch {count}[4], {last}, {operation}, NULL)"
        self.call(text, "int")


def _address(writer: _Writer) -> str:
    return f'in {writer.new("address")} = x"0200 0000 7F000001 0000000000000000"'


def _connect(writer: _Writer, function: str, from_: str, to: str) -> None:
    address, length = writer.new("address"), writer.new("length")
    writer.lines.append(f'call getsockname({to}, scratch {address}[16], in {length} = x"10000000")')
    more = ", NULL, NULL, NULL, NULL" if function == "WSAConnect" else ""
    writer.call(f"{function}({from_}, &{address}, 16{more})", "int")


def _address_list(writer: _Writer, which: str) -> None:
    event, structure, returned = map(writer.new, ("event", "operation", "returned"))
    writer.lines += [
        f"{event} = WSACreateEvent()",
        f"buffer scratch {structure}[WSAOVERLAPPED]",
        f"store &{structure}+WSAOVERLAPPED.hEvent, word, {event}",
    ]
    arguments = f"NULL, 0, NULL, 0, scratch {returned}[4], &{structure}, NULL"
    writer.call(f"WSAIoctl({which}, SIO_ADDRESS_LIST_CHANGE, {arguments})", "int")


def _join_leaf(writer: _Writer, which: str) -> None:
    group = f'in {writer.new("group")} = x"0200 14E9 E00000FB 0000000000000000"'
    writer.socket(f"WSAJoinLeaf({which}, {group}, 16, NULL, NULL, NULL, NULL, JL_BOTH)")


def _protocol_info(writer: _Writer, which: str) -> None:
    info, length = f"info{len(writer.results)}", writer.new("length")
    arguments = f'SOL_SOCKET, SO_PROTOCOL_INFOW, out {info}[{INFO}], in {length} = x"74020000"'
    writer.call(f"getsockopt({which}, {arguments})", f"int {info}+{ID}")


def _platform(writer: _Writer) -> None:
    version = 'inout version[OSVERSIONINFOW] = x"14010000"'
    writer.call(f"coredll!GetVersionExW({version})", "buffer version+16")


def _step(writer: _Writer, words: list[str]) -> None:
    name, *given = words
    of = writer.sockets
    plain: dict[str, Callable[[str], str]] = {
        "close": lambda s: f"closesocket({s})",
        "bind": lambda s: f"bind({s}, {_address(writer)}, 16)",
        "listen": lambda s: f"listen({s}, 1)",
        "send": lambda s: f'send({s}, in {writer.new("sent")} = x"666F7572", 4, 0)',
        "recv": lambda s: f"recv({s}, scratch {writer.new('got')}[4], 4, 0)",
    }
    match name:
        case "startup":
            writer.call(f"WSAStartup({given[0]}, scratch {writer.new('data')}[WSADATA])", "value")
        case "cleanup":
            writer.call("WSACleanup()", "int")
        case "socket":
            family, type_, protocol, info, group, flags = given
            structure = writer.structure(info)
            writer.socket(f"WSASocketW({family}, {type_}, {protocol}, {structure}, {group}, {flags})")
        case "plain-socket":
            writer.socket(f"socket({', '.join(given)})")
        case "accept":
            writer.socket(f"accept({of[int(given[0])]}, NULL, NULL)")
        case "connect" | "WSAConnect":
            _connect(writer, name, of[int(given[0])], of[int(given[1])])
        case "WSASend" | "WSARecv" | "overlapped-WSASend" | "overlapped-WSARecv":
            writer.transfer(name.removeprefix("overlapped-"), of[int(given[0])], "-" in name)
        case "address-list-change":
            _address_list(writer, of[int(given[0])])
        case "join-leaf":
            _join_leaf(writer, of[int(given[0])])
        case "protocol-info":
            _protocol_info(writer, of[int(given[0])])
        case "platform":
            _platform(writer)
        case _:
            writer.call(plain[name](of[int(given[0])]), "int")


def agent_says(device: Device, line: str) -> str:
    """The line and its results, as the witness writes them. Raises KeyError for a step that is none."""
    writer = _Writer()
    for step in line.split(";"):
        _step(writer, step.split())
    text = "\n".join(writer.lines) + "\n"
    execution = device.run(parse(text, symbols(device.word), name=line))
    return f"{line} -> {'; '.join(_results(execution, writer.results))}"


def _results(execution: Execution, results: list[str]) -> list[str]:
    said: list[str] = []
    outcome = execution.outcome
    for number, how in enumerate(results):
        call = execution.named(f"r{number}")
        if outcome.call == execution.calls.index(call):
            break
        said += _result(execution, call, how)
    match outcome.kind:
        case OutcomeKind.RETURNED:
            pass
        case OutcomeKind.FAULTED:
            said.append(f"exception 0x{outcome.detail or 0:08X}")
        case _:
            said.append(outcome.kind.value)
    return said


def _result(execution: Execution, call: CallResult, how: str) -> list[str]:
    kind, _, place = how.partition(" ")
    assert call.value is not None, execution
    found: list[str] = []
    if kind != "buffer":
        number = call.value & 0xFFFFFFFF
        value = "socket" if kind == "socket" and call.error is None else str(number - (number >> 31 << 32))
        error = "no error" if call.error == SENTINEL else str(call.error)
        found.append(value if call.error is None or kind == "value" else f"{value} ({error})")
    if place:
        buffer, _, offset = place.partition("+")
        found.append(str(int.from_bytes(execution.buffers[buffer][int(offset) :][:4], "little")))
    return found
