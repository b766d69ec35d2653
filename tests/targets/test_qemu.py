"""The target kind `qemu`: its settings, and what is missing. With QEMU itself: tests/guest."""

import struct
from pathlib import Path

import pytest

from harness.agents import executable
from harness.errors import UsageError
from harness.lab import load_lab
from harness.targets import KINDS, TargetConfig, evidence_of, kind_of
from harness.targets.qemu import check, wired

NK = b"B000FF\n" + struct.pack("<IIIII", 0x8000_0000, 4, 0x8000_0000, 4, 10) + b"\1\2\3\4"
NK += struct.pack("<III", 0, 0x8000_10C0, 0)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What looks like all of QEMU's programs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("qemu-system-x86_64", "qemu-system-i386", "qemu-system-arm", "qemu-img"):
        (folder / name).write_text("#!/bin/sh\necho QEMU emulator version 0.9\n", encoding="ascii")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return folder


def target(folder: Path, text: str) -> TargetConfig:
    (folder / "lab.ini").write_text(f"[t]\nkind = qemu\n{text}", encoding="utf-8")
    return load_lab(folder / "lab.ini").target("t")


def words(folder: Path, text: str, port: int | None = None) -> str:
    own = folder / "own"
    own.mkdir(exist_ok=True)
    settings = target(folder, text).settings
    return " ".join(wired(settings, own, port=port).words(own))


@pytest.mark.usefixtures("programs")
def test_the_guest_of_ours(tmp_path: Path) -> None:
    image = tmp_path / "guest"
    image.mkdir()
    (image / "vmlinuz").touch()
    (image / "initrd.cpio").touch()
    config = target(tmp_path, "preset = wine-guest\nimage = guest\n")
    line = words(tmp_path, "preset = wine-guest\nimage = guest\n", port=4000)

    assert evidence_of(config) == "independent"
    assert kind_of(config).place(config.settings) == "wine-guest over serial"
    assert kind_of(config).protection(config.settings) == "no key: the line does not leave this computer"
    assert kind_of(config).protection({**config.settings, "link": "tcp"}) == "a new key for every start"
    assert check(config.settings) == "QEMU emulator version 0.9, guest"
    assert f"-kernel {image}/vmlinuz -initrd {image}/initrd.cpio" in line
    assert "hostfwd=tcp:127.0.0.1:4000-:5555 -device virtio-net-pci,romfile=,netdev=net0" in line
    assert "-chardev socket,id=serial2" in line


@pytest.mark.usefixtures("programs")
def test_compact_7_on_vexpress_gets_its_image_and_a_card_with_the_agent(tmp_path: Path) -> None:
    (tmp_path / "NK.bin").write_bytes(NK)
    text = "preset = compact7-vexpress\nimage = NK.bin\n"
    config = target(tmp_path, text)
    line = words(tmp_path, text)

    own = tmp_path / "own"
    assert (
        f"loader,addr=0x80000000,file={own}/nk.raw,force-raw=on -device loader,addr=0x800010c0,cpu-num=0"
        in line
    )
    assert (own / "nk.raw").read_bytes() == b"\1\2\3\4"
    assert f"driver=vvfat,dir={own}/card" in line
    assert (own / "card" / "ceagent.exe").read_bytes()[:2] == b"MZ"
    assert (own / "card" / "2577" / "autorun.exe").read_bytes()[:2] == b"MZ"
    assert "-chardev socket,id=serial2" in line
    assert "-netdev" not in line
    assert evidence_of(config) == "device image"
    assert kind_of(config).place(config.settings).endswith("(untested on a CE image)")
    assert check(config.settings).endswith("untested on a CE image")
    with pytest.raises(UsageError, match="link = tcp needs a network device"):
        words(tmp_path, text, port=1)


@pytest.mark.usefixtures("programs")
def test_another_agent_for_the_card(tmp_path: Path) -> None:
    (tmp_path / "NK.bin").write_bytes(NK)
    text = "preset = compact7-vexpress\nimage = NK.bin\nagent = {}\n"
    agent = executable("ce-armv7")
    words(tmp_path, text.format(agent))
    assert (tmp_path / "own" / "card" / "ceagent.exe").read_bytes() == agent.read_bytes()
    with pytest.raises(UsageError, match=r"NK\.bin is not an executable"):
        words(tmp_path, text.format("NK.bin"))


