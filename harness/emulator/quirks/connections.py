"""Connections, and the bytes that go through them."""

from typing import Any

from harness.emulator.exports import Blocking, Call, Objects
from harness.emulator.objects import Event
from harness.emulator.quirks.registry import quirk
from harness.emulator.replacing import Known, around, put, result_of
from harness.emulator.ws2 import ioctl, receiving, selection, transfer
from harness.emulator.ws2.constants import FIONREAD, SOCKET_ERROR
from harness.emulator.ws2.errors import (
    WSAECONNREFUSED,
    WSAECONNRESET,
    WSAEINVAL,
    WSAENOTCONN,
    WSAENOTSOCK,
    WSAEWOULDBLOCK,
    WinsockError,
)
from harness.emulator.ws2.selection import Reason
from harness.emulator.ws2.sockets import Socket
from harness.emulator.ws2.state import ProcessState
from harness.emulator.ws2.streams import GONE, StreamEnd

MANY = 100
"""Bytes that are more than a message of a few words."""


# --- before and after the connection --------------------------------------------------------------------


def _unconnected(name: str, value: int | None, code: int = 0) -> None:
    """A call on a socket without a connection returns a value, or waits for ever."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        result = yield from known(call, *args)
        if result == SOCKET_ERROR and call.thread.wsa_error == WSAENOTCONN:
            if value is None:
                yield Objects([Event(manual_reset=True, signalled=False)])
            return call.wsa_fail(code, SOCKET_ERROR) if code else value
        return result

    around(name, handle)


@quirk
def sending_needs_no_connection() -> None:
    """send on a stream socket without a connection says that it has sent everything."""
    _unconnected("send", 11)


@quirk
def wsasend_needs_no_connection() -> None:
    """WSASend on a stream socket without a connection succeeds."""
    _unconnected("WSASend", 0)


@quirk
def receiving_without_a_connection_is_the_end() -> None:
    """recv on a stream socket without a connection returns 0, as after the peer's end."""
    _unconnected("recv", 0)


@quirk
def receiving_waits_for_a_connection() -> None:
    """WSARecv on a stream socket without a connection never returns."""
    _unconnected("WSARecv", None)


@quirk
def no_connection_is_an_invalid_call() -> None:
    """A transfer on a stream socket without a connection fails with WSAEINVAL."""
    known = transfer.connected_stream

    def connected(sock: Socket) -> StreamEnd:
        try:
            return known(sock)
        except WinsockError:
            raise WinsockError(WSAEINVAL) from None

    put(transfer, "connected_stream", connected)


@quirk
def wsaconnect_is_refused() -> None:
    """WSAConnect of a stream socket fails with WSAECONNREFUSED."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        yield from ()
        return call.wsa_fail(WSAECONNREFUSED, SOCKET_ERROR)

    around("WSAConnect", handle)


@quirk
def wsaconnect_says_that_it_failed() -> None:
    """WSAConnect connects and fails with WSAEWOULDBLOCK."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        yield from known(call, *args)
        return call.wsa_fail(WSAEWOULDBLOCK, SOCKET_ERROR)

    around("WSAConnect", handle)


