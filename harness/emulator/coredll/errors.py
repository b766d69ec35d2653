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
    """To the process' debugger (ms886769). The device's events show the text in any case: who drives the
    emulator looks at the device from outside."""
    said = call.process.memory.wide(text)
    call.device.report("console", text=said, process=call.process.name)
    if call.process.debugger is not None:
        call.process.debugger.text(call.thread, text, said)