@pytest.mark.usefixtures("programs")
def test_a_flat_image_has_its_entry_point_in_its_name(tmp_path: Path) -> None:
    flat = tmp_path / "NK.bin.entry-0x80001234.raw"
    flat.write_bytes(b"flat")
    line = words(tmp_path, f"preset = compact7-vexpress\nimage = {flat.name}\n")
    assert f"loader,addr=0x80000000,file={flat},force-raw=on -device loader,addr=0x80001234,cpu-num=0" in line


@pytest.mark.usefixtures("programs")
def test_a_pc_has_a_disk_of_its_own_and_the_network_device_that_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "ce.img").touch()
    text = "preset = cepc\nimage = ce.img\n"
    line = words(tmp_path, text, port=4000)
    assert f"-drive file={tmp_path}/own/disk.qcow2,format=qcow2,if=ide" in line
    assert "-device rtl8139,netdev=net0" in line
    assert "-chardev socket,id=serial1" in line
    line = words(tmp_path, f"{text}nic = ne2k_isa,iobase=0x320,irq=10\ncom = 2\narguments = -cpu pentium\n")
    assert "-device ne2k_isa,iobase=0x320,irq=10,netdev=net0" in line
    assert "-chardev socket,id=serial2" in line
    assert "-cpu pentium" in line


@pytest.mark.usefixtures("programs")
def test_any_machine(tmp_path: Path) -> None:
    text = 'qemu = qemu-system-arm\narguments = -M virt -append "a b"\n'
    own = tmp_path / "own"
    own.mkdir()
    config = target(tmp_path, text)
    assert wired(config.settings, own).arguments == ("-M", "virt", "-append", "a b")
    assert wired(config.settings, own).disk is None
    assert evidence_of(config) == "device image"
    disk = target(tmp_path, "qemu = qemu-system-arm\narguments = -drive file={disk}\nimage = lab.ini\n")
    assert wired(disk.settings, own).disk == tmp_path / "lab.ini"


@pytest.mark.usefixtures("programs")
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", r"key 'qemu' is missing: .*\(wine-guest, compact7-vexpress, cepc\)"),
        ("qemu = qemu-system-arm\n", "key 'arguments' is missing"),
        ("preset = cepc\n", "key 'image' is missing: expected a disk that starts"),
        ("preset = cepc\nimage = none.img\n", "none.img: there is no such file"),
        (
            "qemu = qemu-system-arm\narguments = -hda {disk}\n",
            "key 'image' is missing: expected the disk that",
        ),
        ("qemu = qemu-system-arm\narguments = -M virt\nlink = tcp\n", "key 'nic' is missing"),
        ("preset = wine-guest\nimage = .\n", r"vmlinuz is missing: `python -m guest`"),
        ("preset = compact7-vexpress\nimage = lab.ini\n", "no image of Windows CE"),
        ("preset = cepc\nimage = lab.ini\nqemu = qemu-system-none\n", "apt-get install qemu-system-none"),
    ],
)
def test_what_is_missing_is_told(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        check(target(tmp_path, text).settings)


@pytest.mark.parametrize(
    "text", ["preset = ce\n", "link = usb\n", "com = 5\n", "snapshot = maybe\n", "arguments = 'x\n"]
)
def test_a_wrong_value_is_told_with_its_place(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=rf"lab\.ini:3 \[t\] {text.split()[0]}: cannot use"):
        target(tmp_path, text)


def test_a_missing_program_names_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "ce.img").touch()
    with pytest.raises(UsageError, match=r"qemu-system-i386 is missing: .*apt-get install qemu-system-x86"):
        check(target(tmp_path, "preset = cepc\nimage = ce.img\n").settings)


def test_the_kind_starts_its_device_itself() -> None:
    assert KINDS["qemu"].starts
