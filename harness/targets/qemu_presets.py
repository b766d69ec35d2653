"""Machines that the harness knows: what QEMU is told, and what the image has to be.

docs/qemu.md says where the facts are from, and how an owner of an image gets there.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.agents import executable
from harness.errors import UsageError
from harness.qemu import read_nk

DEVICE_IMAGE = "device image"
UNTESTED = "untested on a CE image"
_ENTRY = "entry-0x"
"""What stands before the entry point in the name of a flat image, as the BSP wince-qemu names it."""
_ARM = "2577"
"""Folder of a card whose autorun.exe a shell of Windows CE starts on an ARM CPU (page ee499395)."""


@dataclass(frozen=True, slots=True)
class Preset:
    """One machine. program, com, serials, nic: see `harness.qemu.Wiring`.

    arguments: makes QEMU's, from the image, a folder for what else is needed, and an agent for it, None for
    the harness's own. image: what that has to be, in words. evidence: what a result on it rests on. own_key:
    the machine takes its key from QEMU.
    disk: the image is a disk. tested: has it been seen to work?
    """

    program: str
    arguments: Callable[[Path, Path, Path | None], list[str]]
    image: str
    evidence: str = DEVICE_IMAGE
    com: int = 1
    serials: int = 1
    nic: str = ""
    own_key: bool = False
    disk: bool = False
    tested: bool = False


def _wine_guest(image: Path, folder: Path, agent: Path | None) -> list[str]:
    kernel, archive = image / "vmlinuz", image / "initrd.cpio"
    for path in (kernel, archive):
        if not path.is_file():
            raise UsageError(f"image: {path} is missing: `python -m guest`, in a checkout, makes it")
    # Memory that is freed is made zero: a third less to save, and to restore.
    append = (
        "console=tty0 console=ttyS0 quiet nokaslr mitigations=off random.trust_cpu=on edd=off audit=0 "
        "init_on_free=1"
    )
    return [
        *("-nodefaults", "-m", "128", "-vga", "std"),
        *("-kernel", str(kernel), "-initrd", str(archive), "-append", append),
    ]


def _vexpress(image: Path, folder: Path, agent: Path | None) -> list[str]:
    """As the BSP's own documentation starts it, with a card that holds the agent."""
    if _ENTRY in image.name:
        start, flat = 0x8000_0000, image
        digits = image.name.partition(_ENTRY)[2].partition(".")[0]
        try:
            entry = int(digits, 16)
        except ValueError:
            raise UsageError(f"image: {image.name}: 0x{digits} is no address") from None
    else:
        found = read_nk(image.read_bytes(), str(image))
        start, entry, flat = found.start, found.entry, folder / "nk.raw"
        flat.write_bytes(found.data)
    card = folder / "card"
    (card / _ARM).mkdir(parents=True, exist_ok=True)
    for path in (card / "ceagent.exe", card / _ARM / "autorun.exe"):
        shutil.copy(agent or executable("ce-armv4i"), path)
    return [
        *("-global", "virtio-mmio.force-legacy=false", "-machine", "vexpress-a15", "-m", "256"),
        *("-device", f"loader,addr=0x{start:08x},file={flat},force-raw=on"),
        *("-device", f"loader,addr=0x{entry:08x},cpu-num=0"),
        *("-device", "virtio-tablet-device"),
        # Not to be written to: a snapshot does not hold what QEMU makes a FAT disk of.
        *("-blockdev", f"driver=vvfat,dir={card},fat-type=16,label=CEAGENT,read-only=on,node-name=card"),
        *("-device", "virtio-blk-device,drive=card"),
    ]


def _cepc(image: Path, folder: Path, agent: Path | None) -> list[str]:
    return [
        *("-nodefaults", "-machine", "pc", "-m", "256", "-vga", "std", "-boot", "c"),
        *("-drive", "file={disk},format=qcow2,if=ide"),
    ]


PRESETS = {
    "wine-guest": Preset(
        "qemu-system-x86_64",
        _wine_guest,
        "the folder that `python -m guest` has made",
        evidence="independent",
        com=2,
        serials=2,
        nic="virtio-net-pci,romfile=",
        own_key=True,
        tested=True,
    ),
    "compact7-vexpress": Preset(
        "qemu-system-arm",
        _vexpress,
        "NK.bin, or a flat image with entry-0xADDRESS in its name",
        com=2,
        serials=2,
    ),
    "cepc": Preset(
        "qemu-system-i386",
        _cepc,
        "a disk that starts Windows CE and the agent",
        serials=2,
        nic="rtl8139",
        disk=True,
    ),
}
"""By the name that `preset` has in lab.ini."""
