"""The Winsock of the emulated device: ws2.dll, written from the Windows CE pages.

    errors, constants, catalog, settings, sockaddr      what things are called and how they look
    selection                                           which entry a new socket gets, or which error
    network, streams, raw, sockets, transfer, edge      connections and datagrams inside the device
    netevents, buffers                                  what WSAEventSelect records; WSABUF arrays
    spi, providers                                      service providers that guests installed
    state, api                                          what is kept where; how a function is written
    all others                                          the functions, one file per family

Importing the package registers every function.
"""

from harness.emulator.ws2 import (
    absent,
    accepting,
    addrinfo,
    binding,
    byteorder,
    connecting,
    creation,
    enumeration,
    events,
    ioctl,
    names,
    options,
    overlapped,
    receiving,
    selecting,
    sending,
    services,
    startup,
    text,
    upcalls,
)

__all__ = [
    "absent",
    "accepting",
    "addrinfo",
    "binding",
    "byteorder",
    "connecting",
    "creation",
    "enumeration",
    "events",
    "ioctl",
    "names",
    "options",
    "overlapped",
    "receiving",
    "selecting",
    "sending",
    "services",
    "startup",
    "text",
    "upcalls",
]
