"""`answer:WHAT=ANSWER`: one refusal of WSASocket is answered otherwise, everything else stays.

WHAT is a reason of `selection.Reason`, or `provider-CODE`: what ws2.dll says when a service provider has
failed with this code, or was found useless with it. ANSWER is a code, or `success`: a socket comes of it.
"""

from typing import Any

from harness.emulator.exports import Blocking, Call
from harness.emulator.quirks.registry import FAMILIES, Quirk
from harness.emulator.replacing import put
from harness.emulator.ws2 import creation, selection, state
from harness.emulator.ws2.catalog import ProtocolInfo
from harness.emulator.ws2.constants import INVALID_SOCKET
from harness.emulator.ws2.selection import Reason, Request, Selection

SUCCESS = "success"
PROVIDER = "provider-"


def made(text: str) -> Quirk:
    """The quirk that `answer:text` names. Raises ValueError."""
    what, _, answer = text.partition("=")
    if answer != SUCCESS and not answer.isdigit():
        raise ValueError(f"expected a code or {SUCCESS} behind =, found {answer!r}")
    code = 0 if answer == SUCCESS else int(answer)
    meaning = f"{what} is answered with {answer}"
    if what.startswith(PROVIDER) and what.removeprefix(PROVIDER).isdigit():
        failed = int(what.removeprefix(PROVIDER))
        return Quirk(f"answer:{text}", meaning, lambda: _provider_failed(failed, code))
    if what not in Reason.__members__:
        raise ValueError(f"expected one of {', '.join(Reason.__members__)} or {PROVIDER}CODE, found {what!r}")
    return Quirk(f"answer:{text}", meaning, lambda: _refused(Reason[what], code))


FAMILIES["answer"] = made


def _refused(reason: Reason, code: int) -> None:
    if code:
        selection.ANSWERS[reason] = code
        return
    if reason is Reason.NO_DESCRIPTOR:
        no_end_of_descriptors()
        return
    if reason is Reason.NO_MEMORY:
        sockets_take_no_memory()
        return
    refuse = creation.refuse

    def instead(call: Call, request: Request, why: Reason) -> int:
        return socket_all_the_same(call, request) if why is reason else refuse(call, request, why)

    put(creation, "refuse", instead)


def _provider_failed(failed: int, code: int) -> None:
    ask = creation._ask_provider

    def instead(ws: Any, entry: ProtocolInfo, request: Request, pointer: int) -> Blocking:
        value = yield from ask(ws, entry, request, pointer)
        if value != INVALID_SOCKET or ws.call.thread.wsa_error != failed:
            return value
        return ws.call.wsa_fail(code, INVALID_SOCKET) if code else socket_all_the_same(ws.call, request)

    put(creation, "_ask_provider", instead)


def no_end_of_descriptors() -> None:
    """A process never runs out of descriptors, and a socket takes no memory of the device."""
    put(state.ProcessState, "descriptors_left", property(lambda self: True))
    sockets_take_no_memory()


def sockets_take_no_memory() -> None:
    """Where no memory of the device is left, a socket can still be made."""
    put(state, "SOCKET_PAGES", 0)


def socket_all_the_same(call: Call, request: Request) -> int:
    """A good socket of the entry that comes closest to what was asked for."""
    process = state.ProcessState.of(call)
    entry = max(
        process.device.catalog.selectable(),
        key=lambda entry: (
            not entry.library,
            entry.type == request.type,
            entry.family == request.family,
            entry.protocol == request.protocol,
        ),
    )
    handle, _ = process.create(
        Selection(entry, entry.type, entry.protocol), overlapped=bool(request.flags & 1)
    )
    return handle
