"""A guest without a CPU: Winsock exports called on real guest memory, under a clock that stands still."""

import struct
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import harness.emulator.ws2  # noqa: F401 - registers the exports
from harness.emulator.exports import EXPORTS, Call, GuestCall, Objects, Wake
from harness.emulator.handles import HandleTable
from harness.emulator.hostio import Io
from harness.emulator.memory import NOACCESS, READWRITE, Memory
from harness.emulator.ws2.settings import DEFAULT_FILE, load_settings
from harness.emulator.ws2.state import DeviceState

SCRATCH = 0x0020_0000
SCRATCH_SIZE = 0x0020_0000
FORBIDDEN = 0x0060_0000
"""A committed page that nobody may touch."""
ERROR = 0xFFFFFFFF


class StandingClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def seconds(self) -> float:
        return self.now


@dataclass
class ManualTimer:
    at: float
    callback: Callable[[], object]
    active: bool = True

    def cancel(self) -> None:
        self.active = False


class ManualIo:
    """The device's host I/O, with timers that fire when the test says so."""

    def __init__(self, clock: StandingClock) -> None:
        self.real = Io()
        self._clock = clock
        self._timers: list[ManualTimer] = []
        self.watch = self.real.watch
        self.forget = self.real.forget

    def after(
        self, seconds: float, callback: Callable[[], object], *, skip_idle: bool = False
    ) -> "ManualTimer":
        self._timers.append(timer := ManualTimer(self._clock.now + seconds, callback))
        return timer

    def fire(self) -> bool:
        due = [timer for timer in self._timers if timer.active and timer.at <= self._clock.now]
        for timer in due:
            timer.active = False
            timer.callback()
        return bool(due)


@dataclass
class Task:
    """A call that is under way."""

    generator: Generator[Any, Wake, int | None]
    waiting: Any = None
    deadline: float | None = None
    value: int | None = None
    over: bool = False
    thread: Any = None

    def resume(self, wake: Wake | None) -> None:
        try:
            self.waiting = next(self.generator) if wake is None else self.generator.send(wake)
        except StopIteration as stop:
            self.over, self.value = True, stop.value


class BlocksError(AssertionError):
    """The call waits for something that will not come."""


@dataclass
class Guest:
    """One process of an emulated device."""

    device: Any
    answers: list[int | Callable[[], int]] = field(default_factory=list)
    """What the guest's own functions return when Winsock calls them, or what they do and return."""

    def __post_init__(self) -> None:
        self.memory = Memory()
        area = self.memory.reserve(SCRATCH_SIZE, SCRATCH)
        assert area is not None
        self.memory.commit(area, SCRATCH, SCRATCH_SIZE, READWRITE)
        closed = self.memory.reserve(0x1000, FORBIDDEN)
        assert closed is not None
        self.memory.commit(closed, FORBIDDEN, 0x1000, NOACCESS)
        self._place = SCRATCH
        self.ends: list[Callable[[], object]] = []
        self.process = SimpleNamespace(
            memory=self.memory,
            locals={},
            handles=HandleTable(lambda obj: None),
            at_end=self.ends.append,
            id=1,
            name="test.exe",
            boot=False,
        )
        self.thread = SimpleNamespace(wsa_error=0, last_error=0, id=1)
        self.tasks: list[Task] = []
        self.guest_calls: list[GuestCall] = []

    # --- calls ------------------------------------------------------------------------------------------

    def start(self, name: str, *args: int, thread: Any = None) -> Task:
        """Begin a call; it may wait."""
        thread = thread or self.thread
        export = EXPORTS["ws2"][name]
        assert len(args) == len(export.parameters) or export.variadic, name
        call = Call(self.device, self.process, thread, lambda index: 0)  # type: ignore[arg-type]
        result = export.handler(call, *(arg & ERROR for arg in args))
        if not isinstance(result, Generator):
            return Task(None, over=True, value=result)  # type: ignore[arg-type]
        task = Task(result, thread=thread)
        task.resume(None)
        self._note(task)
        if not task.over:
            self.tasks.append(task)
            self.device.tasks.append((self, task))
        return task

    def _note(self, task: Task) -> None:
        if not task.over and isinstance(task.waiting, Objects):
            timeout = task.waiting.timeout
            task.deadline = None if timeout is None else self.device.clock.now + timeout

    def step(self, task: Task) -> bool:
        """Resume a task whose wait is over. False: it still waits."""
        waiting = task.waiting
        if isinstance(waiting, GuestCall):
            self.guest_calls.append(waiting)
            answer = self.answers.pop(0)
            task.resume(Wake(ready=True, value=answer if isinstance(answer, int) else answer()))
        else:
            assert isinstance(waiting, Objects)
            ready = [n for n, one in enumerate(waiting.objects) if one.signalled(task.thread)]
            if ready:
                waiting.objects[ready[0]].acquire(task.thread)
                task.resume(Wake(ready=True, index=ready[0]))
            elif task.deadline is not None and task.deadline <= self.device.clock.now:
                task.resume(Wake(timed_out=True))
            else:
                return False
        self._note(task)
        return True

    def finish(self, task: Task) -> int:
        """Let the device run until a call has ended. Raises BlocksError when nothing can happen any more."""
        while not task.over:
            if not self.device.run():
                raise BlocksError("the call would wait for ever")
        value = task.value
        return 0 if value is None else int(value) & ERROR

    def __getattr__(self, name: str) -> Callable[..., int]:
        if name not in EXPORTS["ws2"]:
            raise AttributeError(name)
        return lambda *args: self.finish(self.start(name, *args))

    def fails(self, name: str, *args: int, value: int = ERROR) -> int:
        """The Winsock error of a call that has to fail."""
        self.thread.wsa_error = 0
        result = getattr(self, name)(*args)
        assert result == value, f"{name} returned {result:#x}"
        return int(self.thread.wsa_error)

    def end(self) -> None:
        """The process ends."""
        for callback in self.ends:
            callback()

    # --- memory -------------------------------------------------------------------------------------------

    def put(self, data: bytes) -> int:
        """Guest memory holding these bytes."""
        place = self._place
        self._place += (len(data) + 19) // 16 * 16
        self.memory.write(place, data)
        return place

    def room(self, size: int) -> int:
        return self.put(bytes(size))

    def word(self, value: int = 0) -> int:
        return self.put(struct.pack("<I", value & ERROR))

    def text(self, text: str) -> int:
        return self.put(text.encode("latin-1") + b"\0")

    def wide(self, text: str) -> int:
        return self.put(text.encode("utf-16-le") + b"\0\0")

    def address(self, port: int, host: bytes = b"\x7f\0\0\1") -> int:
        """A sockaddr_in, 16 bytes."""
        return self.put(struct.pack("<H", 2) + struct.pack(">H", port) + host + bytes(8))

    def address6(self, port: int, host: bytes = bytes(15) + b"\1") -> int:
        """A sockaddr_in6, 28 bytes."""
        return self.put(struct.pack("<H", 23) + struct.pack(">H", port) + bytes(4) + host + bytes(4))

    def buffers(self, *parts: tuple[int, int]) -> int:
        """A WSABUF array of (address, length)."""
        return self.put(b"".join(struct.pack("<II", length, place) for place, length in parts))

    # --- shapes used by many tests -------------------------------------------------------------------------

    def tcp(self) -> int:
        return self.socket(2, 1, 6)

    def udp(self) -> int:
        return self.socket(2, 2, 17)

    def port(self, sock: int) -> int:
        """The local port of a bound socket."""
        place, length = self.room(28), self.word(28)
        assert self.getsockname(sock, place, length) == 0
        return int.from_bytes(self.memory.read(place + 2, 2), "big")

    def listener(self, host: bytes = b"\x7f\0\0\1") -> tuple[int, int]:
        """A listening TCP socket and its port."""
        sock = self.tcp()
        assert self.bind(sock, self.address(0, host), 16) == 0
        assert self.listen(sock, 5) == 0
        return sock, self.port(sock)

    def pair(self, make: Callable[[], int] | None = None) -> tuple[int, int]:
        """Two connected TCP sockets: the one that connected, the one that accepted."""
        listener, port = self.listener()
        client = (make or self.tcp)()
        assert self.connect(client, self.address(port), 16) == 0
        server = self.accept(listener, 0, 0)
        assert server != ERROR
        assert self.closesocket(listener) == 0
        return client, server


