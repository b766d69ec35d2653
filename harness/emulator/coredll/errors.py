"""The last error, and text for the debug console."""

from __future__ import annotations

from harness.emulator.exports import Call, export


@export("coredll!GetLastError")
def get_last_error(call: Call) -> int:
    return call.thread.errors[0]


@export("coredll!SetLastError", "code")
def set_last_error(call: Call, code: int) -> None:
    call.thread.errors[0] = code


@export("coredll!OutputDebugStringW", "text")
def output_debug_string(call: Call, text: int) -> None:
    call.device.report("console", text=call.process.memory.wide(text), process=call.process.name)
