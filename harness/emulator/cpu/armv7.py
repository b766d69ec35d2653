"""ARMv7 as Compact 2013 uses it: Thumb-2 code only, VFP for floating point, unaligned words allowed."""

from __future__ import annotations

from unicorn import UC_ARCH_ARM, UC_MODE_THUMB
from unicorn import arm_const as reg
from unicorn.unicorn_py3.unicorn import Uc

from harness.emulator.cpu import architecture as a


def enable_vfp(uc: Uc) -> None:
    """Let applications use the coprocessors 10 and 11, and switch the unit on."""
    uc.reg_write(reg.UC_ARM_REG_C1_C0_2, uc.reg_read(reg.UC_ARM_REG_C1_C0_2) | 0xF << 20)
    uc.reg_write(reg.UC_ARM_REG_FPEXC, 0x40000000)


CPU = a.Architecture(
    name="armv7",
    machines=frozenset({0x1C4}),
    unicorn=(UC_ARCH_ARM, UC_MODE_THUMB, reg.UC_CPU_ARM_CORTEX_A8),
    pc=reg.UC_ARM_REG_PC,
    sp=reg.UC_ARM_REG_SP,
    link=reg.UC_ARM_REG_LR,
    result=reg.UC_ARM_REG_R0,
    result_high=reg.UC_ARM_REG_R1,
    argument_registers=(reg.UC_ARM_REG_R0, reg.UC_ARM_REG_R1, reg.UC_ARM_REG_R2, reg.UC_ARM_REG_R3),
    stack_bias=-16,
    home=0,
    trap=bytes.fromhex("7047 7047 7047 7047"),  # bx lr
    code_bit=1,
    strict_alignment=False,
    exceptions={
        1: a.ILLEGAL_INSTRUCTION,
        2: a.ILLEGAL_INSTRUCTION,
        3: a.ACCESS_VIOLATION,
        4: a.ACCESS_VIOLATION,
        7: a.BREAKPOINT,
    },
    processor_architecture=5,
    processor_type=2577,
    processor_level=7,
    instruction_set=0x05010000,
    prepare=enable_vfp,
)
