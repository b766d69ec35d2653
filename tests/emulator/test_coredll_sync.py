"""Objects and waiting, as the CE pages describe them."""

from collections.abc import Callable
from struct import pack

import pytest
from emulated_machine import Caller, Machine

from harness.emulator.objects import Event

FOREVER = 0xFFFFFFFF
TIMEOUT, FAILED, ABANDONED = 0x102, 0xFFFFFFFF, 0x80
SET, RESET, PULSE = 3, 2, 1


def event(call: Caller, manual: bool = False, signalled: bool = False, name: int = 0) -> int:
    return call("CreateEventW", 0, manual, signalled, name)


def handles(call: Caller, *values: int) -> int:
    return call.data(pack(f"<{len(values)}I", *values))


def test_an_auto_reset_event_releases_one_wait(call: Caller) -> None:
    handle = event(call, signalled=True)
    assert call("WaitForSingleObject", handle, 0) == 0
    assert call("WaitForSingleObject", handle, 0) == TIMEOUT


def test_a_manual_reset_event_stays_signalled_until_reset(call: Caller) -> None:
    handle = event(call, manual=True)
    assert call("WaitForSingleObject", handle, 0) == TIMEOUT
    assert call("EventModify", handle, SET) == 1
    assert [call("WaitForSingleObject", handle, 0) for _ in range(2)] == [0, 0]
    assert call("EventModify", handle, RESET) == 1
    assert call("WaitForSingleObject", handle, 0) == TIMEOUT


@pytest.mark.parametrize("operation", [0, 4])
def test_event_modify_knows_three_operations(call: Caller, operation: int) -> None:
    assert call("EventModify", event(call), operation) == 0
    assert call.error == 87


def test_wait_all_is_refused(call: Caller) -> None:
    pair = handles(call, event(call, signalled=True), event(call, signalled=True))
    assert call("WaitForMultipleObjects", 2, pair, 1, 0) == FAILED
    assert call.error == 87


@pytest.mark.parametrize(("count", "value"), [(0, FAILED), (64, 63), (65, FAILED)])
def test_at_most_64_handles(call: Caller, count: int, value: int) -> None:
    some = [event(call) for _ in range(count)]
    if some:
        call("EventModify", some[-1], SET)
    assert call("WaitForMultipleObjects", count, handles(call, *some, 0), 0, 0) == value


def test_the_first_signalled_handle_is_named(call: Caller) -> None:
    three = [event(call), event(call, signalled=True), event(call, signalled=True)]
    assert call("WaitForMultipleObjects", 3, handles(call, *three), 0, FOREVER) == 1
    assert call("WaitForMultipleObjects", 3, handles(call, *three), 0, FOREVER) == 2


def test_waiting_for_a_bad_handle_fails(call: Caller) -> None:
    assert call("WaitForSingleObject", 0x1234, 0) == FAILED
    assert call.error == 6
    assert call("WaitForMultipleObjects", 2, handles(call, event(call), 0), 0, 0) == FAILED
    assert call.error == 6


def test_a_timeout_ends_a_wait(call: Caller) -> None:
    before = call.device.clock.seconds()
    assert call("WaitForSingleObject", event(call), 20) == TIMEOUT
    assert call.device.clock.seconds() - before >= 0.02


def test_names_are_shared_between_processes_and_differ_by_type(machine: Callable[..., Machine]) -> None:
    device = machine()
    one, two = device.caller(), device.caller()
    first = event(one, manual=True, name=one.text("Name"))
    assert one.error == 0
    second = event(two, name=two.text("Name"))
    assert two.error == 183
    one("EventModify", first, SET)
    assert two("WaitForSingleObject", second, 0) == 0
    assert two("CreateMutexW", 0, 0, two.text("Name"))
    assert two.error == 0
    assert event(two, name=two.text("name"))
    assert two.error == 0


def test_the_empty_string_is_a_name(call: Caller) -> None:
    event(call, name=call.text(""))
    event(call, name=call.text(""))
    assert call.error == 183
    event(call)
    assert call.error == 0


def test_a_name_is_free_again_after_the_last_close(call: Caller) -> None:
    handle = event(call, name=call.text("gone"))
    assert call("CloseHandle", handle) == 1
    event(call, name=call.text("gone"))
    assert call.error == 0


def test_close_handle_refuses_what_is_not_open(call: Caller) -> None:
    handle = event(call)
    assert call("CloseHandle", handle) == 1
    assert call("CloseHandle", handle) == 0
    assert call.error == 6


def test_a_mutex_counts_and_belongs_to_a_thread(call: Caller) -> None:
    mutex = call("CreateMutexW", 0, 1, 0)
    assert call("WaitForSingleObject", mutex, 0) == 0
    other = call.second_thread()
    assert other("WaitForSingleObject", mutex, 0) == TIMEOUT
    assert other("ReleaseMutex", mutex) == 0
    assert other.error == 288
    assert [call("ReleaseMutex", mutex) for _ in range(3)] == [1, 1, 0]
    assert other("WaitForSingleObject", mutex, 0) == 0


def test_a_mutex_of_an_ended_thread_is_abandoned_once(call: Caller) -> None:
    mutex = call("CreateMutexW", 0, 0, 0)
    other = call.second_thread()
    assert other("WaitForSingleObject", mutex, 0) == 0
    call.device.end_thread(other.thread, 0)
    assert call("WaitForSingleObject", mutex, 0) == ABANDONED
    assert call("ReleaseMutex", mutex) == 1
    assert call("WaitForSingleObject", mutex, 0) == 0


