"""Where the tables of WSPStartup have what: no page of Windows CE says it, so it is found by trying.

Each step relies only on what the one before has shown, and runs in a process of its own, whose end would cost
nothing:

1. An entry that says nothing: WSPStartup looks and writes nothing. The first word behind lpProtocolInfo that
   points to memory that can be written, not to code, is lpProcTable; what stands before it are the upcalls.
2. Entries that fill one place of the procedure table more each time, with functions that only say which they
   are. At the first number with which one is called, with the caller's triple, that one is WSPSocket, and the
   table is long enough; nothing was ever written behind its end. Two of the three numbers will do, in any
   order: a device that hands on wrong values is for the suites to judge.
3. Entries that make a descriptor with one upcall after the other. WPUCreateSocketHandle is the one of whose
   results closesocket brings one back to the provider, to WSPCloseSocket.
4. Entries whose WSPCloseSocket gives the descriptor back with one upcall after the other.
   WPUCloseSocketHandle is the one after which a second closesocket does not reach the provider.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TypeVar

from harness.device.files import Run, read, remove, run_text
from harness.program.result import Execution
from harness.provider.catalog import install_text, refusal, remove_all, remove_text
from harness.provider.records import Called, Created, Record, Startup, records
from harness.provider.refusals import UnavailableError, UnheededError
from harness.provider.words import FAMILY, PROTOCOL, TYPE, Entry
from harness.winsock import CONSTANTS

LOG = "\\ceprovider.log"
_NUMBER = 1
"""Of the provider that all trials install."""
_MOST_ENTRIES, _MOST_UPCALLS, _FEWEST_UPCALLS = 40, 32, 3
_GUESS = 3
_GUESS_RELEASE = 1
"""Where WPUCreateSocketHandle and WPUCloseSocketHandle stand when upcalls are in the order of their names."""
_WRITABLE = 0x04 | 0x08
"""PAGE_READWRITE, PAGE_WRITECOPY."""
_PASSED_OVER = frozenset(
    CONSTANTS[name]
    for name in ("WSAEAFNOSUPPORT", "WSAESOCKTNOSUPPORT", "WSAEPROTONOSUPPORT", "WSAEPROTOTYPE")
)
"""Codes that say that no entry matches; ours does."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Layout:
    """Number of upcalls, number of entries of the procedure table, and which of them are WSPSocket and
    WSPCloseSocket, WPUCreateSocketHandle and WPUCloseSocketHandle (`create` and `close`: None where no upcall
    makes a descriptor, `release`: where none gives one back)."""

    upcalls: int
    entries: int
    socket: int
    create: int | None
    close: int | None
    release: int | None

    def words(self) -> dict[str, int]:
        """As an entry says it."""
        return {word: value for word, value in asdict(self).items() if value is not None}


def find_layout(run: Run) -> Layout:
    """Find out. The provider has to be on the device. Raises UnavailableError with what cannot be seen,
    UnheededError where the device passes the provider over."""
    try:
        upcalls, named, released = _count_upcalls(run)
        entries, socket = _find_socket(run, upcalls)
        known = {"upcalls": upcalls, "entries": entries, "socket": socket}
        guesses = dict.fromkeys([*named, _GUESS, *range(upcalls)])
        for create in (guess for guess in guesses if guess < upcalls):
            close = _closed(_try(run, {**known, "create": create})[1])
            if close is not None:
                known |= {"create": create, "close": close}
                release = _find_release(run, known, released)
                return Layout(upcalls, entries, socket, create, close, release)
        return Layout(upcalls, entries, socket, None, None, None)
    finally:
        remove_all(run)
        remove(run, LOG)


def _try(run: Run, words: dict[str, int]) -> tuple[Execution, list[Record]]:
    """Install, make a socket, close it, remove, all in one process; what the provider wrote down."""
    remove(run, LOG)
    execution = _attempt(run, words)
    if not execution.outcome.returned:
        remove_all(run)
    return execution, records(read(run, LOG))


