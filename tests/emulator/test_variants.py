"""Images that lack something, and processes that do not end."""

from collections.abc import Callable

from emulated_machine import Caller, Machine

from harness.emulator.exports import EXPORTS

ERROR = 0xFFFFFFFF


def test_an_image_without_a_random_generator(machine: Callable[..., Machine]) -> None:
    found = []
    for variants in ((), ("no-random",)):
        call = machine(variants=frozenset(variants)).caller()
        module = call("LoadLibraryW", call.text("coredll.dll"))
        found.append(call("GetProcAddressW", module, call.text("CeGenRandom")))
    assert found[0] != 0
    assert found[1] == 0
    assert call.error == 127


def waits_in_winsock(device: Machine, call: Caller, meanwhile: Callable[[], None]) -> None:
    """A receive for which nothing comes within its 50 ms; `meanwhile` is called while it waits."""
    handlers = EXPORTS["ws2"]
    invoke = device.device.scheduler.invoke
    assert invoke(call.thread, handlers["WSAStartup"].handler, 0x0202, call.data(bytes(400))) == 0
    sock = invoke(call.thread, handlers["socket"].handler, 2, 2, 17)
    reading = call.data(bytes([1, 0, 0, 0]) + sock.to_bytes(4, "little"))
    timeout = call.data(bytes(4) + (50_000).to_bytes(4, "little"))
    device.device.io.after(0.0, meanwhile)
    invoke(call.thread, handlers["select"].handler, 0, reading, 0, 0, timeout)


def test_a_process_that_waits_in_a_driver_cannot_be_ended(machine: Callable[..., Machine]) -> None:
    device = machine(variants=frozenset({"unkillable"}))
    victim, other = device.caller(), device.caller()
    handle = other.process.handles.add(victim.process)
    code = other.data(bytes(4))

    def terminate() -> None:
        assert other("TerminateProcess", handle, 9) == 1

    waits_in_winsock(device, victim, terminate)
    assert victim.thread.stopped
    assert other("WaitForSingleObject", handle, 20) == 0x102
    assert other("GetExitCodeProcess", handle, code) == 1
    assert other.memory.u32(code) == 259


def test_a_process_that_waits_elsewhere_can_be_ended(machine: Callable[..., Machine]) -> None:
    device = machine(variants=frozenset({"unkillable"}))
    victim, other = device.caller(), device.caller()
    waits_in_winsock(device, victim, lambda: None)
    handle = other.process.handles.add(victim.process)
    assert other("TerminateProcess", handle, 9) == 1
    assert other("WaitForSingleObject", handle, 0) == 0