@quirk
def wsaconnect_connects_one_way() -> None:
    """What comes from the peer of a connection that WSAConnect made is lost but for its first byte."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        value = yield from known(call, *args)
        sock = ProcessState.of(call)._sockets.get(args[0])
        if sock is not None and sock.stream is not None:
            end = sock.stream
            deliver = end.deliver
            put(end, "deliver", lambda data: deliver(bytes(data[:1])))
        return value

    around("WSAConnect", handle)


# --- the bytes ------------------------------------------------------------------------------------------


@quirk
def byte_doubled_at_the_end_of_a_stream() -> None:
    """The last byte of a long stream comes twice."""
    deliver, finish = StreamEnd.deliver, StreamEnd.finish
    last: dict[StreamEnd, bytes] = {}

    def keep(end: StreamEnd, data: bytes | memoryview) -> None:
        if len(data) > MANY:
            last[end] = bytes(data[-1:])
        deliver(end, data)

    def double(end: StreamEnd) -> None:
        end.buffer += last.pop(end, b"")
        finish(end)

    put(StreamEnd, "deliver", keep)
    put(StreamEnd, "finish", double)


def delivered(change: Any) -> None:
    """What arrives at an end of a connection is what `change` makes of it."""
    deliver = StreamEnd.deliver
    put(StreamEnd, "deliver", lambda end, data: deliver(end, change(bytes(data))))


@quirk
def the_last_byte_of_a_message_is_lost() -> None:
    """Of a message of 11 bytes only 10 arrive."""
    delivered(lambda data: data[:-1] if len(data) == 11 else data)


@quirk
def the_last_byte_of_a_long_write_is_lost() -> None:
    """The last byte of a long write does not arrive."""
    delivered(lambda data: data[:-1] if len(data) > MANY else data)


@quirk
def the_first_byte_of_a_message_is_doubled() -> None:
    """The first byte of a message of 11 bytes arrives twice."""
    delivered(lambda data: data[:1] + data if len(data) == 11 else data)


@quirk
def long_writes_arrive_turned_round() -> None:
    """The halves of a long write arrive in the wrong order."""
    delivered(lambda data: data[len(data) // 2 :] + data[: len(data) // 2] if len(data) > MANY else data)


@quirk
def one_bit_is_turned_over() -> None:
    """One bit of the hundredth byte of a long write is turned over."""
    delivered(
        lambda data: (
            data[: MANY - 1] + bytes([data[MANY - 1] ^ 4]) + data[MANY:] if len(data) > MANY else data
        )
    )


@quirk
def zeros_arrive() -> None:
    """Of a short message, only its length arrives: the bytes are zeros."""
    delivered(lambda data: bytes(len(data)) if len(data) == 11 else data)


@quirk
def send_counts_wrongly() -> None:
    """send of 11 bytes says that it took 5."""
    result_of("send", lambda call, value, args: 5 if value == 11 else value)


@quirk
def recv_counts_wrongly() -> None:
    """recv of 11 bytes says that there were 5."""
    result_of("recv", lambda call, value, args: 5 if value == 11 else value)


@quirk
def wsasend_counts_wrongly() -> None:
    """WSASend leaves a number of bytes that is too small by 1."""
    _counted("WSASend", -1)


@quirk
def wsarecv_counts_wrongly() -> None:
    """WSARecv leaves a number of bytes that is too large by 1."""
    _counted("WSARecv", 1)


def _counted(name: str, wrong: int) -> None:
    def handle(known: Known, call: Call, *args: int) -> Blocking:
        value = yield from known(call, *args)
        if value == 0 and args[3]:
            memory = call.process.memory
            memory.set_u32(args[3], memory.u32(args[3]) + wrong)
        return value

    around(name, handle)


# --- several threads ------------------------------------------------------------------------------------

_receiving: list[int] = []
"""The sockets that a thread waits in recv for."""


def _receives_are_counted() -> None:
    def handle(known: Known, call: Call, *args: int) -> Blocking:
        _receiving.append(args[0])
        try:
            return (yield from known(call, *args))
        finally:
            _receiving.remove(args[0])

    around("recv", handle)


@quirk
def no_socket_beside_a_receive() -> None:
    """While a thread waits in recv, WSASocket refuses with WSAEINVAL."""
    _receives_are_counted()
    decide = selection.select

    def select(catalog: Any, request: Any, circumstances: Any) -> selection.Selection:
        if _receiving:
            raise selection.Refused(Reason.GROUP)
        return decide(catalog, request, circumstances)

    put(selection, "select", select)


@quirk
def a_socket_waits_for_the_receive() -> None:
    """While a thread waits in recv, WSASocket waits too."""
    _receives_are_counted()

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        if _receiving:
            yield Objects([Event(manual_reset=True, signalled=False)])
        return (yield from known(call, *args))

    around("WSASocketW", handle)


@quirk
def one_direction_at_a_time() -> None:
    """While a thread waits in recv of a socket, send on it fails with WSAEWOULDBLOCK."""
    _receives_are_counted()

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        if args[0] in _receiving:
            return call.wsa_fail(WSAEWOULDBLOCK, SOCKET_ERROR)
        return (yield from known(call, *args))

    around("send", handle)


# --- the end --------------------------------------------------------------------------------------------


@quirk
def the_end_of_a_stream_is_a_reset() -> None:
    """A connection that the peer has ended fails with WSAECONNRESET once everything is read."""
    put(StreamEnd, "finish", lambda end: end.fail(WSAECONNRESET))


@quirk
def the_end_of_a_stream_is_not_told() -> None:
    """The peer of a closed socket never learns of it."""
    close = StreamEnd.close

    def silent(end: StreamEnd, *, reset: bool) -> None:
        end.peer = GONE
        close(end, reset=reset)

    put(StreamEnd, "close", silent)


def _closed(name: str, value: int, code: int = 0) -> None:
    """A call with a closed descriptor returns a value."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        result = yield from known(call, *args)
        if result == SOCKET_ERROR and call.thread.wsa_error == WSAENOTSOCK:
            return call.wsa_fail(code, SOCKET_ERROR) if code else value
        return result

    around(name, handle)


@quirk
def a_closed_descriptor_takes_bytes() -> None:
    """send with a closed descriptor says that it has sent everything."""
    _closed("send", 11)


@quirk
def a_closed_descriptor_is_an_ended_stream() -> None:
    """recv with a closed descriptor returns 0."""
    _closed("recv", 0)


@quirk
def a_closed_descriptor_is_not_connected() -> None:
    """WSASend and WSARecv with a closed descriptor fail with WSAENOTCONN."""
    _closed("WSASend", 0, WSAENOTCONN)
    _closed("WSARecv", 0, WSAENOTCONN)


# --- overlapped sockets used plainly --------------------------------------------------------------------


@quirk
def overlapped_sockets_do_not_wait() -> None:
    """A receive without an overlapped structure on an overlapped socket fails with WSAEWOULDBLOCK."""
    wait_for = receiving._wait_for

    def impatient(sock: Socket, size: int, flags: int) -> Any:
        if sock.overlapped and transfer.try_receive(sock, size, flags | 2) is None:
            raise WinsockError(WSAEWOULDBLOCK)
        return (yield from wait_for(sock, size, flags))

    put(receiving, "_wait_for", impatient)


@quirk
def waiting_bytes_are_counted_wrongly() -> None:
    """WSAIoctl with FIONREAD counts one byte too many."""
    known = ioctl.pending_bytes

    def counted(sock: Socket) -> int:
        return known(sock) + sock.overlapped

    put(ioctl, "pending_bytes", counted)


@quirk
def wsaioctl_needs_an_overlapped_structure() -> None:
    """WSAIoctl without an overlapped structure fails with WSAEINVAL on an overlapped socket."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        value = yield from known(call, *args)
        return call.wsa_fail(WSAEINVAL, SOCKET_ERROR) if args[1] == FIONREAD and not args[7] else value

    around("WSAIoctl", handle)
