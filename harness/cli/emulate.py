"""`ceharness emulate`: one emulated CE device in the foreground, for any controller to connect to."""

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.agents import CPU_BUILDS
from harness.cli.screen import Screen, add_json_option
from harness.errors import LinkError, UsageError
from harness.targets.emulated import COM, KIND, LINKS, PORT, agent_for
from harness.targets.emulator_process import AGENT_PATH, EmulatorProcess, start_emulator
from harness.targets.keyfile import new_key, read_key

_KEY_FILE = "emulate.key"
"""In the device's root directory; a key beside ceagent.exe would be that of every agent."""


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `emulate`."""
    parser = commands.add_parser(
        "emulate",
        help="run one emulated device until Ctrl-C",
        description="Runs one emulated CE device with an agent on TCP and one on COM1, prints how to "
        "connect, and ends it at Ctrl-C (exit code 0). The agent on TCP has a key: a new one, in a file that "
        "goes when the device ends, or that of --key, which then is the key of both.",
    )
    parser.add_argument("--cpu", default="arm", help=f"its processor: {', '.join(CPU_BUILDS)} (default arm)")
    parser.add_argument("--link", help="an agent on tcp or serial alone (default: one on each)")
    parser.add_argument("--variant", action="append", default=[], metavar="NAME", help="a device variant")
    parser.add_argument(
        "--quirk", action="append", default=[], metavar="NAME", help="something that the device does wrong"
    )
    parser.add_argument("--catalog", metavar="FILE", help="its protocol catalog")
    parser.add_argument("--agent", metavar="FILE", help="another agent executable")
    parser.add_argument("--key", metavar="FILE", type=Path, help="the file with its key (default: a new key)")
    add_json_option(parser, "how to connect")
    parser.set_defaults(command=_emulate)


def _emulate(args: argparse.Namespace) -> int:
    if args.cpu not in CPU_BUILDS:
        raise UsageError(f"--cpu {args.cpu!r}: expected one of {', '.join(CPU_BUILDS)}")
    if args.link not in (None, *LINKS):
        raise UsageError(f"--link {args.link!r}: expected one of {', '.join(LINKS)}")
    KIND.check({"cpu": args.cpu} | ({"agent": args.agent} if args.agent else {}))
    if args.key is not None:
        read_key(args.key)
    screen = Screen(args.json)
    links = [link for link in LINKS if args.link in (None, link)]
    keyed = links if args.key else [link for link in links if link == "tcp"]
    copies = [(agent_for(args.cpu, args.agent), AGENT_PATH)]
    if args.key:
        copies.append((args.key, f"\\{_KEY_FILE}"))
    try:
        with start_emulator(
            cpu=args.cpu,
            copies=copies,
            secrets={_KEY_FILE: new_key()} if keyed and not args.key else {},
            starts=[_command_line(link, link in keyed) for link in links],
            variants=args.variant,
            quirks=args.quirk,
            catalog=args.catalog,
            timeout=30.0,
        ) as device:
            _introduce(screen, device, args.key or device.root / _KEY_FILE, keyed)
            code = device.wait()
            raise LinkError(f"the emulated device ended by itself (exit code {code}): {device.complaint()}")
    except KeyboardInterrupt:
        screen.line("ended")
        return 0


def _command_line(link: str, keyed: bool) -> str:
    return f"{AGENT_PATH} link={LINKS[link]}" + (f" key=\\{_KEY_FILE}" if keyed else "")


def _introduce(screen: Screen, device: EmulatorProcess, key: Path, keyed: Sequence[str]) -> None:
    places = {}
    if str(PORT) in device.tcp:
        places["tcp"] = f"tcp://127.0.0.1:{device.tcp[str(PORT)]}"
    if COM in device.serial:
        places["serial"] = f"serial://{device.serial[COM]}"
    if not places:
        raise LinkError(f"the emulated device came up without a link: {device.complaint()}")
    screen.json({"cpu": device.cpu, "pid": device.pid, **places, "key": {link: str(key) for link in keyed}})
    screen.line(f"An emulated CE device ({device.cpu}) is running, process {device.pid}.", "bold")
    for link, url in places.items():
        screen.line(f"  {link:<6}  {url}, {f'key in {key}' if link in keyed else 'no key'}")
    link, url = next(iter(places.items()))
    option = f" --key {shlex.quote(str(key))}" if link in keyed else ""
    screen.line("Try, in another terminal:")
    screen.line(f"  ceharness doctor {url}{option}")
    screen.line(f"  ceharness call --target {url}{option} WSASocketW AF_INET SOCK_STREAM IPPROTO_TCP")
    screen.line(f"  ceharness run {url}{option}")
    screen.line("Ctrl-C ends it.")
