"""WSAEnumProtocolsW, and the WSC functions that see and change the catalog."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from harness.emulator.exports import GuestFault
from harness.emulator.ws2.api import Winsock, signed, winsock
from harness.emulator.ws2.catalog import PROTOCOL_INFO_SIZE, ProtocolInfo
from harness.emulator.ws2.constants import SOCKET_ERROR
from harness.emulator.ws2.errors import WSAEFAULT, WSAEINVAL, WSAENOBUFS, WSANO_RECOVERY, WinsockError
from harness.emulator.ws2.spi import UNTRUSTED

MOST_WANTED = 4096
"""Numbers read from a lpiProtocols list that has no end."""


@winsock("WSAEnumProtocolsW", "lpiProtocols lpProtocolBuffer lpdwBufferLength")
def wsa_enum_protocols(ws: Winsock, wanted: int, buffer: int, length_pointer: int) -> int:
    """Entries that are base protocols or chains and not hidden; their number (ms898739).

    WSANOTINITIALISED, WSAENETDOWN, WSAEFAULT, WSAENOBUFS (the size needed comes back).
    """
    return fill(ws, ws.device.catalog.enumerated(), wanted, buffer, length_pointer)


def fill(ws: Winsock, entries: Iterable[ProtocolInfo], wanted: int, buffer: int, length_pointer: int) -> int:
    """Write the entries whose iProtocol is in the zero-ended list at `wanted` (0: all of them)."""
    numbers = _wanted(ws, wanted)
    chosen = [entry for entry in entries if numbers is None or entry.protocol in numbers]
    needed = len(chosen) * PROTOCOL_INFO_SIZE
    given = ws.memory.u32(length_pointer)
    ws.need_writable(length_pointer, 4)
    if given < needed:
        ws.memory.set_u32(length_pointer, needed)
        raise WinsockError(WSAENOBUFS)
    if needed:
        ws.need_writable(buffer, needed)
        ws.memory.write(buffer, b"".join(entry.pack() for entry in chosen))
    return len(chosen)


def _wanted(ws: Winsock, pointer: int) -> set[int] | None:
    """The list of protocol numbers, None for all. Raises WSAEFAULT (through the guest's memory)."""
    if pointer == 0:
        return None
    numbers: set[int] = set()
    for place in range(MOST_WANTED):
        number = signed(ws.memory.u32(pointer + 4 * place))
        if number == 0:
            break
        numbers.add(number)
    return numbers


# --- WSC functions: their codes come back in *lpErrno ----------------------------------------------------


def _wsc_fail(ws: Winsock, error_pointer: int, code: int) -> int:
    """SOCKET_ERROR with a code in *lpErrno. Raises WSAEFAULT when there is no such place."""
    ws.need_writable(error_pointer, 4)
    ws.memory.set_u32(error_pointer, code)
    ws.call.wsa_fail(code)
    return SOCKET_ERROR


@winsock("WSCEnumProtocols", "lpiProtocols lpProtocolBuffer lpdwBufferLength lpErrno", startup=False)
def wsc_enum_protocols(ws: Winsock, wanted: int, buffer: int, length_pointer: int, error_pointer: int) -> int:
    """All entries in install order, layers and hidden ones too (ms898779). WSAEFAULT, WSAENOBUFS."""
    ws.need_writable(error_pointer, 4)
    try:
        return fill(ws, ws.device.catalog, wanted, buffer, length_pointer)
    except WinsockError as error:
        return _wsc_fail(ws, error_pointer, error.code)


@winsock(
    "WSCInstallProvider",
    "lpProviderId lpszProviderDllPath lpProtocolInfoList dwNumberOfEntries lpErrno",
    startup=False,
)
def wsc_install_provider(
    ws: Winsock, provider: int, path: int, entries: int, count: int, error_pointer: int
) -> int:
    """Put entries of a service provider at the end of the catalog, for all processes, until the next boot
    (ms898781, aa450110). They get ids of their own, and the provider's.

    WSAEFAULT when an argument cannot be read; WSANO_RECOVERY where no caller is trusted, and for a provider
    that is there already; WSAEINVAL for no entries at all.
    """
    ws.need_writable(error_pointer, 4)
    try:
        ws.need_readable(provider, 16)
        library = ws.memory.wide(path)
        ws.need_readable(entries, max(count, 1) * PROTOCOL_INFO_SIZE)
    except (WinsockError, GuestFault):
        return _wsc_fail(ws, error_pointer, WSAEFAULT)
    number = UUID(bytes_le=bytes(ws.memory.read(provider, 16)))
    if UNTRUSTED in ws.call.device.variants or ws.device.catalog.has(number):
        return _wsc_fail(ws, error_pointer, WSANO_RECOVERY)
    if count == 0:
        return _wsc_fail(ws, error_pointer, WSAEINVAL)
    given = [
        ProtocolInfo.unpack(ws.memory.read(entries + place * PROTOCOL_INFO_SIZE, PROTOCOL_INFO_SIZE))
        for place in range(count)
    ]
    ws.device.catalog.install(replace(entry, provider=number, library=library) for entry in given)
    return 0


@winsock("WSCDeinstallProvider", "lpProviderId lpErrno", startup=False)
def wsc_deinstall_provider(ws: Winsock, provider: int, error_pointer: int) -> int:
    """Take the entries of an installed provider out of the catalog (ms898778). Where it runs, it goes on.

    WSAEFAULT; WSAEINVAL for a provider that nobody installed; WSANO_RECOVERY where no caller is trusted.
    """
    if not ws.memory.readable(provider, 16):
        return _wsc_fail(ws, error_pointer, WSAEFAULT)
    if UNTRUSTED in ws.call.device.variants:
        return _wsc_fail(ws, error_pointer, WSANO_RECOVERY)
    if not ws.device.catalog.deinstall(UUID(bytes_le=bytes(ws.memory.read(provider, 16)))):
        return _wsc_fail(ws, error_pointer, WSAEINVAL)
    return 0


@winsock(
    "WSCInstallNameSpace", "lpszIdentifier lpszPathName dwNameSpace dwVersion lpProviderId", startup=False
)
def wsc_install_name_space(
    ws: Winsock, identifier: int, path: int, name_space: int, version: int, provider: int
) -> int:
    """Refused with WSANO_RECOVERY: nobody is trusted with it. No CE page of it was found."""
    raise WinsockError(WSANO_RECOVERY)


@winsock("WSCUnInstallNameSpace", "lpProviderId", startup=False)
def wsc_uninstall_name_space(ws: Winsock, provider: int) -> int:
    """Refused with WSANO_RECOVERY. No CE page of it was found."""
    raise WinsockError(WSANO_RECOVERY)
