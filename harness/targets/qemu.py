"""A machine in QEMU that the harness starts: an image of Windows CE, or a guest of its own for CI."""

import os
import shlex
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from harness.agents import info
from harness.deadline import Deadline
from harness.errors import LabError, UsageError
from harness.links import dialer
from harness.qemu import COM, MISSING, Machine, Wiring
from harness.session.probing import await_agent
from harness.targets import keys
from harness.targets.base import Key, Kind, Reached, TargetConfig, Timing
from harness.targets.images import given_image
from harness.targets.keyfile import KEY, ON_DEVICE, needed_key, read_key, write_key
from harness.targets.qemu_presets import DEVICE_IMAGE, PRESETS, UNTESTED, Preset

_KEY_NAME = "opt/ceharness/key"
"""Where a machine finds its key: QEMU's firmware configuration (docs/specs/fw_cfg)."""
_DISK = "{disk}"
_END = 'cat >/dev/null; rm -rf -- "$1"'
"""A shell that waits until its standard input ends, as it does however we end."""


def _preset(settings: Mapping[str, str]) -> Preset:
    """The named one, or one that is made of the settings. Raises UsageError."""
    named = settings.get("preset")
    words = shlex.split(settings.get("arguments", ""))
    if named is not None:
        return PRESETS[named]
    for name in ("qemu", "arguments"):
        if name not in settings:
            raise UsageError(
                f"key {name!r} is missing: kind qemu needs a preset ({', '.join(PRESETS)}), or both "
                f"qemu and arguments"
            )
    return Preset(
        settings["qemu"], lambda image, folder, agent: [], "", disk=any(_DISK in word for word in words)
    )


def _program(settings: Mapping[str, str]) -> str:
    named = settings.get("qemu") or _preset(settings).program
    found = shutil.which(named)
    if found is None:
        package = named.removeprefix("qemu-system-").replace("x86_64", "x86").replace("i386", "x86")
        raise UsageError(
            f"{named} is missing: install it (Debian, Ubuntu: apt-get install qemu-system-{package}), or "
            f"name QEMU's program with `qemu = FILE` in lab.ini"
        )
    return found


def _image(settings: Mapping[str, str]) -> Path | None:
    preset = _preset(settings)
    if "image" not in settings:
        if preset.image or preset.disk:
            raise UsageError(
                f"key 'image' is missing: expected {preset.image or 'the disk that {disk} stands for'}"
            )
        return None
    image = Path(settings["image"])
    if not image.exists():
        raise UsageError(f"image {image}: there is no such file; expected {preset.image or 'a disk'}")
    return image


def wired(settings: Mapping[str, str], folder: Path, *, port: int | None = None) -> Wiring:
    """What QEMU is told. folder: the machine's own, for what is made of the image.

    port: the port of this computer's loopback that leads to the agent's. Raises UsageError.
    """
    preset, image = _preset(settings), _image(settings)
    nic = settings.get("nic", preset.nic)
    if port is not None and not nic:
        raise UsageError("key 'nic' is missing: link = tcp needs a network device, such as nic = rtl8139")
    agent = info(Path(settings["agent"])).path if "agent" in settings else None
    arguments = preset.arguments(image, folder, agent) if image is not None else []
    return Wiring(
        program=_program(settings),
        arguments=(*arguments, *shlex.split(settings.get("arguments", ""))),
        disk=image if preset.disk else None,
        com=int(settings.get("com", preset.com)),
        serials=preset.serials,
        nic=nic,
        ports={} if port is None else {port: int(settings["port"])},
    )


def check(settings: Mapping[str, str]) -> str:
    """QEMU, its library and the image. Raises UsageError."""
    if os.name != "posix":
        raise UsageError("kind qemu needs a POSIX system: Linux, macOS or WSL")
    if find_spec("qemu") is None or find_spec("qemu.qmp") is None:
        raise UsageError(MISSING)
    preset, program, image = _preset(settings), _program(settings), _image(settings)
    if preset.disk and shutil.which("qemu-img") is None:
        raise UsageError("qemu-img is missing: install it (Debian, Ubuntu: apt-get install qemu-utils)")
    with tempfile.TemporaryDirectory(prefix="ceharness-qemu-") as folder:
        wired(settings, Path(folder), port=1 if settings["link"] == "tcp" else None)
    state = [] if preset.tested else [UNTESTED]
    return ", ".join([_version(program), *([] if image is None else [image.name]), *state])


def _version(program: str) -> str:
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError) as error:
        raise UsageError(f"{program} --version: {error}") from None
    return done.stdout.partition("\n")[0].strip()


