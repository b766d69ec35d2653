"""What Winsock keeps: per device the catalog and the network, per process the start-ups and the sockets."""

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any
from uuid import UUID

from harness.emulator.exports import Call
from harness.emulator.heap import Heap
from harness.emulator.objects import Event
from harness.emulator.ws2.errors import (
    WSAEINVAL,
    WSAEMFILE,
    WSAENETDOWN,
    WSAENOBUFS,
    WSAENOTSOCK,
    WSAEOPNOTSUPP,
    WinsockError,
)
from harness.emulator.ws2.network import Network
from harness.emulator.ws2.providers import Provider, ProviderSocket
from harness.emulator.ws2.selection import Circumstances, Selection
from harness.emulator.ws2.settings import Settings, load_settings
from harness.emulator.ws2.sockaddr import Endpoint
from harness.emulator.ws2.sockets import Socket

if TYPE_CHECKING:
    from harness.emulator.ws2.overlapped import Pending

_KEY = "ws2"
SOCKET_PAGES = 1
"""Pages of the device's memory that a socket takes: when there is none left, there is no buffer space."""
_FIRST_HANDLE, _HANDLE_STEP, _HANDLE_END = 0x0000_0104, 4, 0x7FFF_FF00


class DeviceState:
    """Winsock of one device, from boot to power-off."""

    def __init__(self, settings: Settings, io: Any, charge: Callable[[int], bool]) -> None:
        self.settings = settings
        self.limits = settings.limits
        self.catalog = settings.catalog()
        self.network = Network(settings.network)
        self.io = io
        """The device's timers and host file objects."""
        self.charge = charge
        """Takes pages of the device's memory, or gives them back; False when there are not that many."""
        self.name = settings.network.name
        self.open_sockets = 0
        """Sockets of all processes."""
        self.processes: list[ProcessState] = []
        """Those that have used Winsock and live."""
        self.subsystem_up = settings.network.subsystem == "up"
        self.boot_spared = False
        """What was started at boot keeps its network while others have none."""

    @property
    def memory_left(self) -> bool:
        """Is there memory for another socket?"""
        return self.charge(SOCKET_PAGES) and self.charge(-SOCKET_PAGES)

    def network_down(self, *, spare_boot: bool = False) -> None:
        """From now on every call fails with WSAENETDOWN, and the sockets that exist are lost. `spare_boot`:
        not those of processes that were started at boot."""
        self.subsystem_up, self.boot_spared = False, spare_boot
        for process in self.processes:
            if not process.subsystem_up:
                for sock in process.sockets():
                    sock.cut()

    def network_up(self) -> None:
        """New sockets can be made again."""
        self.subsystem_up = True

    @classmethod
    def of(cls, device: Any) -> "DeviceState":
        """The state of a device, made at its first use. Raises CatalogError for a bad catalog file."""
        state = device.locals.get(_KEY)
        if state is None:
            state = device.locals[_KEY] = cls(load_settings(device.config.catalog), device.io, device.charge)
            state.network.outside = {
                Endpoint(IPv4Address(address), port): host_port
                for (address, port), host_port in device.config.dials.items()
            }
            device.counters["sockets"] = lambda: state.open_sockets
        assert isinstance(state, cls)
        return state