def _attempt(run: Run, words: dict[str, int]) -> Execution:
    execution = run_text(
        run,
        f"""
        fresh
        {install_text(_NUMBER, [Entry(words)])}
        when ok {{
            call WSAStartup(0x0202, scratch wsadata[512])
            tested = WSASocketW({FAMILY}, {TYPE}, {PROTOCOL}, NULL, 0, 0)
            when ok {{
                closed = closesocket(tested)
                again = closesocket(tested)
            }}
            {remove_text(_NUMBER)}
            ws2 = coredll!GetModuleHandleW(in module = w"ws2.dll")
            create = coredll!GetProcAddressW(ws2, in create_name = w"WPUCreateSocketHandle")
            release = coredll!GetProcAddressW(ws2, in release_name = w"WPUCloseSocketHandle")
        }}
        """,
        "trial of the service provider",
    )
    if execution.outcome.returned and not execution.named("installed").ok:
        raise UnavailableError(refusal(int.from_bytes(execution.buffers["install_error"], "little")))
    return execution


def _count_upcalls(run: Run) -> tuple[int, list[int], list[int]]:
    """How many there are, and where WPUCreateSocketHandle and WPUCloseSocketHandle stand, if ws2.dll exports
    them by name."""
    execution, found = _try(run, {})
    startup = _first(found, Startup)
    if startup is None:
        raise _not_started(execution)
    writable = (place for place, kind in enumerate(startup.protections) if kind & _WRITABLE)
    count = next(writable, 0)
    if not _FEWEST_UPCALLS <= count <= _MOST_UPCALLS:
        raise UnavailableError("the arguments of WSPStartup do not show where the procedure table is")

    def named(name: str) -> list[int]:
        address = execution.value(name) if execution.outcome.returned else None
        return [place for place in range(count) if address and startup.words[place] == address]

    return count, named("create"), named("release")


def _find_socket(run: Run, upcalls: int) -> tuple[int, int]:
    """Length of the procedure table, and the place of WSPSocket in it."""
    incomplete = CONSTANTS["WSAEINVALIDPROCTABLE"]
    for entries in range(1, _MOST_ENTRIES + 1):
        execution = _attempt(run, {"upcalls": upcalls, "entries": entries})
        if not execution.outcome.returned:
            remove_all(run)
        elif execution.named("tested").error == incomplete:
            continue
        for called in records(read(run, LOG)):
            if isinstance(called, Called) and len({FAMILY, TYPE, PROTOCOL} & set(called.arguments[:3])) >= 2:
                return entries, called.index
    what = f"ws2.dll does not call WSPSocket among the first {_MOST_ENTRIES} procedures"
    if execution.outcome.returned and execution.named("tested").error != incomplete:
        # The table was long enough for it.
        raise UnheededError(f"{what}: {_came_to(execution)}")
    raise UnavailableError(f"{what}: {_came_to(execution)}")


def _not_started(execution: Execution) -> UnavailableError:
    """A socket all the same, or a code that says that no entry matches, is the device's doing; else it may be
    that the DLL cannot be loaded."""
    tested = execution.named("tested") if execution.outcome.returned else None
    unheeded = tested is not None and (tested.ok or tested.error in _PASSED_OVER)
    return (UnheededError if unheeded else UnavailableError)(
        f"ws2.dll does not call WSPStartup of the service provider: {_came_to(execution)}"
    )


def _find_release(run: Run, known: dict[str, int], named: list[int]) -> int | None:
    """Which upcall WSPCloseSocket gives a descriptor back with."""
    upcalls = known["upcalls"]
    guesses: list[int] = [*named, _GUESS_RELEASE, *range(upcalls)]
    for release in dict.fromkeys(guesses):
        if release < upcalls and release != known["create"]:
            execution, found = _try(run, {**known, "release": release})
            came = [one for one in _all(found, Called) if one.index == known["close"]]
            if execution.outcome.returned and execution.named("closed").ok and len(came) == 1:
                return release
    return None


def _closed(found: list[Record]) -> int | None:
    """The procedure to which closesocket brought what the upcall had returned; None if it did not."""
    handles = {created.handle for created in _all(found, Created)} - {0, 0xFFFFFFFF}
    for called in _all(found, Called):
        if called.arguments[0] in handles:
            return called.index
    return None


def _first(found: list[Record], kind: type[_T]) -> _T | None:
    return next(_all(found, kind), None)


def _all(found: list[Record], kind: type[_T]) -> Iterator[_T]:
    return (one for one in found if isinstance(one, kind))


def _came_to(execution: Execution) -> str:
    if not execution.outcome.returned:
        return str(execution.outcome)
    result = execution.named("tested")
    return f"WSASocketW failed with {result.error}" if not result.ok else "WSASocketW succeeded"
