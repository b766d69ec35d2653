"""WSAStartup, WSACleanup and the thread's last Winsock error."""

import struct

from harness.emulator.exports import Call, GuestFault, export
from harness.emulator.ws2 import providers
from harness.emulator.ws2.api import ProcessState, Waiting, Winsock, winsock
from harness.emulator.ws2.errors import WSAEFAULT, WSAVERNOTSUPPORTED

LOWEST, HIGHEST = (1, 0), (2, 2)
"""Winsock versions the device has, as (major, minor)."""
VERSIONS = ((1, 0), (1, 1), (2, 0), (2, 1), (2, 2))
WSADATA_SIZE = 400
_WSADATA = struct.Struct("<HH257s129sHH2xI")
assert _WSADATA.size == WSADATA_SIZE


def negotiate(requested: int) -> int | None:
    """The version a program gets for wVersionRequested (low byte major, high byte minor); None: none.

    The lower of what is asked for and what there is (CE page ms898774); below the lowest there is none.
    """
    wanted = (requested & 0xFF, requested >> 8 & 0xFF)
    fitting = [version for version in VERSIONS if version <= wanted]
    if not fitting:
        return None
    major, minor = fitting[-1]
    return major | minor << 8


@export("ws2!WSAStartup", "wVersionRequested lpWSAData")
def wsa_startup(call: Call, requested: int, data: int) -> int:
    """Returns its code: WSAEFAULT, WSAVERNOTSUPPORTED, or 0. Every success needs its own WSACleanup."""
    process = ProcessState.of(call)
    if not call.process.memory.writable(data, WSADATA_SIZE):
        return WSAEFAULT
    version = negotiate(requested & 0xFFFF)
    highest = HIGHEST[0] | HIGHEST[1] << 8
    try:
        call.process.memory.write(
            data,
            _WSADATA.pack(
                version or highest,
                highest,
                b"WinSock 2.0",
                b"Running" if process.subsystem_up else b"Down",
                min(process.device.limits.descriptors, 0xFFFF),
                65467,
                0,
            ),
        )
    except GuestFault:
        return WSAEFAULT
    if version is None:
        return WSAVERNOTSUPPORTED
    process.startups += 1
    return 0


@winsock("WSACleanup")
def wsa_cleanup(ws: Winsock) -> Waiting[int]:
    """Undo one WSAStartup; the last one closes all sockets of the process (ms898730) and ends its providers.

    WSANOTINITIALISED, WSAENETDOWN.
    """
    ws.process.startups -= 1
    if ws.process.startups == 0:
        ws.process.close_all()
        yield from providers.clean_up(ws)
    return 0


@export("ws2!WSAGetLastError")
def wsa_get_last_error(call: Call) -> int:
    """Needs no WSAStartup, and resets nothing (ms898741)."""
    return call.thread.wsa_error


@export("ws2!WSASetLastError", "iError")
def wsa_set_last_error(call: Call, code: int) -> None:
    """For the calling thread (ms898770)."""
    call.thread.wsa_error = code
