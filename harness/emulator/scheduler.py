"""Who runs next. Threads run in turn, in slices of counted instructions; priorities are not modelled."""

from __future__ import annotations

import inspect
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from harness.emulator.engine import Engine
from harness.emulator.exports import Blocking, GuestCall, GuestException, Handler, Wait, Wake
from harness.emulator.hostio import Io
from harness.emulator.memory import Area
from harness.emulator.process import Process
from harness.emulator.thread import Frame, State, Thread
from harness.emulator.waits import PendingWait, try_now

SLICE = 100_000
"""Instructions a thread may run before the next one's turn; about 3 ms of host time."""
IO_INTERVAL = 0.001
"""Seconds between looks at host file objects while threads are ready to run."""


class Trap:
    """What happens when the guest reaches a trap address."""

    __slots__ = ("arity", "blocking", "handler", "name")

    def __init__(self, name: str, handler: Handler, arity: int) -> None:
        self.name, self.handler, self.arity = name, handler, arity
        self.blocking = inspect.isgeneratorfunction(handler)


class Scheduler:
    """Runs threads, and blocks in the host's selector when none can run."""

    def __init__(
        self,
        io: Io,
        traps: dict[int, Trap],
        exit_trap: int,
        callback_trap: int,
        fault: Callable[[Thread, GuestException], None],
        reap: Callable[[Process], None],
        move: Callable[[Process], None],
    ) -> None:
        """`exit_trap`: where a thread's first function returns to; `callback_trap`: where guest code that an
        export called does. `fault` ends the process of a thread that raised; `reap` takes memory and engine
        of a process that has ended; `move` gives another engine to one that lives on while its own is
        spoilt."""
        self._io, self._traps, self._exit_trap, self._callback_trap = io, traps, exit_trap, callback_trap
        self._fault, self._reap, self._move = fault, reap, move
        self._ready: deque[Thread] = deque()
        self._dead: list[Process] = []
        self._stacks: list[tuple[Process, Area]] = []
        self.current: Thread | None = None
        self._looked = 0.0

    # --- for others ------------------------------------------------------------------------------

    def add(self, thread: Thread) -> None:
        """A new thread takes part from now on."""
        if not thread.stopped:
            self._ready.append(thread)

    def suspend(self, thread: Thread) -> int:
        """Returns the count before."""
        thread.suspended += 1
        return thread.suspended - 1

    def resume(self, thread: Thread) -> int:
        """Returns the count before."""
        before = thread.suspended
        if before:
            thread.suspended -= 1
            self._go_on(thread)
        return before

    def release(self, thread: Thread) -> None:
        """A debug event of the thread has been continued."""
        thread.holds -= 1
        self._go_on(thread)

    def _go_on(self, thread: Thread) -> None:
        if not thread.stopped and thread.state is State.READY and thread not in self._ready:
            self._ready.append(thread)

    def stop_thread(self, thread: Thread) -> None:
        """A thread ends: its wait and the calls it is in are given up."""
        thread.state = State.ENDED
        if thread.wait is not None:
            thread.wait.cancel()
            thread.wait = None
        generators = [frame.generator for frame in thread.frames]
        if thread.generator is not None:
            generators.append(thread.generator)
        thread.generator = None
        thread.frames.clear()
        for generator in reversed(generators):
            if inspect.getgeneratorstate(generator) != inspect.GEN_RUNNING:
                generator.close()

    def process_ended(self, process: Process) -> None:
        """Let its memory and engine go, as soon as nothing runs on them."""
        if self.current is not None and self.current.process is process:
            self._dead.append(process)
        else:
            self._reap(process)

    def invoke(self, thread: Thread, handler: Handler, *args: int) -> int:
        """Run one export on a thread that has no code, until it returns (for tests of exports).

        Raises what the handler raises; RuntimeError when the thread ends in it.
        """
        value: Any = handler(thread.call, *args)
        if not inspect.isgeneratorfunction(handler):
            return int(value or 0) & 0xFFFFFFFF
        self.current = thread
        generator: Blocking = value
        done = self._advance(thread, generator, None)
        while done is None:
            self.current = None
            if thread.guest_call is not None:
                raise RuntimeError("a thread without code cannot call guest code")
            if thread.state is State.ENDED:
                raise RuntimeError("the thread ended in the call")
            self.turn(thread)
            if thread.woken is not None and thread.generator is not None:
                wake, thread.woken = thread.woken, None
                generator, thread.generator = thread.generator, None
                self.current = thread
                done = self._advance(thread, generator, wake)
        self.current = None
        return done

    def discard_stack(self, process: Process, stack: Area) -> None:
        """Release the stack of a thread that has ended, as soon as nothing runs on it."""
        if self.current is not None and self.current.process is process:
            self._stacks.append((process, stack))
        else:
            process.memory.release(stack)

    # --- the loop --------------------------------------------------------------------------------

    def turn(self, direct: Thread | None = None) -> None:
        """Run one slice of the next thread, or wait for the host. `direct`: a thread that `invoke` drives."""
        if not self._ready:
            self._io.poll(block=True)
            return
        thread = self._ready.popleft()
        if thread is direct:
            return
        if thread.state is State.READY and not thread.stopped:
            self._slice(thread)
        now = time.monotonic()
        if now - self._looked > IO_INTERVAL:
            self._looked = now
            self._io.poll(block=False)

    def _slice(self, thread: Thread) -> None:
        process = thread.process
        engine = process.engine
        if engine is None:
            return
        self.current = thread
        try:
            self._load(thread, engine)
            if self._prepare(thread, engine):
                engine.run(SLICE)
        except GuestException as exception:
            if not process.ended:
                self._fault(thread, exception)
            if not (process.ended or engine.reusable):
                self._move(process)
        self.current = None
        if thread.state is State.READY and not thread.stopped:
            self._ready.append(thread)
        while self._stacks:
            owner, stack = self._stacks.pop()
            if not owner.ended:
                owner.memory.release(stack)
        while self._dead:
            self._reap(self._dead.pop())

    def _load(self, thread: Thread, engine: Engine) -> None:
        """Put the thread's registers into the engine."""
        process = thread.process
        before = process.running
        if before is not thread:
            if before is not None and before.state is not State.ENDED:
                before.context = engine.save(before.context)
            process.running = thread
            if thread.begin is None:
                engine.restore(thread.context)
        if thread.begin is not None:
            (address, args), thread.begin = thread.begin, None
            stack = thread.stack.end if thread.stack is not None else 0
            engine.begin_thread(address, args, stack, self._exit_trap)

    def _prepare(self, thread: Thread, engine: Engine) -> bool:
        """Finish what the thread waited for. False: it waits again, or has ended."""
        if thread.returned is not None:
            frame = thread.frames.pop()
            engine.restore(frame.context)
            thread.generator = frame.generator
            thread.woken, thread.returned = Wake(ready=True, value=thread.returned), None
        if thread.woken is not None and thread.generator is not None:
            wake, thread.woken = thread.woken, None
            generator, thread.generator = thread.generator, None
            thread.result = self._advance(thread, generator, wake)
            if thread.state is not State.READY or (thread.result is None and thread.guest_call is None):
                return False
        if thread.guest_call is not None:
            call, thread.guest_call = thread.guest_call, None
            thread.frames.append(Frame(engine.save(), self._take_generator(thread)))
            engine.begin_call(call.address, call.args, engine.stack_pointer(), self._callback_trap)
        elif thread.result is not None:
            engine.finish_call(thread.result)
            thread.result = None
        return True

    @staticmethod
    def _take_generator(thread: Thread) -> Blocking:
        generator, thread.generator = thread.generator, None
        assert generator is not None, "a guest call belongs to an export that waits for it"
        return generator

    # --- calls of the guest ----------------------------------------------------------------------

    def trap(self, address: int) -> None:
        """The running thread has reached a trap address (inside the engine's hook)."""
        trap = self._traps.get(address)
        if trap is None:
            return
        thread = self.current
        assert thread is not None, "only a running thread reaches a trap"
        engine = thread.process.engine
        assert engine is not None, "a running thread has an engine"
        if address == self._callback_trap:
            thread.returned = engine.read(engine.cpu.result)
            engine.stop()
            return
        value = trap.handler(thread.call, *engine.reader(trap.arity)())
        if trap.blocking:
            value = self._advance(thread, value, None)
            if value is None:
                engine.stop()
                return
        if thread.state is not State.READY:
            engine.stop()
        elif thread.suspended or thread.holds:
            thread.result = value or 0
            engine.stop()
        else:
            engine.set_result(value or 0)

    def _advance(self, thread: Thread, generator: Blocking, wake: Wake | None) -> int | None:
        """Run a handler until it returns (its value) or must wait (None, the thread is parked)."""
        try:
            condition: Wait = next(generator) if wake is None else generator.send(wake)
            while True:
                if isinstance(condition, GuestCall):
                    thread.generator, thread.guest_call = generator, condition
                    return None
                now = try_now(condition, thread)
                if now is None:
                    break
                condition = generator.send(now)
        except StopIteration as stop:
            return int(stop.value or 0) & 0xFFFFFFFF
        thread.generator = generator
        thread.state = State.WAITING
        thread.wait = PendingWait(thread, condition, self._io, lambda wake: self._woken(thread, wake))
        return None

    def _woken(self, thread: Thread, wake: Wake) -> None:
        thread.wait = None
        thread.woken = wake
        thread.state = State.READY
        if not thread.stopped:
            self._ready.append(thread)
