"""What the rest of the emulator knows about a CPU. One file of this package holds one CPU, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

TRAP_SLOT = 8
"""Bytes of guest code that stand for one emulated export."""

DATATYPE_MISALIGNMENT = 0x80000002
BREAKPOINT = 0x80000003
ACCESS_VIOLATION = 0xC0000005
ILLEGAL_INSTRUCTION = 0xC000001D
ARRAY_BOUNDS_EXCEEDED = 0xC000008C
INTEGER_DIVIDE_BY_ZERO = 0xC0000094
INTEGER_OVERFLOW = 0xC0000095
PRIVILEGED_INSTRUCTION = 0xC0000096
STACK_OVERFLOW = 0xC00000FD


@dataclass(frozen=True, slots=True)
class Architecture:
    """One CPU with the calling convention that Windows CE uses on it."""

    name: str
    machines: frozenset[int]
    """PE machine numbers it runs."""
    unicorn: tuple[int, int, int]
    """Architecture, mode and CPU model of the Unicorn core."""
    pc: int
    sp: int
    link: int | None
    """Register with the return address; None: it lies at the top of the stack."""
    result: int
    result_high: int
    argument_registers: tuple[int, ...]
    stack_bias: int
    """Argument word i that is not in a register lies at sp + 4 * i + stack_bias at the first instruction."""
    home: int
    """Bytes a caller leaves free below its stack arguments for the callee."""
    trap: bytes
    """TRAP_SLOT bytes of code that return to the caller."""
    code_bit: int
    """1 where the address of code has its lowest bit set (Thumb)."""
    strict_alignment: bool
    """An unaligned word or half-word faults."""
    exceptions: Mapping[int, int]
    """CPU exception number -> code of the structured exception."""
    processor_architecture: int
    processor_type: int
    processor_level: int
    instruction_set: int
    """What QueryInstructionSet says: PROCESSOR_*_INSTRUCTION."""
    prepare: Callable[[Any], None] = field(default=lambda uc: None)
    """Put a new Unicorn core into the state in which applications run."""
