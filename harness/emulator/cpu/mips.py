"""MIPS II, little-endian, soft float. The first four words travel in registers, with a home on the stack."""

from __future__ import annotations

from unicorn import UC_ARCH_MIPS, UC_MODE_LITTLE_ENDIAN, UC_MODE_MIPS32
from unicorn import mips_const as reg

from harness.emulator.cpu import architecture as a

CPU = a.Architecture(
    name="mips",
    machines=frozenset({0x166, 0x266}),
    unicorn=(UC_ARCH_MIPS, UC_MODE_MIPS32 | UC_MODE_LITTLE_ENDIAN, reg.UC_CPU_MIPS32_4KC),
    pc=reg.UC_MIPS_REG_PC,
    sp=reg.UC_MIPS_REG_SP,
    link=reg.UC_MIPS_REG_RA,
    result=reg.UC_MIPS_REG_V0,
    result_high=reg.UC_MIPS_REG_V1,
    argument_registers=(reg.UC_MIPS_REG_A0, reg.UC_MIPS_REG_A1, reg.UC_MIPS_REG_A2, reg.UC_MIPS_REG_A3),
    stack_bias=0,
    home=16,
    trap=bytes.fromhex("0800e003 00000000"),  # jr ra; nop
    code_bit=0,
    strict_alignment=True,
    exceptions={
        12: a.DATATYPE_MISALIGNMENT,  # address error, load
        13: a.DATATYPE_MISALIGNMENT,  # address error, store
        17: a.ILLEGAL_INSTRUCTION,  # syscall
        18: a.BREAKPOINT,
        19: a.ILLEGAL_INSTRUCTION,  # coprocessor unusable
        20: a.ILLEGAL_INSTRUCTION,  # reserved instruction
        21: a.INTEGER_OVERFLOW,
        22: a.INTEGER_DIVIDE_BY_ZERO,  # trap: compilers check divisors with teq
    },
    processor_architecture=1,
    processor_type=4000,
    processor_level=4,
    instruction_set=0x01010000,  # MIPS II
)
