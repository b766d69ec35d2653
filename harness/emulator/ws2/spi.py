"""What a service provider and ws2.dll hand each other: the upcall table and the procedure table.

Windows CE publishes neither layout. A page names eight upcalls (ms885421); the desktop's tables have fifteen
upcalls and thirty procedures. A device has one layout or another, by its variants.
"""

from dataclasses import dataclass
from typing import Any

from harness.emulator.exports import declare_variant

MORE_UPCALLS = declare_variant(
    "upcalls-15", "the upcall table of a service provider has the desktop's 15 entries; else 8"
)
SHUFFLED = declare_variant(
    "spi-shuffled", "upcall table and procedure table of a service provider are in another order"
)
UNTRUSTED = declare_variant(
    "untrusted", "no program is trusted to install a service provider: WSCInstallProvider fails"
)

EIGHT = (
    "WPUCloseEvent",
    "WPUCloseSocketHandle",
    "WPUCreateEvent",
    "WPUCreateSocketHandle",
    "WPUFDIsSet",
    "WPUQuerySocketHandleContext",
    "WPUResetEvent",
    "WPUSetEvent",
)
FIFTEEN = (
    *EIGHT[:5],
    "WPUGetProviderPath",
    "WPUModifyIFSHandle",
    "WPUPostMessage",
    "WPUQueryBlockingCallback",
    "WPUQuerySocketHandleContext",
    "WPUQueueApc",
    "WPUResetEvent",
    "WPUSetEvent",
    "WPUOpenCurrentThread",
    "WPUCloseThread",
)
PROCEDURES = (
    "WSPAccept",
    "WSPAddressToString",
    "WSPAsyncSelect",
    "WSPBind",
    "WSPCancelBlockingCall",
    "WSPCleanup",
    "WSPCloseSocket",
    "WSPConnect",
    "WSPDuplicateSocket",
    "WSPEnumNetworkEvents",
    "WSPEventSelect",
    "WSPGetOverlappedResult",
    "WSPGetPeerName",
    "WSPGetSockName",
    "WSPGetSockOpt",
    "WSPGetQOSByName",
    "WSPIoctl",
    "WSPJoinLeaf",
    "WSPListen",
    "WSPRecv",
    "WSPRecvDisconnect",
    "WSPRecvFrom",
    "WSPSelect",
    "WSPSend",
    "WSPSendDisconnect",
    "WSPSendTo",
    "WSPSetSockOpt",
    "WSPShutdown",
    "WSPSocket",
    "WSPStringToAddress",
)


@dataclass(frozen=True, slots=True)
class Layout:
    """The tables of one device: names in the order in which they stand there."""

    upcalls: tuple[str, ...]
    procedures: tuple[str, ...]

    @classmethod
    def of(cls, device: Any) -> "Layout":
        upcalls: tuple[str, ...] = FIFTEEN if MORE_UPCALLS in device.variants else EIGHT
        procedures: tuple[str, ...] = PROCEDURES
        if SHUFFLED in device.variants:
            # Another order, the same at every boot: every seventh, counted round.
            upcalls = tuple(upcalls[(7 * n + 2) % len(upcalls)] for n in range(len(upcalls)))
            procedures = tuple(procedures[(7 * n + 11) % len(procedures)] for n in range(len(procedures)))
        return cls(upcalls, procedures)
