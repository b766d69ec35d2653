"""Interlocked operations: one emulated CPU, so a call is never torn."""

from __future__ import annotations

from harness.emulator.exports import Call, export


@export("coredll!InterlockedIncrement", "address")
def interlocked_increment(call: Call, address: int) -> int:
    value = call.process.memory.u32(address) + 1
    call.process.memory.set_u32(address, value)
    return value


@export("coredll!InterlockedDecrement", "address")
def interlocked_decrement(call: Call, address: int) -> int:
    value = call.process.memory.u32(address) - 1
    call.process.memory.set_u32(address, value)
    return value


@export("coredll!InterlockedExchange", "address value")
def interlocked_exchange(call: Call, address: int, value: int) -> int:
    old = call.process.memory.u32(address)
    call.process.memory.set_u32(address, value)
    return old


@export("coredll!InterlockedExchangeAdd", "address value")
def interlocked_exchange_add(call: Call, address: int, value: int) -> int:
    old = call.process.memory.u32(address)
    call.process.memory.set_u32(address, old + value)
    return old


@export("coredll!InterlockedCompareExchange", "address value comparand")
def interlocked_compare_exchange(call: Call, address: int, value: int, comparand: int) -> int:
    old = call.process.memory.u32(address)
    if old == comparand:
        call.process.memory.set_u32(address, value)
    return old


@export("coredll!InterlockedTestExchange", "address old new")
def interlocked_test_exchange(call: Call, address: int, old: int, new: int) -> int:
    return interlocked_compare_exchange(call, address, new, old)