@contextmanager
def _own_folder() -> Iterator[Path]:
    """A folder that is gone afterwards, also when we are killed. Its name is short: sockets lie in it."""
    folder = Path(tempfile.mkdtemp(prefix="ceharness-qemu-"))
    keeper = subprocess.Popen(
        ["sh", "-c", _END, "sh", str(folder)], stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        yield folder
    finally:
        keeper.communicate()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _reserved_port() -> Iterator[int]:
    """A port of the loopback that is ours, and that one QEMU after the other can listen on."""
    with socket.socket() as holder:
        # Bound, and never listening: that keeps others away, but not who sets the same option, as QEMU does.
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])


@contextmanager
def started(config: TargetConfig) -> Iterator[tuple[Machine, Reached]]:
    """The machine, and how to reach it; see `reach`."""
    settings = config.settings
    check(settings)
    tcp = settings["link"] == "tcp"
    with ExitStack() as stack:
        folder = stack.enter_context(_own_folder())
        port = stack.enter_context(_reserved_port()) if tcp else None
        wiring = wired(settings, folder, port=port)
        key = _key(settings, folder)
        if _preset(settings).own_key and tcp:
            wiring = replace(wiring, files={_KEY_NAME: folder / ON_DEVICE})
        machine = Machine(wiring, folder)
        stack.callback(machine.power_off)
        url = f"tcp://127.0.0.1:{port}" if tcp else f"unix://{folder / COM}"
        machine.boot()
        try:
            await_agent(dialer(url), Deadline(config.timing.connect), machine.fault)
        except LabError as error:
            if said := machine.console():
                error.add_note(f"  the machine's console said last: {said}")
            raise
        if settings["snapshot"] == "yes":
            _save(machine)
        yield (
            machine,
            Reached(
                url,
                key,
                machine.fault,
                cycle=machine.cycle,
                fresh=machine.saved,
                starts=machine.starts,
                show=machine.show,
            ),
        )


def _save(machine: Machine) -> None:
    try:
        machine.save()
        # Now, not at the second suite, it shows whether this machine can be brought back.
        machine.cycle()
    except LabError as error:
        error.add_note("  `snapshot = no` in lab.ini does without: all suites share one machine then")
        raise


@contextmanager
def reach(config: TargetConfig) -> Iterator[Reached]:
    """Starts the machine, waits for an agent and saves the state before any session; ends it afterwards.

    Raises UsageError where something is missing, LabError if QEMU or the agent does not come up. QEMU's end
    is a fault of the lab.
    """
    with started(config) as (_, reached):
        yield reached


def _key(settings: Mapping[str, str], folder: Path) -> bytes | None:
    if settings["link"] != "tcp":
        return read_key(settings["key"]).value if "key" in settings else None
    if _preset(settings).own_key:
        write_key(folder / ON_DEVICE)
        return read_key(folder / ON_DEVICE).value
    return needed_key(settings.get("key")).value


def _place(settings: Mapping[str, str]) -> str:
    words = [settings.get("preset") or settings.get("qemu", "QEMU"), f"over {settings['link']}"]
    if "preset" in settings and not PRESETS[settings["preset"]].tested:
        words.append(f"({UNTESTED})")
    return " ".join(words)


def _protection(settings: Mapping[str, str]) -> str:
    if settings["link"] != "tcp":
        if "key" in settings:
            return f"key from {read_key(settings['key']).source}"
        return "no key: the line does not leave this computer"
    if _preset(settings).own_key:
        return "a new key for every start"
    return f"key from {needed_key(settings.get('key')).source}"


def _evidence(settings: Mapping[str, str]) -> str:
    named = settings.get("preset")
    return PRESETS[named].evidence if named else DEVICE_IMAGE


def _words(value: str) -> str:
    if not shlex.split(value):
        raise ValueError(value)
    return value


KIND = Kind(
    name="qemu",
    summary="a machine in QEMU, started and ended by the harness, fresh for every suite",
    evidence=DEVICE_IMAGE,
    evidence_of=_evidence,
    keys=(
        Key("preset", "one of " + ", ".join(PRESETS), keys.one_of(*PRESETS)),
        Key("image", "a file or folder, as the preset says", keys.text),
        Key("qemu", "a program, such as qemu-system-i386", keys.text),
        Key("arguments", "arguments for QEMU, quoted as for a shell", _words),
        Key("agent", "an agent executable", keys.text),
        Key("link", "serial or tcp", keys.one_of("serial", "tcp"), default="serial"),
        Key("com", "which serial port of the machine the agent serves, 1 to 4", keys.whole(1, 4)),
        Key("nic", "a network device of QEMU's, such as rtl8139", keys.text),
        Key("port", "the TCP port of the agent in the machine", keys.whole(1, 65535), default="5555"),
        Key("snapshot", "yes or no", keys.one_of("yes", "no"), default="yes"),
        KEY,
    ),
    image=given_image,
    reach=reach,
    place=_place,
    protection=_protection,
    check=check,
    timing=Timing(connect=120.0),
    starts=True,
)
