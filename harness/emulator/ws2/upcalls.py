"""The upcalls: functions of ws2.dll that only service providers call, through the table they are handed.

Their last argument says where their error code goes. The seven that CE's page of upcalls does not name
(ms885421) have no service behind them here, and fail.
"""

from collections.abc import Callable
from typing import TypeVar

from harness.emulator.exports import Call, Handler, export
from harness.emulator.objects import Event
from harness.emulator.ws2.constants import INVALID_SOCKET, SOCKET_ERROR
from harness.emulator.ws2.errors import (
    WSA_INVALID_HANDLE,
    WSAEINVAL,
    WSAENOTSOCK,
    WSAEOPNOTSUPP,
    WinsockError,
)
from harness.emulator.ws2.state import ProcessState

_F = TypeVar("_F", bound=Handler)


def upcall(name: str, parameters: str) -> Callable[[_F], _F]:
    return export(f"ws2!{name}", parameters, unnamed=True)


def _fail(call: Call, error: int, code: int, value: int) -> int:
    call.process.memory.set_u32(error, code)
    return value


@upcall("WPUCreateSocketHandle", "dwCatalogEntryId dwContext lpErrno")
def create_socket_handle(call: Call, entry: int, context: int, error: int) -> int:
    """WSAENOBUFS when there are no descriptors left (ms898718); WSAEINVAL for an entry whose provider
    does not run in this process."""
    try:
        return ProcessState.of(call).create_foreign(entry, context)
    except WinsockError as failure:
        return _fail(call, error, failure.code, INVALID_SOCKET)


@upcall("WPUCloseSocketHandle", "s lpErrno")
def close_socket_handle(call: Call, s: int, error: int) -> int:
    """WSAENOTSOCK (ms898716)."""
    if not ProcessState.of(call).close_foreign(s):
        return _fail(call, error, WSAENOTSOCK, SOCKET_ERROR)
    return 0


@upcall("WPUQuerySocketHandleContext", "s lpContext lpErrno")
def query_socket_handle_context(call: Call, s: int, context: int, error: int) -> int:
    """WSAENOTSOCK (ms898722)."""
    sock = ProcessState.of(call).foreign(s)
    if sock is None:
        return _fail(call, error, WSAENOTSOCK, SOCKET_ERROR)
    call.process.memory.set_u32(context, sock.context)
    return 0


@upcall("WPUFDIsSet", "s set")
def fd_is_set(call: Call, s: int, members: int) -> int:
    """Is a descriptor in a set? (ms898719)"""
    memory = call.process.memory
    count = min(memory.u32(members), 64)
    return int(any(memory.u32(members + 4 + 4 * place) == s for place in range(count)))


# --- events ---------------------------------------------------------------------------------------------


@upcall("WPUCreateEvent", "lpErrno")
def create_event(call: Call, error: int) -> int:
    """Manual reset, not signalled (ms898717)."""
    return call.process.handles.add(Event(manual_reset=True, signalled=False))


@upcall("WPUCloseEvent", "hEvent lpErrno")
def close_event(call: Call, handle: int, error: int) -> int:
    """WSA_INVALID_HANDLE (ms898715)."""
    if call.process.handles.get(handle, Event) is None:
        return _fail(call, error, WSA_INVALID_HANDLE, 0)
    call.process.handles.close(handle)
    return 1


@upcall("WPUSetEvent", "hEvent lpErrno")
def set_event(call: Call, handle: int, error: int) -> int:
    """WSA_INVALID_HANDLE (ms898724)."""
    event = call.process.handles.get(handle, Event)
    if event is None:
        return _fail(call, error, WSA_INVALID_HANDLE, 0)
    event.set()
    return 1


@upcall("WPUResetEvent", "hEvent lpErrno")
def reset_event(call: Call, handle: int, error: int) -> int:
    """WSA_INVALID_HANDLE (ms898723)."""
    event = call.process.handles.get(handle, Event)
    if event is None:
        return _fail(call, error, WSA_INVALID_HANDLE, 0)
    event.reset()
    return 1


# --- of the desktop's table alone -----------------------------------------------------------------------


@upcall("WPUGetProviderPath", "lpProviderId lpszProviderDllPath lpProviderDllPathLen lpErrno")
def get_provider_path(call: Call, provider: int, path: int, length: int, error: int) -> int:
    return _fail(call, error, WSAEINVAL, SOCKET_ERROR)


@upcall("WPUModifyIFSHandle", "dwCatalogEntryId ProposedHandle lpErrno")
def modify_ifs_handle(call: Call, entry: int, proposed: int, error: int) -> int:
    return _fail(call, error, WSAEOPNOTSUPP, INVALID_SOCKET)


@upcall("WPUPostMessage", "hWnd Msg wParam lParam")
def post_message(call: Call, window: int, message: int, word: int, long: int) -> int:
    return 0


@upcall("WPUQueryBlockingCallback", "dwCatalogEntryId lplpfnCallback lpdwContext lpErrno")
def query_blocking_callback(call: Call, entry: int, callback: int, context: int, error: int) -> int:
    call.process.memory.set_u32(callback, 0)
    return 0


@upcall("WPUQueueApc", "lpThreadId lpfnUserApc dwContext lpErrno")
def queue_apc(call: Call, thread: int, function: int, context: int, error: int) -> int:
    return _fail(call, error, WSAEOPNOTSUPP, SOCKET_ERROR)


@upcall("WPUOpenCurrentThread", "lpThreadId lpErrno")
def open_current_thread(call: Call, thread: int, error: int) -> int:
    call.process.memory.set_u32(thread, 0)
    return _fail(call, error, WSAEOPNOTSUPP, SOCKET_ERROR)


@upcall("WPUCloseThread", "lpThreadId lpErrno")
def close_thread(call: Call, thread: int, error: int) -> int:
    return _fail(call, error, WSAEOPNOTSUPP, SOCKET_ERROR)
