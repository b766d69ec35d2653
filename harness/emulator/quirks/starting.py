"""WSAStartup, WSACleanup, and what has to have been there before."""

from dataclasses import replace

from harness.emulator.exports import Blocking, Call
from harness.emulator.quirks.registry import quirk
from harness.emulator.replacing import Known, around, put
from harness.emulator.thread import Thread
from harness.emulator.ws2 import selection
from harness.emulator.ws2.catalog import Catalog
from harness.emulator.ws2.selection import Circumstances, Reason, Refused, Request, Selection
from harness.emulator.ws2.state import ProcessState


@quirk
def startup_is_not_needed() -> None:
    """WSASocket works without WSAStartup."""
    decide = selection.select

    def select(catalog: Catalog, request: Request, circumstances: Circumstances) -> Selection:
        return decide(catalog, request, replace(circumstances, initialised=True))

    put(selection, "select", select)


@quirk
def startup_does_not_count() -> None:
    """However often WSAStartup was called, one WSACleanup balances it."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        value = yield from known(call, *args)
        process = ProcessState.of(call)
        process.startups = min(process.startups, 1)
        return value

    around("WSAStartup", handle)


@quirk
def startup_counts_twice() -> None:
    """Every WSAStartup needs two WSACleanup."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        value = yield from known(call, *args)
        if value == 0:
            ProcessState.of(call).startups += 1
        return value

    around("WSAStartup", handle)


@quirk
def cleanup_is_forgotten() -> None:
    """WSACleanup returns 0 and does nothing."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        if ProcessState.of(call).startups:
            return 0
        return (yield from known(call, *args))

    around("WSACleanup", handle)


@quirk
def the_second_cleanup_fails() -> None:
    """WSACleanup that balances the second WSAStartup cleans up and fails with WSANOTINITIALISED."""
    second: set[ProcessState] = set()

    def started(known: Known, call: Call, *args: int) -> Blocking:
        value = yield from known(call, *args)
        if ProcessState.of(call).startups == 2:
            second.add(ProcessState.of(call))
        return value

    def cleaned(known: Known, call: Call, *args: int) -> Blocking:
        value = yield from known(call, *args)
        process = ProcessState.of(call)
        if process in second and process.startups == 0:
            return call.wsa_fail(10093)
        return value

    around("WSAStartup", started)
    around("WSACleanup", cleaned)


@quirk
def startup_is_said_to_fail() -> None:
    """WSAStartup for version 2.2 works and returns WSAVERNOTSUPPORTED."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        return (yield from known(call, *args)) or 10092

    around("WSAStartup", handle)


@quirk
def startup_is_for_one_thread() -> None:
    """Only the thread that called WSAStartup can receive and make sockets; others get WSANOTINITIALISED."""
    threads: dict[ProcessState, Thread] = {}

    def started(known: Known, call: Call, *args: int) -> Blocking:
        threads[ProcessState.of(call)] = call.thread
        return (yield from known(call, *args))

    def used(known: Known, call: Call, *args: int) -> Blocking:
        if threads.get(ProcessState.of(call), call.thread) is not call.thread:
            return call.wsa_fail(selection.ANSWERS[Reason.NOT_INITIALISED])
        return (yield from known(call, *args))

    around("WSAStartup", started)
    for name in ("send", "recv", "WSASocketW"):
        around(name, used)


@quirk
def the_subsystem_fails_for_structures() -> None:
    """WSASocket with a structure of an entry of the system fails with WSAENETDOWN."""
    decide = selection.select

    def select(catalog: Catalog, request: Request, circumstances: Circumstances) -> Selection:
        chosen = decide(catalog, request, circumstances)
        if request.info is not None and not chosen.entry.library:
            raise Refused(Reason.SUBSYSTEM_DOWN)
        return chosen

    put(selection, "select", select)
