"""One CPU core: a Unicorn instance that runs the threads of one process at a time.

The API of Unicorn's Python binding is used where speed does not matter. Reading arguments and writing
results, which every call of the guest does, goes to the library underneath with arrays made once (four times
as fast).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from unicorn import (
    UC_ARCH_ARM,
    UC_ARCH_MIPS,
    UC_ERR_EXCEPTION,
    UC_ERR_INSN_INVALID,
    UC_ERR_READ_UNALIGNED,
    UC_ERR_WRITE_UNALIGNED,
    UC_HOOK_CODE,
    UC_HOOK_INTR,
    UC_HOOK_MEM_INVALID,
    UC_MEM_FETCH_PROT,
    UC_MEM_FETCH_UNMAPPED,
    UC_MEM_WRITE_PROT,
    UC_MEM_WRITE_UNMAPPED,
)
from unicorn.arm_const import UC_ARM_REG_CPSR
from unicorn.unicorn_py3.unicorn import Uc, UcError, uclib

from harness.emulator.alignment import AlignmentCheck, add_hook
from harness.emulator.cpu.architecture import (
    DATATYPE_MISALIGNMENT,
    ILLEGAL_INSTRUCTION,
    STACK_OVERFLOW,
    Architecture,
)
from harness.emulator.exports import GuestException, GuestFault
from harness.emulator.memory import Memory

TRAPS_FIRST, TRAPS_LAST = 0x7F000000, 0x7FFFFFFF
"""Where the code of the emulated DLLs lies, the same in every process."""
NEVER = TRAPS_FIRST + 0xFF0
"""An address nothing jumps to: Unicorn wants to know where to stop. (0 would hide calls through NULL, and on
MIPS an address above 0x80000000 makes every stop an error.)"""
FETCHES = (UC_MEM_FETCH_UNMAPPED, UC_MEM_FETCH_PROT)
CPSR_THUMB = 0x20
CODE_HOOK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_void_p)


class Engine:
    """Registers are read and written by their Unicorn number; addresses are guest addresses."""

    def __init__(
        self,
        cpu: Architecture,
        on_trap: Callable[[int], None] = lambda address: None,
        *,
        host_code: bool = True,
    ) -> None:
        """`on_trap` is called with the address of a trap; it may call `set_result` or `stop`.
        `host_code` False: no host code for the alignment check, even where it could run."""
        self.cpu = cpu
        arch, mode, model = cpu.unicorn
        self._uc = uc = Uc(arch, mode)
        uc.ctl_set_cpu_model(model)
        cpu.prepare(uc)
        self._pristine = uc.context_save()
        self._handle = uc._uch
        self._word = ctypes.c_uint64()
        self._word_at = ctypes.byref(self._word)
        self._write = uclib.uc_reg_write
        self._result = ctypes.c_int(cpu.result)
        self._readers: dict[int, Callable[[], Any]] = {}
        self._memory = Memory()
        self._fault: GuestException | None = None
        self.reusable = True
        """False once the core must not run another process: on MIPS, a jump to where no code is leaves
        Unicorn's translator in a state in which its next translation crashes."""
        self._access: tuple[int, int] | None = None
        self._raised: BaseException | None = None
        self._on_trap = on_trap
        self._trap_callback = CODE_HOOK(self._trapped)
        self._trap_hook = add_hook(
            uc,
            UC_HOOK_CODE,
            ctypes.cast(self._trap_callback, ctypes.c_void_p).value,
            0,
            TRAPS_FIRST,
            TRAPS_LAST,
        )
        uc.hook_add(UC_HOOK_MEM_INVALID, self._invalid)
        uc.hook_add(UC_HOOK_INTR, self._interrupted)
        self._alignment = (
            AlignmentCheck(uc, host_code) if cpu.strict_alignment and arch == UC_ARCH_ARM else None
        )

    # --- memory ----------------------------------------------------------------------------------

    def use(self, memory: Memory) -> None:
        """Run in this address space from now on. The one before must have been cleared."""
        self._uc.ctl_flush_tb()
        self._memory = memory
        memory.attach(self)

    def map(self, address: int, size: int, rights: int, host: int) -> None:
        self._uc.mem_map_ptr(address, size, rights, host)

    def unmap(self, address: int, size: int) -> None:
        self._uc.mem_unmap(address, size)

    # --- registers -------------------------------------------------------------------------------

    def read(self, register: int) -> int:
        value: int = self._uc.reg_read(register)
        return value & 0xFFFFFFFF

    def write(self, register: int, value: int) -> None:
        self._uc.reg_write(register, value & 0xFFFFFFFF)

    def set_result(self, value: int) -> None:
        """What the call in progress returns (low word)."""
        self._word.value = value & 0xFFFFFFFF
        self._write(self._handle, self._result, self._word_at)

    def save(self, context: Any = None) -> Any:
        """All registers; into `context` when it is given."""
        if context is None:
            return self._uc.context_save()
        self._uc.context_update(context)
        return context

    def restore(self, context: Any) -> None:
        self._uc.context_restore(context)

    # --- calls -----------------------------------------------------------------------------------

    def reader(self, count: int) -> Callable[[], Any]:
        """A function that gives the first `count` argument words of the call in progress."""
        made = self._readers.get(count)
        if made is None:
            made = self._readers[count] = self._make_reader(count)
        return made

    def _make_reader(self, count: int) -> Callable[[], Any]:
        if count == 0:
            return tuple
        cpu = self.cpu
        held = min(count, len(cpu.argument_registers))
        registers = [*cpu.argument_registers[:held], *([cpu.sp] if held < count else [])]
        total = len(registers)
        values = (ctypes.c_uint64 * total)()
        numbers = (ctypes.c_int * total)(*registers)
        places = (ctypes.c_void_p * total)(*(ctypes.addressof(values) + 8 * i for i in range(total)))
        read, handle, on_stack, bias = (
            uclib.uc_reg_read_batch,
            self._handle,
            count - held,
            4 * held + cpu.stack_bias,
        )

        def from_registers() -> list[int]:
            read(handle, numbers, places, total)
            return values[:]

        def with_stack() -> list[int]:
            read(handle, numbers, places, total)
            return [*values[:held], *self._memory.words(values[held] + bias, on_stack)]

        return with_stack if on_stack else from_registers

    def argument(self, index: int) -> int:
        """Argument word `index` of the call in progress."""
        if index < len(self.cpu.argument_registers):
            return self.read(self.cpu.argument_registers[index])
        return self._memory.u32(self.read(self.cpu.sp) + 4 * index + self.cpu.stack_bias)

    def return_address(self) -> int:
        """Where the call in progress came from."""
        if self.cpu.link is None:
            return self._memory.u32(self.read(self.cpu.sp))
        return self.read(self.cpu.link)

    def finish_call(self, value: int) -> None:
        """Return from the trap the thread stands on. (A stop inside a hook leaves it there.)"""
        target = self.return_address()
        if self.cpu.link is None:
            self.write(self.cpu.sp, self.read(self.cpu.sp) + 4)
        self.set_result(value)
        self.write(self.cpu.pc, target)

    def begin_call(self, address: int, args: tuple[int, ...], stack: int, back: int) -> None:
        """Stand at the first instruction of guest code, called with words from `back`. Raises GuestFault."""
        cpu = self.cpu
        held = len(cpu.argument_registers)
        stack = (stack - 4 * len(args) - cpu.home - 16) & ~0xF
        for register, value in zip(cpu.argument_registers, args, strict=False):
            self.write(register, value)
        if cpu.link is None:
            self._memory.set_u32(stack, back)
        else:
            self.write(cpu.link, back)
        for index in range(held, len(args)):
            self._memory.set_u32(stack + 4 * index + cpu.stack_bias, args[index])
        self.write(cpu.sp, stack)
        self.write(cpu.pc, address | cpu.code_bit)

    def begin_thread(self, address: int, args: tuple[int, ...], stack: int, back: int) -> None:
        """The same with all other registers as a new thread has them."""
        self.restore(self._pristine)
        self.begin_call(address, args, stack, back)

    def stack_pointer(self) -> int:
        return self.read(self.cpu.sp)

    def program_counter(self) -> int:
        return self.read(self.cpu.pc)

    # --- running ---------------------------------------------------------------------------------

    def run(self, count: int) -> None:
        """Run at most `count` instructions, or until `stop`. Raises GuestException.

        Counted always: a counted run after an uncounted one hangs.
        """
        uc, cpu = self._uc, self.cpu
        start = uc.reg_read(cpu.pc)
        if cpu.unicorn[0] == UC_ARCH_ARM and uc.reg_read(UC_ARM_REG_CPSR) & CPSR_THUMB:
            start |= 1  # how Unicorn is told that it starts in Thumb state
        try:
            uc.emu_start(start, NEVER, count=count)
        except UcError as error:
            if cpu.unicorn[0] == UC_ARCH_MIPS and self._access is not None:
                self.reusable = self._access[0] not in FETCHES
            self._raise(error)
        if self._raised is not None:
            raised, self._raised = self._raised, None
            raise raised
        if self._alignment is not None and self._alignment.take():
            raise GuestException(DATATYPE_MISALIGNMENT, self.program_counter())
        if self._fault is not None:
            fault, self._fault = self._fault, None
            raise fault

    def stop(self) -> None:
        self._uc.emu_stop()

    def _trapped(self, handle: int, address: int, size: int, data: int) -> None:
        try:
            self._on_trap(address)
        except BaseException as error:  # raised again by `run`: nothing may pass through the library
            self._raised = error
            self._uc.emu_stop()

    def _invalid(self, uc: Uc, access: int, address: int, size: int, value: int, data: object) -> bool:
        self._access = (access, address)
        return False

    def _interrupted(self, uc: Uc, number: int, data: object) -> None:
        code = self.cpu.exceptions.get(number, ILLEGAL_INSTRUCTION)
        self._fault = GuestException(code, self.program_counter())
        uc.emu_stop()

    def _raise(self, error: UcError) -> None:
        place = self.program_counter()
        if self._alignment is not None and self._alignment.take():
            raise GuestException(DATATYPE_MISALIGNMENT, place) from error
        access, self._access = self._access, None
        fault, self._fault = self._fault, None
        if fault is not None:
            raise fault from error
        if error.errno in (UC_ERR_READ_UNALIGNED, UC_ERR_WRITE_UNALIGNED):
            raise GuestException(DATATYPE_MISALIGNMENT, place) from error
        if error.errno in (UC_ERR_INSN_INVALID, UC_ERR_EXCEPTION):
            raise GuestException(ILLEGAL_INSTRUCTION, place) from error
        if access is None:
            raise error
        kind, address = access
        if self._below(address):
            raise GuestException(STACK_OVERFLOW, place) from error
        writing = kind in (UC_MEM_WRITE_PROT, UC_MEM_WRITE_UNMAPPED)
        raise GuestFault(address, write=writing, place=place) from error

    def _below(self, address: int) -> bool:
        """Is this the page under a stack?"""
        area = self._memory.area(address)
        return area is not None and area.kind == "stack"
