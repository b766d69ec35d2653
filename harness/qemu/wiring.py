"""What the harness adds to a machine's own arguments: a monitor, serial ports, a network, a disk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MONITOR, COM, PID = "qmp.sock", "com.sock", "pid"
DISK = "disk.qcow2"
_NET = "net0"


@dataclass(frozen=True, slots=True)
class Wiring:
    """A machine as its owner describes it, and how the harness reaches it.

    program, arguments: QEMU and the machine's own arguments; `{disk}` in them stands for the machine's disk.
    disk: the image behind that, which is never written to. com: which serial port of the machine the agent
    serves, 1 for the first; the others, up to `serials`, are logged. nic: a network device with its
    properties ("rtl8139"), "" for none. ports: TCP port of this computer's loopback -> of the machine.
    files: names of QEMU's firmware configuration ("opt/org/name") -> file that the machine can read there.
    """

    program: str
    arguments: tuple[str, ...]
    disk: Path | None = None
    com: int = 1
    serials: int = 1
    nic: str = ""
    ports: Mapping[int, int] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)

    def words(self, folder: Path) -> list[str]:
        """The command line; sockets and logs are in `folder`."""
        disk = folder / DISK
        words = [self.program, "-display", "none", "-no-shutdown"]
        words += [word.replace("{disk}", _escaped(disk)) for word in self.arguments]
        for number in self._numbers:
            chardev = f"serial{number}"
            if number == self.com:
                back = f"socket,id={chardev},path={_escaped(folder / COM)},server=on,wait=off"
            else:
                # What was said before a snapshot came back is kept.
                back = f"file,id={chardev},path={_escaped(console(folder, number))},append=on"
            words += ["-chardev", back, "-serial", f"chardev:{chardev}"]
        if self.nic:
            # Restricted: what runs in there gets nowhere, and is reached by these ports only.
            forwards = "".join(
                f",hostfwd=tcp:127.0.0.1:{ours}-:{theirs}" for ours, theirs in self.ports.items()
            )
            words += ["-netdev", f"user,id={_NET},restrict=on{forwards}"]
            words += ["-device", f"{self.nic},netdev={_NET}"]
        for name, path in self.files.items():
            words += ["-fw_cfg", f"name={name},file={_escaped(path)}"]
        words += ["-qmp", f"unix:{_escaped(folder / MONITOR)},server=on,wait=off"]
        return [*words, "-pidfile", str(folder / PID)]

    def consoles(self, folder: Path) -> list[Path]:
        """The logs of the serial ports that are not the agent's."""
        return [console(folder, number) for number in self._numbers if number != self.com]

    @property
    def _numbers(self) -> range:
        return range(1, max(self.com, self.serials) + 1)


def console(folder: Path, number: int) -> Path:
    """The log of a serial port."""
    return folder / f"console{number}.log"


def _escaped(path: Path) -> str:
    """As QEMU's options want it: a comma in a value is doubled."""
    return str(path).replace(",", ",,")