class Device:
    """What the exports see of their device."""

    def __init__(self, catalog: Path | None) -> None:
        self.clock = StandingClock()
        self.io = ManualIo(self.clock)
        self.locals: dict[str, Any] = {}
        self.variants: frozenset[str] = frozenset()
        self.config = SimpleNamespace(catalog=catalog, dials={})
        self.counters: dict[str, Callable[[], int]] = {}
        self.reports: list[tuple[str, dict[str, Any]]] = []
        self.listeners: list[tuple[int, int]] = []
        self.tasks: list[tuple[Guest, Task]] = []
        self.threads: list[tuple[int, tuple[int, ...]]] = []
        self.guests: list[Guest] = []
        self.pages = 16384
        self.outside = False
        """A host socket of the test takes part: wait for the host when nothing else can run."""

    def charge(self, pages: int) -> bool:
        if pages > self.pages:
            return False
        self.pages -= pages
        return True

    def report(self, name: str, **fields: Any) -> None:
        self.reports.append((name, fields))

    def report_listener(self, process: Any, guest_port: int, host_port: int) -> None:
        self.listeners.append((guest_port, host_port))

    def new_thread(self, process: Any, start: int, args: tuple[int, ...]) -> object:
        self.threads.append((start, args))
        return object()

    def start_thread(self, thread: object, *, suspended: bool) -> None:
        """Nothing runs here but what a test calls."""

    def run(self) -> bool:
        """Do what can be done now. False: nothing."""
        self.io.real.poll(block=False)
        done = self.io.fire()
        for guest, task in list(self.tasks):
            if not task.over and guest.step(task):
                done = True
            if task.over:
                self.tasks.remove((guest, task))
        if not done and self.outside:
            self.io.real.poll(block=True)
            return True
        return done

    def guest(self) -> Guest:
        """Another process, with Winsock started."""
        guest = Guest(self)
        assert guest.WSAStartup(0x0202, guest.room(400)) == 0
        self.guests.append(guest)
        return guest

    @property
    def state(self) -> DeviceState:
        return DeviceState.of(self)

    def close(self) -> None:
        for guest in self.guests:
            guest.end()
        self.io.real.close()


@pytest.fixture
def make_device(tmp_path: Path) -> Any:
    """A device, with words of the default catalog file replaced: make_device({"= 1024": "= 8"})."""
    made: list[Device] = []

    def make(changes: dict[str, str] | None = None) -> Device:
        catalog = None
        if changes:
            text = DEFAULT_FILE.read_text(encoding="utf-8")
            for old, new in changes.items():
                assert old in text, old
                text = text.replace(old, new)
            catalog = tmp_path / f"catalog{len(made)}.toml"
            catalog.write_text(text, encoding="utf-8")
            load_settings(catalog)
        made.append(Device(catalog))
        return made[-1]

    yield make
    for device in made:
        device.close()


@pytest.fixture
def device(make_device: Any) -> Device:
    return make_device()  # type: ignore[no-any-return]


@pytest.fixture
def guest(device: Device) -> Guest:
    """A process with Winsock started."""
    return device.guest()
