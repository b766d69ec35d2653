"""socket, WSASocketW and closesocket."""

from harness.emulator.exports import Blocking, Call, GuestFault, export
from harness.emulator.ws2 import api, providers, selection
from harness.emulator.ws2.api import ProcessState, Waiting, Winsock, signed, winsock
from harness.emulator.ws2.catalog import PROTOCOL_INFO_SIZE, Catalog, ProtocolInfo
from harness.emulator.ws2.constants import INVALID_SOCKET, WSA_FLAG_OVERLAPPED
from harness.emulator.ws2.errors import WSAEWOULDBLOCK, WinsockError
from harness.emulator.ws2.selection import (
    UNREADABLE,
    Circumstances,
    Reason,
    Refused,
    Request,
    Selection,
)
from harness.emulator.ws2.sockets import Socket


@export("ws2!WSASocketW", "af type protocol lpProtocolInfo g dwFlags")
def wsa_socket(
    call: Call, family: int, kind: int, protocol: int, info_pointer: int, group: int, flags: int
) -> Blocking:
    """A socket of the catalog entry that `selection.select` chooses (ms898773).

    Every error it gives is in `selection.ANSWERS`, or comes from a service provider. Overlapped only with
    WSA_FLAG_OVERLAPPED.
    """
    info = _structure(call, info_pointer)
    request = Request(signed(family), signed(kind), signed(protocol), info, group, flags)
    return (yield from _create(call, request, info_pointer, overlapped=bool(flags & WSA_FLAG_OVERLAPPED)))


@export("ws2!socket", "af type protocol")
def socket(call: Call, family: int, kind: int, protocol: int) -> Blocking:
    """The same choice without a structure. The socket is overlapped, unlike WSASocket's (aa450958)."""
    request = Request(signed(family), signed(kind), signed(protocol), flags=WSA_FLAG_OVERLAPPED)
    return (yield from _create(call, request, 0, overlapped=True))


def _structure(call: Call, pointer: int) -> object:
    """What lpProtocolInfo points to: None, UNREADABLE or the structure."""
    if pointer == 0:
        return None
    try:
        return ProtocolInfo.unpack(call.process.memory.read(pointer, PROTOCOL_INFO_SIZE))
    except GuestFault:
        return UNREADABLE


def _create(call: Call, request: Request, info_pointer: int, *, overlapped: bool) -> Blocking:
    process = ProcessState.of(call)
    try:
        chosen = select(process.device.catalog, request, process.circumstances)
    except Refused as refused:
        return refuse(call, request, refused.reason)
    if chosen.entry.library:
        return (yield from _ask_provider(Winsock(call, process), chosen.entry, request, info_pointer))
    handle, _ = process.create(chosen, overlapped=overlapped)
    return handle


def select(catalog: Catalog, request: Request, circumstances: Circumstances) -> Selection:
    """The choice of `selection.select`, for WSASocketW and socket alike. Raises Refused."""
    return selection.select(catalog, request, circumstances)


def refuse(call: Call, request: Request, reason: Reason) -> int:
    """No socket comes of the request: the code of the reason."""
    return call.wsa_fail(selection.ANSWERS[reason], INVALID_SOCKET)


def _ask_provider(ws: Winsock, entry: ProtocolInfo, request: Request, info_pointer: int) -> Blocking:
    """WSPSocket of the entry's provider, with the caller's values as they came; its error is the caller's."""
    try:
        provider = yield from providers.started(ws, entry)
        values = (request.family, request.type, request.protocol)
        return (
            yield from provider.call(
                ws,
                "WSPSocket",
                *(value & 0xFFFFFFFF for value in values),
                info_pointer,
                request.group,
                request.flags,
            )
        )
    except WinsockError as error:
        return ws.call.wsa_fail(error.code, INVALID_SOCKET)


@winsock("closesocket", "s", network=False, provider="WSPCloseSocket")
def closesocket(ws: Winsock, s: int) -> Waiting[int]:
    """Release a socket (ms887908). WSANOTINITIALISED, WSAENETDOWN, WSAENOTSOCK, WSAEWOULDBLOCK, WSAEINTR.

    While the network is down a socket can be closed all the same: what it has left behind can be given back.
    SO_LINGER with time 0 resets the connection. With a time, a blocking socket waits that long for its data
    to be acknowledged, then resets; a nonblocking one that would have to wait answers WSAEWOULDBLOCK, and
    stays.
    """
    sock = ws.process.socket(s)
    on, seconds = sock.linger
    reset = False
    if on and sock.stream is not None:
        reset = seconds == 0
        if seconds and _unacknowledged(sock):
            if sock.nonblocking:
                raise WinsockError(WSAEWOULDBLOCK)
            deadline = ws.call.device.clock.seconds() + seconds
            while _unacknowledged(sock) and not reset:
                left = deadline - ws.call.device.clock.seconds()
                reset = left <= 0 or not (yield from api.wait_change(sock, timeout=left))
    ws.process.close(s, reset=reset)
    return 0


def _unacknowledged(sock: Socket) -> bool:
    return sock.stream is not None and not sock.stream.error and sock.stream.peer.unread() > 0
