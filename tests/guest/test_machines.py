"""Machines other than the guest as it is: with a disk, without a snapshot, and those of the presets."""

import struct
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from harness.deadline import Deadline
from harness.errors import LinkError, NoAnswer, UsageError
from harness.program.text import parse
from harness.qemu import Machine
from harness.targets import TargetConfig
from harness.targets.qemu import KIND, check, started, wired
from harness.targets.qemu_presets import PRESETS
from harness.winsock import symbols
from tests.guest.conftest import opened

pytestmark = pytest.mark.long

PROGRAM = parse("call WSAStartup(0x0202, scratch wsadata[512])\ncall WSACleanup()\n", symbols(8))
NK_START = 0x8000_0000


def settings(**given: str) -> Mapping[str, str]:
    """Checked; the test skips where a program is missing."""
    found = {key.name: key.default for key in KIND.keys if key.default is not None} | given
    try:
        check(found)
    except UsageError as missing:
        if "apt-get install" not in str(missing):
            raise
        pytest.skip(str(missing))
    return found


def test_a_machine_with_a_disk_goes_back_to_what_was_on_it(guest: TargetConfig, tmp_path: Path) -> None:
    """It is saved in an overlay: the image stays as it is, whatever QEMU would write."""
    image, folder = tmp_path / "ce.img", Path(guest.settings["image"])
    image.write_bytes(bytes(1 << 20))
    append = "console=ttyS0 quiet nokaslr mitigations=off random.trust_cpu=on edd=off audit=0"
    arguments = (
        f"-nodefaults -m 128 -kernel {folder}/vmlinuz -initrd {folder}/initrd.cpio -append '{append}' "
        f"-drive file={{disk}},format=qcow2,if=ide"
    )
    config = replace(
        guest,
        settings=settings(qemu="qemu-system-x86_64", arguments=arguments, image=str(image), com="2"),
    )
    with started(config) as (machine, reached):
        assert reached.fresh
        with opened(reached) as device:
            assert device.run(PROGRAM).calls[0].ok
            write = {"command-line": 'qemu-io ide0-hd0 "write -P 170 0 512"'}
            assert machine.execute("human-monitor-command", **write) == ""
            device.renew()
            assert device.run(PROGRAM).calls[0].ok
            assert [path.name for path in device.show(tmp_path, "it")] == ["it-console1.log"]
    assert image.read_bytes() == bytes(1 << 20)


def test_without_a_snapshot_a_lost_machine_boots_again(guest: TargetConfig) -> None:
    config = replace(guest, settings={**guest.settings, "snapshot": "no"})
    with started(config) as (_, reached):
        assert not reached.fresh
        with opened(reached, patience=240) as device:
            device.renew()
            assert device.run(PROGRAM).calls[0].ok


def test_an_agent_that_never_comes_up_is_told_in_time(guest: TargetConfig) -> None:
    text = "-nodefaults -m 16"
    config = replace(guest, settings=settings(qemu="qemu-system-x86_64", arguments=text))
    config = replace(config, timing=replace(config.timing, connect=2.0))
    with pytest.raises(NoAnswer, match="no agent answered within 2 s") as caught, started(config):
        pass
    assert "nothing came back" in str(caught.value)


def test_arguments_that_qemu_does_not_take_are_told_in_its_words(guest: TargetConfig) -> None:
    config = replace(guest, settings=settings(qemu="qemu-system-x86_64", arguments="-M nonsense"))
    with (
        pytest.raises(LinkError, match=r"QEMU ended \(exit code 1\): .*unsupported machine type"),
        started(config),
    ):
        pass


def test_a_machine_that_switches_itself_off_is_itself_to_blame(tmp_path: Path) -> None:
    """Its boot sector does it by ACPI: mov dx, 604h; mov ax, 2000h; out dx, ax."""
    image = tmp_path / "ce.img"
    image.write_bytes(sector("BA0406 B80020 EF F4 EBFD"))
    (tmp_path / "own").mkdir()
    machine = Machine(wired(settings(preset="cepc", image=str(image)), tmp_path / "own"), tmp_path / "own")
    try:
        machine.boot()
        end = Deadline(60)
        while machine.execute("query-status")["status"] != "shutdown":
            assert not end.expired
            time.sleep(0.05)
        assert machine.fault(0) is None
    finally:
        machine.power_off()


def nk(folder: Path) -> Path:
    """An image that writes A to the first UART and stays there: movw r0, #0; movt r0, #0x1C09;
    mov r1, #65; str r1, [r0]; b ."""
    code = struct.pack("<5I", 0xE300_0000, 0xE341_0C09, 0xE3A0_1041, 0xE580_1000, 0xEAFF_FFFE)
    record = struct.pack("<III", NK_START, len(code), sum(code)) + code
    head = b"B000FF\n" + struct.pack("<II", NK_START, len(code))
    path = folder / "NK.bin"
    path.write_bytes(head + record + struct.pack("<III", 0, NK_START, 0))
    return path


def boot_sector(folder: Path) -> Path:
    """A disk whose boot sector writes OK to COM2 and halts: mov dx, 2F8h; mov al, 'O'; out dx, al ..."""
    path = folder / "ce.img"
    path.write_bytes(sector("BAF802 B04F EE B04B EE F4 EBFD"))
    return path


def sector(code: str) -> bytes:
    return bytes.fromhex(code).ljust(510, b"\0") + b"\x55\xaa" + bytes((1 << 20) - 512)


@pytest.mark.parametrize(
    ("preset", "image", "said"), [("compact7-vexpress", nk, "A"), ("cepc", boot_sector, "OK")]
)
def test_the_machine_of_a_preset_starts_and_is_saved_and_comes_back(
    preset, image, said, tmp_path: Path
) -> None:
    """As far as that can be seen without an image of Windows CE."""
    (tmp_path / "own").mkdir()
    wiring = wired(settings(preset=preset, image=str(image(tmp_path))), tmp_path / "own")
    machine = Machine(wiring, tmp_path / "own")
    try:
        machine.boot()
        end = Deadline(60)
        while machine.console() != said:
            assert not end.expired
            time.sleep(0.05)
        machine.save()
        for _ in range(2):
            machine.cycle()
            assert machine.fault(0) is None
        assert [path.name for path in machine.show(tmp_path, "it")][-1] == "it-screen.png"
        assert machine.console() == said
    finally:
        machine.power_off()
    assert not PRESETS[preset].tested
