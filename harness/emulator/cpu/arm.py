"""ARMV4I: an ARMv4T core (TI925T), soft float, ARM and Thumb code with interworking.

The core of a v4 device faults on an unaligned word; Unicorn would load it, so the engine checks every access.
A model of a later core (926) would accept v5 instructions that such a device does not have.
"""

from __future__ import annotations

from unicorn import UC_ARCH_ARM, UC_MODE_ARM
from unicorn import arm_const as reg

from harness.emulator.cpu import architecture as a

CPU = a.Architecture(
    name="arm",
    machines=frozenset({0x1C0, 0x1C2}),
    unicorn=(UC_ARCH_ARM, UC_MODE_ARM, reg.UC_CPU_ARM_TI925T),
    pc=reg.UC_ARM_REG_PC,
    sp=reg.UC_ARM_REG_SP,
    link=reg.UC_ARM_REG_LR,
    result=reg.UC_ARM_REG_R0,
    result_high=reg.UC_ARM_REG_R1,
    argument_registers=(reg.UC_ARM_REG_R0, reg.UC_ARM_REG_R1, reg.UC_ARM_REG_R2, reg.UC_ARM_REG_R3),
    stack_bias=-16,
    home=0,
    trap=bytes.fromhex("1eff2fe1 1eff2fe1"),  # bx lr
    code_bit=0,
    strict_alignment=True,
    exceptions={
        1: a.ILLEGAL_INSTRUCTION,  # undefined
        2: a.ILLEGAL_INSTRUCTION,  # swi: CE applications have no use for it
        3: a.ACCESS_VIOLATION,  # prefetch abort
        4: a.ACCESS_VIOLATION,  # data abort
        7: a.BREAKPOINT,
    },
    processor_architecture=5,
    processor_type=2577,
    processor_level=4,
    instruction_set=0x05010000,  # ARMV4I
)
