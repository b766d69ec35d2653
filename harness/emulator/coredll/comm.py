"""Serial port settings and events."""

from __future__ import annotations

import struct

from harness.emulator.comm import DCB_SIZE, CommFile
from harness.emulator.errors import (
    ERROR_DEVICE_REMOVED,
    ERROR_INVALID_HANDLE,
    ERROR_INVALID_PARAMETER,
    ERROR_OPERATION_ABORTED,
)
from harness.emulator.exports import Blocking, Call, export
from harness.emulator.objects import StreamError

EV_RXCHAR, EV_TXEMPTY = 0x1, 0x4
MODEM_CTS, MODEM_DSR, MODEM_RLSD = 0x10, 0x20, 0x80
LARGEST_FUNCTION = 12
BYTE_SIZE_AT = 18


def _port(call: Call, handle: int) -> CommFile | None:
    port = call.process.handles.get(handle, CommFile)
    if port is None:
        call.thread.last_error = ERROR_INVALID_HANDLE
    elif port.port.removed:
        call.thread.last_error = ERROR_DEVICE_REMOVED
        return None
    return port


@export("coredll!GetCommState", "port dcb")
def get_comm_state(call: Call, handle: int, dcb: int) -> int:
    port = _port(call, handle)
    if port is None:
        return 0
    call.process.memory.write(dcb, port.dcb)
    return 1


@export("coredll!SetCommState", "port dcb")
def set_comm_state(call: Call, handle: int, dcb: int) -> int:
    """Kept, but without effect on the speed: the host's end is a pseudo terminal."""
    port = _port(call, handle)
    if port is None:
        return 0
    data = call.process.memory.read(dcb, DCB_SIZE)
    length, baud = struct.unpack_from("<II", data)
    if length != DCB_SIZE or not baud or not 5 <= data[BYTE_SIZE_AT] <= 8:
        return call.fail(ERROR_INVALID_PARAMETER)
    port.dcb[:] = data
    return 1


@export("coredll!GetCommTimeouts", "port timeouts")
def get_comm_timeouts(call: Call, handle: int, timeouts: int) -> int:
    port = _port(call, handle)
    if port is None:
        return 0
    call.process.memory.write(timeouts, struct.pack("<5I", *port.timeouts))
    return 1


@export("coredll!SetCommTimeouts", "port timeouts")
def set_comm_timeouts(call: Call, handle: int, timeouts: int) -> int:
    port = _port(call, handle)
    if port is None:
        return 0
    a, b, c, d, e = call.process.memory.words(timeouts, 5)
    port.timeouts = (a, b, c, d, e)
    return 1


@export("coredll!SetupComm", "port receive send")
def setup_comm(call: Call, handle: int, receive: int, send: int) -> int:
    return 0 if _port(call, handle) is None else 1


@export("coredll!PurgeComm", "port flags")
def purge_comm(call: Call, handle: int, flags: int) -> int:
    port = _port(call, handle)
    if port is None:
        return 0
    if not flags or flags & ~0xF:
        return call.fail(ERROR_INVALID_PARAMETER)
    port.purge(flags)
    return 1


@export("coredll!ClearCommError", "port errors status")
def clear_comm_error(call: Call, handle: int, errors: int, status: int) -> int:
    port = _port(call, handle)
    if port is None:
        return 0
    if errors:
        call.process.memory.set_u32(errors, 0)
    if status:
        call.process.memory.write(status, struct.pack("<3I", 0, port.port.fetch(), 0))
    return 1


@export("coredll!SetCommMask", "port mask")
def set_comm_mask(call: Call, handle: int, mask: int) -> int:
    """Ends a WaitCommEvent that is under way, as on CE."""
    port = _port(call, handle)
    if port is None:
        return 0
    port.mask = mask
    call.device.io.forget(port.port)
    return 1


@export("coredll!GetCommMask", "port mask")
def get_comm_mask(call: Call, handle: int, mask: int) -> int:
    port = _port(call, handle)
    if port is None:
        return 0
    call.process.memory.set_u32(mask, port.mask)
    return 1


@export("coredll!WaitCommEvent", "port mask overlapped")
def wait_comm_event(call: Call, handle: int, mask: int, overlapped: int) -> Blocking:
    """Received bytes and "all sent" are the only events that a pseudo terminal knows."""
    port = _port(call, handle)
    if port is None:
        return 0
    if overlapped or not port.mask:
        return call.fail(ERROR_INVALID_PARAMETER)
    if port.mask & EV_TXEMPTY:
        call.process.memory.set_u32(mask, EV_TXEMPTY)
        return 1
    arrived = yield from port.wait_received()
    if port.port.removed:
        return call.fail(ERROR_DEVICE_REMOVED)
    if not arrived and port.references == 0:
        return call.fail(ERROR_OPERATION_ABORTED)
    call.process.memory.set_u32(mask, EV_RXCHAR & port.mask if arrived else 0)
    return 1


@export("coredll!GetCommModemStatus", "port status")
def get_comm_modem_status(call: Call, handle: int, status: int) -> int:
    if _port(call, handle) is None:
        return 0
    call.process.memory.set_u32(status, MODEM_CTS | MODEM_DSR | MODEM_RLSD)
    return 1


@export("coredll!EscapeCommFunction", "port function")
def escape_comm_function(call: Call, handle: int, function: int) -> int:
    if _port(call, handle) is None:
        return 0
    return 1 if 1 <= function <= LARGEST_FUNCTION else call.fail(ERROR_INVALID_PARAMETER)


@export("coredll!TransmitCommChar", "port character")
def transmit_comm_char(call: Call, handle: int, character: int) -> Blocking:
    port = _port(call, handle)
    if port is None:
        return 0
    try:
        written = yield from port.write(bytes((character & 0xFF,)))
    except StreamError as error:
        return call.fail(error.code)
    return 1 if written else call.fail(ERROR_OPERATION_ABORTED)
