"""Programs that cost the agent its worker, each in another way, most with much of the system in its hands."""

from itertools import cycle

from harness.program.result import Execution, OutcomeKind
from harness.program.text import parse
from harness.session import Session
from harness.winsock import symbols

ACCESS_VIOLATION, RAISED = 0xC0000005, 0xE0000001
NULL_POINTER = "call coredll!GetSystemTime(0x10)\n"
STARTUP = "call WSAStartup(0x0202, scratch wsadata[512])\n"
EVENT = "e = coredll!CreateEventW(NULL, 0, 0, NULL)\n"
DATAGRAMS = f"""
{STARTUP}
s = WSASocketW(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, 0)
call bind(s, in address = x"0200 0000 7F000001 0000000000000000", 16)
"""
LISTENER = f"""
{STARTUP}
listener = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0)
call bind(listener, in address = x"0200 0000 7F000001 0000000000000000", 16)
call getsockname(listener, &address, in size = x"10000000")
call listen(listener, 5)
"""
PAIR = f"""
{LISTENER}
near = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0)
call connect(near, &address, 16)
far = accept(listener, NULL, NULL)
"""
HELD = f"""
{PAIR}
{EVENT}
m = coredll!CreateMutexW(NULL, 1, NULL)
map = coredll!CreateFileMappingW(-1, NULL, 4, 0, 70000, NULL) fails zero
view = coredll!MapViewOfFile(map, 2, 0, 0, 0) fails null-word
more = coredll!VirtualAlloc(NULL, 100000, 0x1000, 4)
"""
"""A connection, an event, a mutex that is owned, two kinds of memory."""
THREADS = f"""
{HELD}
thread receiving {{ call recv(near, scratch data[8], 8, 0) }}
thread sleeping {{ call coredll!Sleep(600000) }}
thread owned {{ call coredll!WaitForSingleObject(m, -1) }}
sleep 2ms
"""

WAITS = {
    "sleep": "call coredll!Sleep(600000)",
    "event": EVENT + "call coredll!WaitForSingleObject(e, -1)",
    "one of two": f"""
        {EVENT}
        other = coredll!CreateEventW(NULL, 1, 0, NULL)
        buffer scratch both[16]
        store &both, WORD, e
        store &both+WORD, WORD, other
        call coredll!WaitForMultipleObjects(2, &both, 0, -1)""",
    "recv": PAIR + "call recv(near, scratch data[8], 8, 0)",
    "recvfrom": DATAGRAMS + "call recvfrom(s, scratch data[8], 8, 0, NULL, NULL)",
    "send": PAIR + "repeat 4000000000 as n { call send(near, scratch data[8000], 8000, 0) }",
    "accept": LISTENER + "call accept(listener, NULL, NULL)",
    "select": f"""
        {PAIR}
        buffer in set = x"01000000 00000000 00000000 00000000"
        store &set+WORD, WORD, near
        call select(0, &set, NULL, NULL, NULL)""",
    "WSAWaitForMultipleEvents": f"""
        {PAIR}
        e = WSACreateEvent()
        call WSAEventSelect(near, e, 1)
        buffer scratch events[8]
        store &events, WORD, e
        call WSAWaitForMultipleEvents(1, &events, 0, -1, 0)""",
    "spin": "repeat 4000000000 as n { call coredll!GetTickCount() }",
    "join": HELD + "thread t { call coredll!WaitForSingleObject(e, -1) }\njoin t",
    "threads": THREADS + "call coredll!Sleep(600000)",
}
"""In each the last call, as written, does not return."""

FAULTS = {
    "pointer": NULL_POINTER,
    "exception": f"call coredll!RaiseException({RAISED}, 0, 0, NULL)",
    "much held": HELD + NULL_POINTER,
    "threads that wait": THREADS + NULL_POINTER,
    "in a thread": f"""
        {HELD}
        thread t {{
            sleep 1ms
            {NULL_POINTER}
        }}
        call recv(near, scratch data[8], 8, 0)""",
}
ENDS = {
    "exit": HELD + "call coredll!TerminateProcess(THIS, 7)",
    "fresh": "fresh\n" + HELD,
    "fresh, unused": "fresh",
}
"""Workers that end in other ways: the last two are asked to leave by the next program."""
ERROR_INTERNAL_ERROR = 1359


class Spoiler:
    """Runs them over one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._word = session.welcome.limits.word
        self._refused = 0
        self._deadlines = dict.fromkeys(WAITS, 10)
        self._faults, self._waits = cycle(FAULTS), cycle(WAITS)

    def run(self, text: str) -> Execution:
        """WORD: bytes of a handle. THIS: what stands for the calling process."""
        this = "0x42" if self._word == 4 else "-1"
        text = text.replace("WORD", str(self._word)).replace("THIS", this)
        execution = self._session.run(parse(text, symbols()))
        if execution.outcome.detail == ERROR_INTERNAL_ERROR and self._word == 8 and self._refused < 20:
            # Wine cannot always start a process, on a busy machine above all; why is not known. The agent
            # says so, and starts a worker for the next program.
            self._refused += 1
            return self.run(text)
        return execution

    def fault(self, kind: str) -> None:
        outcome = self.run(FAULTS[kind]).outcome
        code = RAISED if kind == "exception" else ACCESS_VIOLATION
        assert (outcome.kind, outcome.detail) == (OutcomeKind.FAULTED, code), f"{kind}: {outcome}"

    def block(self, kind: str) -> None:
        """Until it has blocked where it is meant to: on a busy machine it may not get there in time."""
        while True:
            execution = self.run(f"deadline {self._deadlines[kind]}ms\n{WAITS[kind]}")
            outcome = execution.outcome
            assert outcome.kind is OutcomeKind.BLOCKED, f"{kind}: {outcome}"
            if outcome.call == len(execution.calls) - 1:
                return
            self._deadlines[kind] *= 2

    def end(self, kind: str) -> None:
        execution = self.run(ENDS[kind])
        outcome = execution.outcome
        if kind == "exit":
            assert (outcome.kind, outcome.detail) == (OutcomeKind.EXITED, 7), outcome
        else:
            assert outcome.returned, f"{kind}: {outcome}"
            assert all(call.ok for call in execution.calls), execution.calls

    def everything(self) -> None:
        """Each of them once."""
        for kind in FAULTS:
            self.fault(kind)
        for kind in WAITS:
            self.block(kind)
        for kind in ENDS:
            self.end(kind)

    def many(self, times: int) -> None:
        """So many that fault, so many that block, and three for every ten of these that end otherwise."""
        for n in range(times):
            self.fault(next(self._faults))
            self.block(next(self._waits))
            if n % 10 == 0:
                for kind in ENDS:
                    self.end(kind)
