"""Which threads of a program run at a step, and what follows from that; the rules are in docs/programs.md."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from harness.errors import ProgramError


class Threads:
    """Follows the steps in their order: threads begin, set names and are joined. Raises `ProgramError`.

    A name is set by one thread at a time: by a thread that was begun and not joined, or by the main steps.
    """

    def __init__(self) -> None:
        self._sets: dict[str, frozenset[str]] = {}
        self._running: list[str] = []
        self._joined: set[str] = set()
        self._blocks: list[list[str]] = [[]]
        self._loops = 0
        self._inside: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All threads that began so far."""
        return tuple(self._sets)

    def setting(self, name: str) -> str | None:
        """The thread that sets `name` and may still run, if there is one."""
        return next((thread for thread in self._running if name in self._sets[thread]), None)

    @contextmanager
    def block(self) -> Iterator[None]:
        """The steps of a block: what begins in it can be joined in it only."""
        self._blocks.append([])
        try:
            yield
        finally:
            self._blocks.pop()

    @contextmanager
    def loop(self) -> Iterator[None]:
        """The steps of a repeat."""
        self._loops += 1
        try:
            with self.block():
                yield
        finally:
            self._loops -= 1

    @contextmanager
    def thread(self, name: str, sets: Iterable[str]) -> Iterator[None]:
        """The steps of thread `name`, which set the names in `sets`. After them it runs until its join."""
        self._placed(f"thread {name}")
        if name in self._sets:
            raise ProgramError(f"two threads have the name {name!r}")
        self._sets[name] = frozenset(sets)
        self.give(self._sets[name])
        self._blocks[-1].append(name)
        self._inside = name
        try:
            with self.block():
                yield
        finally:
            self._inside = None
        self._running.append(name)

    def join(self, name: str) -> frozenset[str]:
        """Thread `name` has come to its end; the names that it set."""
        self._placed(f"join {name}")
        if name not in self._sets:
            raise ProgramError(f"no thread {name!r} begins before its join")
        if name in self._joined:
            raise ProgramError(f"thread {name!r} is joined twice")
        if name not in self._blocks[-1]:
            raise ProgramError(f"'join {name}' has to stand in the same block as 'thread {name}'")
        self._joined.add(name)
        self._running.remove(name)
        return self._sets[name]

    def give(self, names: Iterable[str]) -> None:
        """A step outside the running threads, or all of a new thread, sets these names."""
        if self._inside is not None:
            return
        given = set(names)
        for thread in self._running:
            if both := sorted(given & self._sets[thread]):
                raise ProgramError(f"{both[0]!r} is set in thread {thread!r} too: join that before")

    def _placed(self, what: str) -> None:
        if self._inside is not None:
            raise ProgramError(f"'{what}' stands in thread {self._inside!r}: expected it outside of threads")
        if self._loops:
            raise ProgramError(f"'{what}' stands in a repeat: expected it outside, once")
