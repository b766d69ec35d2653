"""An emulated CE device: the CE build of the agent, run by `harness.emulator` in a process of its own."""

import importlib.util
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import harness
from harness.agents import CPU_BUILDS, executable, info
from harness.digest import digest
from harness.errors import LinkError, UsageError
from harness.targets import keys
from harness.targets.base import Key, Kind, Reached, TargetConfig, Timing
from harness.targets.emulated_network import PEER, EmulatedNetwork, discard_server
from harness.targets.emulator_process import AGENT_PATH, EmulatorProcess, start_emulator
from harness.targets.keyfile import ON_DEVICE, new_key, read_key
from harness.targets.loopback import free_port

PORT = 5555
COM = "COM1:"
LINKS = {"tcp": f"tcp:{PORT}", "serial": COM}
"""Links of an agent that wait for a controller, as its settings name them."""

DIALS = "tcp-listen"
_CONTROLLER = f"10.0.0.1:{PORT}"
"""Where this computer is, as the device sees it."""


def _place(settings: Mapping[str, str]) -> str:
    return f"{settings['cpu']} over {settings['link']}"


def _protection(settings: Mapping[str, str]) -> str:
    if settings["link"] != "serial":
        return "a new key for every start"
    return "no key: the line does not leave this computer"


def agent_for(cpu: str, file: str | None = None) -> Path:
    """The agent executable for an emulated device: the file, or the harness's own.

    Raises UsageError if it is not there, is no CE executable, or is one for another CPU.
    """
    path = executable(CPU_BUILDS[cpu]) if file is None else Path(file)
    found = info(path)
    if found.cpu != cpu:
        raise UsageError(f"{path} is an executable for {found.cpu}, the emulated device has cpu = {cpu}")
    return path


def check(settings: Mapping[str, str]) -> str:
    """An agent executable and Unicorn. Raises UsageError."""
    path = agent_for(settings["cpu"], settings.get("agent"))
    if importlib.util.find_spec("unicorn") is None:
        raise UsageError("an emulated device needs Unicorn: pip install 'ceharness[emulator]'")
    return f"{path.name}, {path.stat().st_size} bytes"


def _image(settings: Mapping[str, str]) -> str:
    """The emulated device itself, and how it differs."""
    files = [Path(harness.__file__).parent / "emulator"]
    if "catalog" in settings:
        files.append(Path(settings["catalog"]))
    return digest(files, settings["cpu"], settings.get("variants", ""), settings.get("quirk", ""))


@contextmanager
def reach(config: TargetConfig) -> Iterator[Reached]:
    """Starts the emulated device with one agent on the configured link; ends the process afterwards.

    An agent on TCP gets a new key, which nobody else ever sees.
    Raises LinkError if it cannot be started, with the last lines it wrote. Its end is a fault of the lab.
    """
    settings = config.settings
    check(settings)
    link = settings["link"]
    own = free_port() if link == DIALS else None
    secrets = {} if link == "serial" else {ON_DEVICE: new_key()}
    dials = [] if own is None else [(_CONTROLLER, own)]
    with (
        discard_server() as peer,
        start_emulator(
            cpu=settings["cpu"],
            copies=[(agent_for(settings["cpu"], settings.get("agent")), AGENT_PATH)],
            secrets=secrets,
            starts=(f"{AGENT_PATH} link={LINKS.get(link, f'tcp:{_CONTROLLER}')}",),
            dials=[*dials, (str(PEER), peer)],
            variants=tuple(settings.get("variants", "").split()),
            quirks=tuple(settings.get("quirk", "").split()),
            catalog=settings.get("catalog"),
            timeout=config.timing.connect,
        ) as device,
    ):
        key = read_key(device.root / ON_DEVICE).value if secrets else None
        url = _url(device, link) if own is None else f"tcp-listen://127.0.0.1:{own}"
        yield Reached(url, key, device.ended, EmulatedNetwork(device))


def _url(device: EmulatorProcess, link: str) -> str:
    opened = device.tcp.get(str(PORT)) if link == "tcp" else device.serial.get(COM)
    if opened is None:
        raise LinkError(f"the emulated device came up without {LINKS[link]}: {device.complaint()}")
    return f"tcp://127.0.0.1:{opened}" if link == "tcp" else f"serial://{opened}"


KIND = Kind(
    name="emulated",
    summary="the CE agent on an emulated CE device, started and ended by the harness",
    evidence="model",
    keys=(
        Key("cpu", "one of " + ", ".join(CPU_BUILDS), keys.one_of(*CPU_BUILDS), default="arm"),
        Key("link", "tcp, serial or tcp-listen", keys.one_of(*LINKS, DIALS), default="tcp"),
        Key("variants", "names of device variants", keys.words),
        Key("quirk", "names of what the device does wrong", keys.words),
        Key("catalog", "a file with the device's protocol catalog", keys.text),
        Key("agent", "an agent executable", keys.text),
    ),
    image=_image,
    reach=reach,
    place=_place,
    protection=_protection,
    check=check,
    # A device with the variant "untrusted" lists it too, and its rows say that nothing could be installed.
    provides=frozenset({"provider", "network-cut", "network-down", "memory-pressure"}),
    timing=Timing(connect=30.0),
    starts=True,
)