def test_a_mutex_of_an_ended_process_is_abandoned(machine: Callable[..., Machine]) -> None:
    device = machine()
    one, two = device.caller(), device.caller()
    one("CreateMutexW", 0, 1, one.text("alive"))
    mutex = two("CreateMutexW", 0, 1, two.text("alive"))
    assert two("WaitForSingleObject", mutex, 0) == TIMEOUT
    device.device.end_process(one.process, 0)
    assert two("WaitForMultipleObjects", 2, handles(two, event(two), mutex), 0, 0) == ABANDONED + 1


def test_a_semaphore_counts_up_to_its_limit(call: Caller) -> None:
    semaphore = call("CreateSemaphoreW", 0, 1, 2, 0)
    assert [call("WaitForSingleObject", semaphore, 0) for _ in range(2)] == [0, TIMEOUT]
    previous = call.data(bytes(4))
    assert call("ReleaseSemaphore", semaphore, 2, previous) == 1
    assert call.memory.u32(previous) == 0
    assert call("ReleaseSemaphore", semaphore, 1, 0) == 0
    assert call.error == 298


def test_an_ended_process_is_signalled_and_has_an_exit_code(machine: Callable[..., Machine]) -> None:
    device = machine()
    one, two = device.caller(), device.caller()
    handle = one("OpenProcess", 0, 0, two.process.id)
    code = one.data(bytes(4))
    assert one("GetExitCodeProcess", handle, code) == 1
    assert one.memory.u32(code) == 259
    assert one("WaitForSingleObject", handle, 0) == TIMEOUT
    assert one("TerminateProcess", handle, 5) == 1
    assert one("WaitForSingleObject", handle, 0) == 0
    assert one("GetExitCodeProcess", handle, code) == 1
    assert one.memory.u32(code) == 5
    assert one("TerminateProcess", handle, 6) == 0


def test_process_end_runs_cleanups_and_closes_handles(machine: Callable[..., Machine]) -> None:
    device = machine()
    one, two = device.caller(), device.caller()
    ended: list[str] = []
    one.process.at_end(lambda: ended.append("first"))
    one.process.at_end(lambda: ended.append("last"))
    event(one, name=one.text("mine"))
    device.device.end_process(one.process, 1)
    assert ended == ["last", "first"]
    event(two, name=two.text("mine"))
    assert two.error == 0


@pytest.mark.parametrize(("argument", "value"), [(0, 0), (2, 1), (3, 1), (4, 1), (6, 1), (7, 1), (8, 1)])
def test_create_process_refuses_what_ce_does_not_support(call: Caller, argument: int, value: int) -> None:
    arguments = [call.text("\\nothing.exe"), 0, 0, 0, 0, 0, 0, 0, 0, 0]
    arguments[argument] = value
    assert call("CreateProcessW", *arguments) == 0
    assert call.error == 87


@pytest.mark.parametrize("data", [b"", b"MZ", b"text, not code" * 20])
def test_create_process_refuses_what_is_no_program(call: Caller, data: bytes) -> None:
    call.device.files.write_file("\\bad.exe", data)
    assert call("CreateProcessW", call.text("\\bad.exe"), 0, 0, 0, 0, 0, 0, 0, 0, 0) == 0
    assert call.error == 193
    assert call("CreateProcessW", call.text("\\missing.exe"), 0, 0, 0, 0, 0, 0, 0, 0, 0) == 0
    assert call.error == 2


def test_duplicate_handle_refers_to_the_same_object(machine: Callable[..., Machine]) -> None:
    device = machine()
    one, two = device.caller(), device.caller()
    handle = event(one)
    target = one("OpenProcess", 0, 0, two.process.id)
    made = one.data(bytes(4))
    assert one("DuplicateHandle", 0x42, handle, target, made, 0, 0, 2) == 1
    copy = one.memory.u32(made)
    one("EventModify", handle, SET)
    assert two("WaitForSingleObject", copy, 0) == 0
    assert one("DuplicateHandle", 0x42, 0x99, target, made, 0, 0, 2) == 0


def test_thread_local_storage(call: Caller) -> None:
    slot = call("TlsCall", 0, 0)
    assert call("TlsSetValue", slot, 77) == 1
    other = call.second_thread()
    assert (call("TlsGetValue", slot), other("TlsGetValue", slot)) == (77, 0)
    assert call("TlsCall", 1, slot) == 1
    assert call("TlsCall", 1, slot) == 0


def test_the_two_error_slots_are_one_unless_the_variant_says_so(machine: Callable[..., Machine]) -> None:
    shared, separate = machine().caller(), machine(variants=frozenset({"separate-wsa-error"})).caller()
    for caller in (shared, separate):
        caller("SetLastError", 1)
        caller.thread.wsa_error = 10022
    assert (shared("GetLastError"), separate("GetLastError")) == (10022, 1)


def test_objects_closed_while_named_by_a_view_only(call: Caller) -> None:
    table = call.process.handles
    before = len(table)
    handle = table.add(Event(True, False))
    assert table.get(handle, Event) is not None
    assert table.close(handle)
    assert len(table) == before