class ProcessState:
    """Winsock of one process. Socket handles are not used again before all others have been."""

    def __init__(self, device: DeviceState, memory: Any, *, boot: bool = False) -> None:
        """`boot`: the process was started at boot."""
        self.device, self._boot = device, boot
        self.startups = 0
        self.heap = Heap(memory)
        """Guest memory that Winsock hands out: host entries, address lists."""
        self.blocks: dict[tuple[int, str], int] = {}
        """Such memory that belongs to a thread: (thread, purpose) -> address."""
        self.pending: dict[int, Pending] = {}
        """Overlapped operations that did not end at once, by the address of their WSAOVERLAPPED."""
        self.providers: dict[UUID, Provider] = {}
        """Service providers that have been started in this process."""
        self.starting: dict[UUID, Event] = {}
        """Those that are being started; the event is set when that is over."""
        self._sockets: dict[int, Socket] = {}
        self._foreign: dict[int, ProviderSocket] = {}
        """Descriptors of providers: their numbers come from the same row."""
        self._next = _FIRST_HANDLE

    @classmethod
    def of(cls, call: Call) -> "ProcessState":
        """The state of the calling process, made at its first use and closed at its end."""
        state = call.process.locals.get(_KEY)
        if state is None:
            state = cls(DeviceState.of(call.device), call.process.memory, boot=call.process.boot)
            call.process.locals[_KEY] = state
            state.device.processes.append(state)
            call.process.at_end(state.abandon)
        assert isinstance(state, cls)
        return state

    # --- sockets ------------------------------------------------------------------------------------------

    @property
    def circumstances(self) -> Circumstances:
        """What bears on making a socket now."""
        return Circumstances(
            initialised=self.startups > 0,
            subsystem_up=self.subsystem_up,
            descriptors_left=self.descriptors_left,
            memory_left=self.device.memory_left,
        )

    @property
    def subsystem_up(self) -> bool:
        """Does the process have a network?"""
        return self.device.subsystem_up or (self._boot and self.device.boot_spared)

    @property
    def descriptors_left(self) -> bool:
        return len(self._sockets) + len(self._foreign) < self.device.limits.descriptors

    def create(self, selection: Selection, *, overlapped: bool) -> tuple[int, Socket]:
        """A new socket and its handle. Raises WSAEMFILE, WSAENOBUFS."""
        if not self.descriptors_left:
            raise WinsockError(WSAEMFILE)
        if not self.device.charge(SOCKET_PAGES):
            raise WinsockError(WSAENOBUFS)
        sock = Socket(self.device.network, self.device.limits, selection, overlapped=overlapped)
        handle = self._new_handle()
        self._sockets[handle] = sock
        self.device.open_sockets += 1
        return handle, sock

    def _new_handle(self) -> int:
        handle = self._next
        while handle in self._sockets or handle in self._foreign:
            handle = self._after(handle)
        self._next = self._after(handle)
        return handle

    # --- descriptors of providers -------------------------------------------------------------------------

    def create_foreign(self, entry_id: int, context: int) -> int:
        """A descriptor for a provider that runs in this process. Raises WSAEINVAL, WSAENOBUFS."""
        entry = self.device.catalog.by_id(entry_id)
        provider = None if entry is None else self.providers.get(entry.provider)
        if entry is None or provider is None:
            raise WinsockError(WSAEINVAL)
        if not self.descriptors_left:
            raise WinsockError(WSAENOBUFS)
        handle = self._new_handle()
        self._foreign[handle] = ProviderSocket(entry, provider, context)
        return handle

    def foreign(self, handle: int) -> ProviderSocket | None:
        return self._foreign.get(handle)

    def close_foreign(self, handle: int) -> bool:
        """False: a provider has no such descriptor."""
        return self._foreign.pop(handle, None) is not None

    # --- sockets of its own -------------------------------------------------------------------------------

    def socket(self, handle: int) -> Socket:
        """The socket of a handle. Raises WSAENOTSOCK, or WSAENETDOWN while there is no network; WSAEOPNOTSUPP
        for a provider's, where a function does not hand them on."""
        sock = self._sockets.get(handle)
        if sock is None:
            if handle in self._foreign:
                raise WinsockError(WSAEOPNOTSUPP)
            raise WinsockError(WSAENOTSOCK if self.subsystem_up else WSAENETDOWN)
        return sock

    def sockets(self) -> Iterator[Socket]:
        return iter(tuple(self._sockets.values()))

    def close(self, handle: int, *, reset: bool = False) -> None:
        """Close one socket; its handle is free from now on."""
        self._sockets.pop(handle).close(reset=reset)
        self.device.open_sockets -= 1
        self.device.charge(-SOCKET_PAGES)

    def close_all(self) -> None:
        """WSACleanup for the last time."""
        self.startups = 0
        for handle in tuple(self._sockets):
            self.close(handle)
        self._foreign.clear()
        self.pending.clear()

    def abandon(self) -> None:
        """The process has ended: nobody is left to be told how its operations end."""
        if self in self.device.processes:
            self.device.processes.remove(self)
        for sock in self.sockets():
            sock.forget_operations()
        self.close_all()

    @staticmethod
    def _after(handle: int) -> int:
        handle += _HANDLE_STEP
        return handle if handle < _HANDLE_END else _FIRST_HANDLE
