"""An emulated Windows CE device: processes on one CPU, files, ports, clocks and names they share."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.emulator.aygshell import SHELL
from harness.emulator.clock import Clock
from harness.emulator.comm import CommFile, SerialPort
from harness.emulator.config import (
    ERROR_DIALOG,
    NEAR_WRAP,
    SEPARATE_WSA_ERROR,
    UPCALLS_NAMED,
    WITHOUT_DEBUGGER,
    WITHOUT_RANDOM,
    WITHOUT_WS2,
    Config,
)
from harness.emulator.cpu import CPUS
from harness.emulator.debugging import Debugger
from harness.emulator.dll import Dlls, unimplemented_handler
from harness.emulator.engine import Engine
from harness.emulator.exports import Call, GuestException, GuestFault
from harness.emulator.files import FileSystem
from harness.emulator.hostio import Io
from harness.emulator.hostserial import HostSerial, SerialUnavailable
from harness.emulator.loader import Loader, LoadError
from harness.emulator.memory import PAGE
from harness.emulator.objects import KernelObject, Namespace
from harness.emulator.power import Power
from harness.emulator.process import Process
from harness.emulator.scheduler import Scheduler
from harness.emulator.thread import State, Thread

NOT_IMPLEMENTED = 0xC0000002
"""Exit code of a process that called an export this emulator does not implement."""
SHOW_NORMAL = 5
DEBUGGING = ("WaitForDebugEvent", "ContinueDebugEvent", "DebugActiveProcess")

Sink = Callable[[dict[str, Any]], None]


class Device:
    """One device. Nothing runs but inside `run`."""

    def __init__(self, config: Config, sink: Sink = lambda event: None) -> None:
        """`sink` receives each event as a JSON-ready dictionary with the key "event"."""
        self.config, self._sink = config, sink
        self.cpu = CPUS[config.cpu]
        self.variants = config.variants
        self.separate_wsa_error = SEPARATE_WSA_ERROR in config.variants
        self.clock = Clock(0xFFFFFFFF - 10_000 if NEAR_WRAP in config.variants else 0)
        self.io = Io(self.clock)
        self.after = self.io.after
        self.power = Power(self)
        self.files = FileSystem(config.root)
        self.files.runs = self._runs
        self.names = Namespace()
        self.ports: dict[str, SerialPort] = {}
        self.locals: dict[str, Any] = {}
        self.processes: list[Process] = []
        self.pages_used = 0
        self.counters: dict[str, Callable[[], int]] = {"sockets": lambda: 0}
        """What DLLs count for a census."""
        absent = {"ws2"} if WITHOUT_WS2 in config.variants else set[str]()
        if SHELL not in config.variants:
            absent.add("aygshell")
        if WITHOUT_DEBUGGER in config.variants:
            absent |= {f"coredll!{name}" for name in DEBUGGING}
        if WITHOUT_RANDOM in config.variants:
            absent.add("coredll!CeGenRandom")
        self.dlls = Dlls(
            self.cpu,
            frozenset(absent),
            unimplemented_handler(self._unimplemented),
            all_named=UPCALLS_NAMED in config.variants,
        )
        self.dlls.system_trap(self.dlls.exit_trap, "exit", self._first_function_returned, 0)
        self.dlls.system_trap(self.dlls.callback_trap, "callback", lambda call: 0, 0)
        self.loader = Loader(self.dlls, self.files, self.cpu.machines, self.cpu.code_bit)
        self.scheduler = Scheduler(
            self.io,
            self.dlls.traps,
            self.dlls.exit_trap,
            self.dlls.callback_trap,
            self._fault,
            self._reap,
            self._move,
        )
        self._engines: list[Engine] = []
        self._next_id = 0x00010006
        self._listeners: dict[str, int] = {}
        self._waiting_for: set[int] = set()
        self._ready = False

    # --- life ------------------------------------------------------------------------------------

    def power_on(self) -> None:
        """Open the serial ports and start the boot processes. Raises LoadError."""
        self.power.begin()
        for name in self.config.serial_ports:
            try:
                self.insert_port(name)
            except SerialUnavailable as error:  # a device without that port; TCP links still work
                self.report("no-port", port=name, why=str(error))
        for line in self.config.start:
            image, words = split_command(line)
            process = self.create_process(image, words, suspended=False)
            process.boot = True
            self._waiting_for.add(process.id)
        self._check_ready()

    def run(self, until: Callable[[], bool]) -> None:
        """Run until the condition holds; it is looked at after each slice and each host event."""
        while not until():
            if self.power.asleep:
                self.io.rest()
            else:
                self.scheduler.turn()

    def power_off(self) -> None:
        """End every process and close what the host sees of the device."""
        for process in list(self.processes):
            self.end_process(process, 0)
        for port in self.ports.values():
            port.host.close()
        self.io.close()

    def report(self, name: str, **fields: object) -> None:
        """One event."""
        self._sink({"event": name, **fields})

    def _runs(self, file: Path) -> bool:
        images = (process.name for process in self.processes)
        return any(self.files.host_path(image) == file for image in images if image is not None)

    # --- processes and threads -------------------------------------------------------------------

    def new_id(self) -> int:
        self._next_id += 0x10004
        return self._next_id & 0x7FFFFFFF

    def new_process(self, name: str, command_line: str = "") -> Process:
        """A process without image and CPU: what tests of exports call from."""
        process = Process(self, self.new_id(), name, command_line)
        self.processes.append(process)
        return process

    def new_thread(
        self, process: Process, entry: int, args: tuple[int, ...], stack_size: int = 0
    ) -> Thread | None:
        """A thread of a process, not yet scheduled; None when there is no memory for its stack.

        `stack_size` in bytes; 0: as the image says.
        """
        stack = process.new_stack(stack_size)
        if stack is None:
            return None
        thread = Thread(process, self.new_id(), entry, args, stack)
        process.threads.append(thread)
        if process.main is None:
            process.main = thread
        return thread

    def start_thread(self, thread: Thread, *, suspended: bool) -> None:
        """Let a new thread run, and its process' debugger hear of it."""
        thread.suspended = 1 if suspended else 0
        process = thread.process
        if process.debugger is not None and thread is not process.main:
            process.debugger.thread_begins(thread)
        self.scheduler.add(thread)

    def create_process(
        self,
        path: str,
        command_line: str,
        suspended: bool,
        debugger: Debugger | None = None,
        debug_children: bool = False,
    ) -> Process:
        """Load an executable and let it run, under a debugger if there is one. Raises LoadError."""
        process = self.new_process(path, command_line)
        try:
            module = self.loader.load_program(process, path)
            assert module.image is not None, "a program is an image"
            process.name, process.program = module.path, module
            process.stack_size = max(module.image.stack, process.STACK)
            line = process.heap.allocate(2 * len(command_line) + 2)
            if line:
                process.memory.set_wide(line, command_line)
            thread = self.new_thread(process, module.entry, (module.base, 0, line, SHOW_NORMAL))
            if thread is None or not line:
                raise LoadError(8, f"{path}: no memory left")
        except LoadError:
            self.processes.remove(process)
            process.memory.clear()
            raise
        process.engine = self._core()
        process.engine.use(process.memory)
        if debugger is not None:
            debugger.adopt(process, children=debug_children)
        self.start_thread(thread, suspended=suspended)
        return process

    def _core(self) -> Engine:
        return self._engines.pop() if self._engines else Engine(self.cpu, self.scheduler.trap)

    def end_thread(self, thread: Thread, code: int) -> None:
        """End one thread; the main thread takes its process with it."""
        if thread.state is State.ENDED:
            return
        process = thread.process
        if thread is process.main and not process.ended:
            self.end_process(process, code)
            return
        self.scheduler.stop_thread(thread)
        thread.exit_code = code & 0xFFFFFFFF
        for mutex in list(thread.mutexes):
            mutex.abandon(thread)
        process.threads.remove(thread)
        if thread.stack is not None and not process.ended:
            self.scheduler.discard_stack(process, thread.stack)
        if thread.debugger is not None:
            thread.debugger.close()
            thread.debugger = None
        if process.debugger is not None and thread is not process.main:
            process.debugger.thread_ended(thread)
        thread.wake()

    def end_process(self, process: Process, code: int, **details: object) -> None:
        """End a process: its threads, its handles, what DLLs hold for it. Its waiters wake up, after
        its debugger, if it has one, has continued the last event."""
        if process.ended:
            return
        process.ended = True
        process.final_code = code & 0xFFFFFFFF
        for thread in list(process.threads):
            self.end_thread(thread, code)
        process.run_cleanups()
        process.handles.close_all()
        self._waiting_for.discard(process.id)
        self.report(
            "exit", process=process.name, id=process.id, code=process.final_code, **process.crash, **details
        )
        self.scheduler.process_ended(process)
        if process.debugger is not None:
            process.debugger.process_ended(process)
        else:
            self.process_gone(process)

    def process_gone(self, process: Process) -> None:
        """Everybody may see that a process has ended."""
        process.gone, process.exit_code = True, process.final_code
        self.processes.remove(process)
        process.debugger = None
        process.wake()

    def _reap(self, process: Process) -> None:
        process.memory.clear()
        engine, process.engine = process.engine, None
        if engine is None:
            return
        if engine.reusable:
            self._engines.append(engine)
        else:
            del engine
            gc.collect()  # it is megabytes in a cycle, which the collector would leave for long

    def _move(self, process: Process) -> None:
        """Give a process another core, with all registers: its own is spoilt, and its debugger holds it."""
        old, process.engine = process.engine, self._core()
        assert old is not None, "a process that runs has an engine"
        process.engine.use(process.memory)
        process.engine.restore(old.save())
        del old
        gc.collect()

    def _first_function_returned(self, call: Call) -> int:
        engine = call.process.engine
        self.end_thread(call.thread, engine.read(engine.cpu.result) if engine is not None else 0)
        return 0

    def _fault(self, thread: Thread, exception: GuestException) -> None:
        exception.place = place = exception.place or self._caller(thread.process)
        details: dict[str, object] = {
            "exception": f"0x{exception.code:08X}",
            "address": f"0x{place:08X}",
            "thread": thread.id,
        }
        if isinstance(exception, GuestFault):
            details["access"] = f"{'write' if exception.write else 'read'} 0x{exception.address:08X}"
        process = thread.process
        process.crash = details
        if process.debugger is not None:
            process.debugger.exception(thread, exception)
        elif ERROR_DIALOG in self.variants:
            # Nobody will close the dialog: its threads stand still until the process is terminated.
            for one in process.threads:
                one.holds += 1
            self.report("error-dialog", process=process.name, id=process.id, **details)
        else:
            self.end_process(process, exception.code)

    @staticmethod
    def _caller(process: Process) -> int:
        """Where the export that is running was called from; 0 when the guest's stack does not tell."""
        try:
            return process.engine.return_address() if process.engine is not None else 0
        except GuestFault:
            return 0

    def _unimplemented(self, call: Call, name: str) -> None:
        caller = f"0x{self._caller(call.process):08X}"
        self.report("unimplemented", export=name, address=caller, process=call.process.name)
        self.end_process(call.process, NOT_IMPLEMENTED, unimplemented=name)

    # --- what processes share --------------------------------------------------------------------

    def charge(self, pages: int) -> bool:
        """Take pages of memory (negative: give back). False: not that many are left."""
        if pages > 0 and (self.pages_used + pages) * PAGE > self.config.memory:
            return False
        self.pages_used += pages
        return True

    def random_bytes(self, size: int) -> bytes:
        """Random bytes for the guest."""
        return os.urandom(size)

    def last_handle_closed(self, obj: KernelObject) -> None:
        """Nothing refers to the object any more."""
        self.names.remove(obj)
        obj.closed()

    def insert_port(self, name: str) -> SerialPort:
        """Give the device a serial port. Raises SerialUnavailable, OSError."""
        port = self.ports[name] = SerialPort(name, HostSerial())
        return port

    def remove_port(self, name: str) -> None:
        """Take a serial port away: open handles fail, the name is free. Raises KeyError: no such port."""
        self.ports.pop(name).remove(self.io)

    def open_port(self, process: Process, name: str) -> CommFile | None:
        """Open a serial port; None when it is open already. Raises KeyError: no such port."""
        port = self.ports[name]
        if port.opened is not None:
            return None
        opened = CommFile(port, self.io, self.clock)
        self._link_opened(process)
        return opened

    def report_listener(self, process: Process, guest_port: int, host_port: int) -> None:
        """A guest listens on a TCP port, which is a loopback port of the host."""
        self._listeners[str(guest_port)] = host_port
        self.report("listen", port=guest_port, host_port=host_port, process=process.name)
        self._link_opened(process)

    def report_dial(self, process: Process, address: str, host_port: int) -> None:
        """A guest connects to an address that is a loopback port of the host."""
        self.report("dial", address=address, host_port=host_port, process=process.name)
        self._link_opened(process)

    def _link_opened(self, process: Process) -> None:
        self._waiting_for.discard(process.id)
        self._check_ready()

    def _check_ready(self) -> None:
        if self._ready or self._waiting_for:
            return
        self._ready = True
        self.report(
            "ready",
            cpu=self.cpu.name,
            serial={name: port.host.path for name, port in self.ports.items() if port.host.path},
            tcp=dict(self._listeners),
        )


def split_command(line: str) -> tuple[str, str]:
    """Path and arguments of a command line; a path with blanks stands in double quotes."""
    if line.startswith('"') and '"' in line[1:]:
        path, _, rest = line[1:].partition('"')
        return path, rest.lstrip()
    path, _, rest = line.partition(" ")
    return path, rest.lstrip()


def json_line(event: dict[str, Any]) -> str:
    """An event as one line."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))
