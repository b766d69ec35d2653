"""Event objects of Winsock, WSAEventSelect and WSAEnumNetworkEvents."""

import struct

from harness.emulator.exports import Objects
from harness.emulator.objects import Event
from harness.emulator.ws2.api import Waiting, Winsock, winsock
from harness.emulator.ws2.constants import (
    FD_MAX_EVENTS,
    MAXIMUM_WAIT_EVENTS,
    WSA_INFINITE,
    WSA_WAIT_FAILED,
    WSA_WAIT_TIMEOUT,
)
from harness.emulator.ws2.errors import (
    WSA_INVALID_HANDLE,
    WSA_INVALID_PARAMETER,
    WSAEINVAL,
    WinsockError,
)
from harness.emulator.ws2.netevents import KNOWN, NetworkEvents
from harness.emulator.ws2.sockets import State

NETWORK_EVENTS_SIZE = 4 + 4 * FD_MAX_EVENTS


def event_of(ws: Winsock, handle: int) -> Event:
    """The event object of a handle. Raises WSA_INVALID_HANDLE."""
    event = ws.call.process.handles.get(handle, Event)
    if not isinstance(event, Event):
        raise WinsockError(WSA_INVALID_HANDLE)
    return event


@winsock("WSACreateEvent", failure=0, startup=False)
def wsa_create_event(ws: Winsock) -> int:
    """A manual-reset event, not signalled (ms898734). Its page has no error table; it needs no WSAStartup."""
    handle: int = ws.call.process.handles.add(Event(True, False))
    return handle


@winsock("WSACloseEvent", "hEvent", failure=0, startup=False)
def wsa_close_event(ws: Winsock, handle: int) -> int:
    """Close an event object (ms898731). WSA_INVALID_HANDLE."""
    event_of(ws, handle)
    ws.call.process.handles.close(handle)
    return 1


@winsock("WSASetEvent", "hEvent", failure=0, startup=False)
def wsa_set_event(ws: Winsock, handle: int) -> int:
    """Signal it (ms898769). WSA_INVALID_HANDLE."""
    event_of(ws, handle).set()
    return 1


@winsock("WSAResetEvent", "hEvent", failure=0, startup=False)
def wsa_reset_event(ws: Winsock, handle: int) -> int:
    """Take the signal back (ms898765). WSA_INVALID_HANDLE."""
    event_of(ws, handle).reset()
    return 1


@winsock(
    "WSAWaitForMultipleEvents", "cEvents lphEvents fWaitAll dwTimeout fAlertable", failure=WSA_WAIT_FAILED
)
def wsa_wait_for_multiple_events(
    ws: Winsock, count: int, handles: int, wait_all: int, timeout: int, alertable: int
) -> Waiting[int]:
    """Wait for one of 1 to 64 events; the index of the lowest signalled one, or WSA_WAIT_TIMEOUT (ms900456).

    WSANOTINITIALISED, WSAENETDOWN, WSA_INVALID_PARAMETER (the count, or fWaitAll with several events:
    WaitForMultipleObjects of CE has no wait for all), WSA_INVALID_HANDLE. fAlertable changes nothing: CE
    has no asynchronous procedure calls.
    """
    if not 1 <= count <= MAXIMUM_WAIT_EVENTS or (wait_all and count > 1):
        raise WinsockError(WSA_INVALID_PARAMETER)
    events = [event_of(ws, handle) for handle in ws.memory.words(handles, count)]
    woke = yield Objects(events, None if timeout == WSA_INFINITE else timeout / 1000)
    return woke.index if woke else WSA_WAIT_TIMEOUT


@winsock("WSAEventSelect", "s hEventObject lNetworkEvents", provider="WSPEventSelect")
def wsa_event_select(ws: Winsock, s: int, handle: int, mask: int) -> int:
    """Tie network events of a socket to an event object; the socket becomes nonblocking (ms898740).

    WSAENOTSOCK, WSAEINVAL (no such event object, unknown bits). Mask 0 ends it, and the handle is ignored
    then.
    """
    sock = ws.socket(s)
    if mask & ~KNOWN:
        raise WinsockError(WSAEINVAL)
    if mask == 0:
        sock.events = None
        sock.nonblocking = True
        return 0
    event = ws.call.process.handles.get(handle, Event)
    if not isinstance(event, Event):
        raise WinsockError(WSAEINVAL)
    sock.nonblocking = True
    sock.events = NetworkEvents(event, mask, connected=sock.state is State.CONNECTED)
    sock.events.look(sock)
    return 0


@winsock("WSAEnumNetworkEvents", "s hEventObject lpNetworkEvents", provider="WSPEnumNetworkEvents")
def wsa_enum_network_events(ws: Winsock, s: int, handle: int, result: int) -> int:
    """What has happened since the last call; clears the record, and resets the event if one is given
    (ms898738).

    WSAENOTSOCK, WSAEFAULT, WSAEINVAL (no such event object).
    """
    sock = ws.socket(s)
    event = None
    if handle:
        event = ws.call.process.handles.get(handle, Event)
        if not isinstance(event, Event):
            raise WinsockError(WSAEINVAL)
    ws.need_writable(result, NETWORK_EVENTS_SIZE)
    recorded, errors = 0, [0] * FD_MAX_EVENTS
    if isinstance(sock.events, NetworkEvents):
        recorded, errors = sock.events.take()
    ws.memory.write(result, struct.pack(f"<I{FD_MAX_EVENTS}I", recorded, *errors))
    if event is not None:
        event.reset()
    return 0
