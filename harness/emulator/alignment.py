"""The check of a v4 ARM core on every memory access, which Unicorn does not make: is the word aligned?

Unicorn calls a hook for each access. A hook in Python makes the guest about ten times slower, so on 64-bit
x86 hosts with the System V calling convention (Linux, macOS) the hook is a few instructions of host code;
elsewhere, and where executable memory is refused, it is Python. Both do the same. (SWP escapes both.)
"""

from __future__ import annotations

import ctypes
import mmap
import platform
import sys
from typing import Any

from unicorn import UC_HOOK_MEM_READ, UC_HOOK_MEM_WRITE
from unicorn.unicorn_py3.unicorn import Uc, uclib

ACCESSES = UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE

HOST_CODE = bytes.fromhex(
    "8d41ff"  #          lea  eax, [rcx-1]     size - 1
    "4885c2"  #          test rdx, rax         address
    "7501"  #            jnz  misaligned
    "c3"  #              ret
    "41c70101000000"  #  mov  dword [r9], 1    Found.misaligned
    "41ff6108"  #        jmp  [r9+8]           Found.stop(uc)
)
"""void hook(uc, type, address, size, value, found): System V, x86-64."""


class Found(ctypes.Structure):
    """What the hook leaves, and the function with which it stops the core."""

    _fields_ = (("misaligned", ctypes.c_uint32), ("stop", ctypes.c_void_p))


def host_code() -> mmap.mmap | None:
    """The hook as host code, if this host can run it."""
    if platform.machine() not in ("x86_64", "AMD64") or sys.platform not in ("linux", "darwin"):
        return None
    try:
        page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    except OSError:
        return None  # a hardened host: Python does it
    page[: len(HOST_CODE)] = HOST_CODE
    return page


def add_hook(uc: Uc, kind: int, function: int | None, data: int, first: int, last: int) -> int:
    """Have the library call a host function, past the Python binding and its wrappers; the hook's number.

    A range with `first` above `last` is the whole address space. Raises RuntimeError.
    """
    hook = ctypes.c_size_t()
    status = uclib.uc_hook_add(
        uc._uch,
        ctypes.byref(hook),
        kind,
        ctypes.c_void_p(function),
        ctypes.c_void_p(data),
        ctypes.c_uint64(first),
        ctypes.c_uint64(last),
    )
    if status:
        raise RuntimeError(f"Unicorn refused a hook: error {status}")
    return int(hook.value)


class AlignmentCheck:
    """Stops a core at a misaligned access."""

    def __init__(self, uc: Uc, native: bool = True) -> None:
        """`native` False: check in Python even where host code could do it."""
        self._uc = uc
        self._found = Found(0, ctypes.cast(uclib.uc_emu_stop, ctypes.c_void_p).value)
        self._code = host_code() if native else None
        if self._code is None:
            uc.hook_add(ACCESSES, self._accessed)
            return
        self._entry = ctypes.c_char.from_buffer(self._code)
        add_hook(uc, ACCESSES, ctypes.addressof(self._entry), ctypes.addressof(self._found), 1, 0)

    def take(self) -> bool:
        """Was there a misaligned access since the last question?"""
        found = bool(self._found.misaligned)
        self._found.misaligned = 0
        return found

    def _accessed(self, uc: Any, access: int, address: int, size: int, value: int, data: object) -> None:
        if address & (size - 1):
            self._found.misaligned = 1
            uc.emu_stop()
