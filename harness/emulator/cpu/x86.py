"""x86: a Pentium, flat 32-bit mode. Every export is __cdecl on Windows CE: the caller cleans the stack."""

from __future__ import annotations

from unicorn import UC_ARCH_X86, UC_MODE_32
from unicorn import x86_const as reg

from harness.emulator.cpu import architecture as a

CPU = a.Architecture(
    name="x86",
    machines=frozenset({0x14C}),
    unicorn=(UC_ARCH_X86, UC_MODE_32, reg.UC_CPU_X86_PENTIUM),
    pc=reg.UC_X86_REG_EIP,
    sp=reg.UC_X86_REG_ESP,
    link=None,
    result=reg.UC_X86_REG_EAX,
    result_high=reg.UC_X86_REG_EDX,
    argument_registers=(),
    stack_bias=4,
    home=0,
    trap=b"\xc3" * a.TRAP_SLOT,  # ret
    code_bit=0,
    strict_alignment=False,
    exceptions={
        0: a.INTEGER_DIVIDE_BY_ZERO,
        1: a.BREAKPOINT,
        3: a.BREAKPOINT,
        4: a.INTEGER_OVERFLOW,
        5: a.ARRAY_BOUNDS_EXCEEDED,
        6: a.ILLEGAL_INSTRUCTION,
        13: a.ACCESS_VIOLATION,
        14: a.ACCESS_VIOLATION,
    },
    processor_architecture=0,
    processor_type=586,
    processor_level=5,
    instruction_set=0x00000501,  # x86 i586
)
