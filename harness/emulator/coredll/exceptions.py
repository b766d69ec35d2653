"""Structured exceptions. Handlers in the guest (pdata, frame chains) are not looked for: all go unhandled."""

from __future__ import annotations

from harness.emulator.exports import Call, GuestException, export


@export("coredll!RaiseException", "code flags count arguments")
def raise_exception(call: Call, code: int, flags: int, count: int, arguments: int) -> None:
    given = min(count, 15) if arguments else 0
    parameters = call.process.memory.words(arguments, given) if given else ()
    raise GuestException(code, flags=flags & 1, parameters=parameters, returns=True)
