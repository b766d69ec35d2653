"""Structured exceptions. Handlers in the guest (pdata, frame chains) are not looked for: all go unhandled."""

from __future__ import annotations

from harness.emulator.exports import Call, GuestException, export


@export("coredll!RaiseException", "code flags count arguments")
def raise_exception(call: Call, code: int, flags: int, count: int, arguments: int) -> None:
    raise GuestException(code)
