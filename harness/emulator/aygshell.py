"""aygshell.dll, of which the agent knows one function. Only devices of the variant "shell" have it."""

from __future__ import annotations

from harness.emulator.exports import Call, declare_variant, export

SHELL = declare_variant(
    "shell", "an image with the shell of Windows Mobile: aygshell.dll finds the autorun.exe of a storage card"
)
CARD = "\\Storage Card"
NUMBERS = {"arm": 2577, "armv7": 2577, "x86": 486, "mips": 4000}
"""Folders of a card by processor (page aa453696)."""


@export("aygshell!SHGetAutoRunPath", "path")
def get_auto_run_path(call: Call, path: int) -> int:
    """Where the autorun file of the first card would be; FALSE without a card (page aa932541)."""
    if not path or not call.device.files.exists(CARD):
        return 0
    call.process.memory.set_wide(path, f"{CARD}\\{NUMBERS[call.device.cpu.name]}\\autorun.exe")
    return 1
