"""`ceharness doctor`: the way to a device, link by link, up to the first one that is broken."""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from rich.text import Text

from harness.cli.choice import add_target_options, chosen
from harness.cli.screen import Screen, add_json_option
from harness.deadline import Deadline
from harness.device import Device
from harness.errors import HarnessError, LinkError, NoAnswer, ProtocolError, UsageError
from harness.links import Link, open_link
from harness.session.session import Session
from harness.targets import TargetConfig, kind_of, reach

_NEXT = {
    "configuration": "correct lab.ini (docs/lab.md), or name another target (ceharness targets)",
    "agent executable": "do what the message says; `agent =` in lab.ini names another agent",
    "device starts": "read the message above; `ceharness emulate` shows the device alone",
    "link opens": "check cable, power, address and port, and that no other program holds the port",
    "agent answers": "start ceagent.exe on the device (link=COM1: or link=tcp:5555); check the baud rate",
    "protocol": "copy the ceagent.exe of this harness to the device (ceharness agent info shows where it is)",
    "device information": "ceharness exec with a small program shows which call fails",
    "ws2.dll": "the image lacks Winsock 2 (SYSGEN_WINSOCK): WSASocket cannot be checked on it",
}


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `doctor`."""
    parser = commands.add_parser(
        "doctor",
        help="find out why a device does not answer",
        description="Checks configuration, agent executable, link, agent, protocol version, device and "
        "ws2.dll one after the other; names the first that is broken and the next step.",
    )
    add_target_options(parser)
    add_json_option(parser, "the steps")
    parser.set_defaults(command=_doctor)


class _Examination:
    """The steps so far. A step that raises a HarnessError is the broken one."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self.steps: list[dict[str, Any]] = []

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """The value is a list for details; leaving it well makes the step a good one."""
        details: list[str] = []
        try:
            yield details
        except HarnessError as error:
            notes = [str(error), *details, *getattr(error, "__notes__", ())]
            self._note(name, False, "; ".join(notes))
            raise
        self._note(name, True, "; ".join(details))

    def _note(self, name: str, good: bool, detail: str) -> None:
        step: dict[str, Any] = {"step": name, "ok": good, "detail": detail}
        line = Text("ok    " if good else "FAIL  ", "green" if good else "bold red")
        line.append(f"{name:<20}", "" if good else "bold")
        line.append(detail)
        self._screen.line(line)
        if not good:
            step["next"] = _NEXT[name]
            self._screen.line(Text(f"next: {_NEXT[name]}", "bold"))
        self.steps.append(step)


def _doctor(args: argparse.Namespace) -> int:
    screen = Screen(args.json)
    examination = _Examination(screen)
    code = 0
    try:
        _examine(args, examination)
        screen.line("everything answers", "green")
    except UsageError:
        code = 2
    except HarnessError:
        code = 3
    screen.json(examination.steps)
    return code


def _examine(args: argparse.Namespace, examination: _Examination) -> None:
    with examination.step("configuration") as details:
        lab, config = chosen(args)
        details.append(f"{config.name}: {kind_of(config).place(config.settings)}, {lab.path or 'no lab.ini'}")
    kind = kind_of(config)
    if config.kind == "emulated":
        with examination.step("agent executable") as details:
            details.append(kind.check(config.settings))
    with ExitStack() as stack:
        url = _reach(config, examination, stack)
        with examination.step("link opens") as details:
            deadline = Deadline(config.timing.connect)
            link = open_link(url, timeout=deadline.remaining())
            stack.callback(link.close)
            details.append(url)
        session = _open_session(link, deadline, examination)
        limits = session.welcome.limits
        device = stack.enter_context(Device(config.name, session, kind.evidence, limits.word))
        with examination.step("device information") as details:
            facts = device.info()
            details.append(str(facts))
        with examination.step("ws2.dll") as details:
            if facts.ws2 is None:
                raise LinkError(f"ws2.dll cannot be used: {facts.unknown.get('ws2', 'it is not there')}")
            details.append(f"{len(facts.ws2)} functions")
            if facts.ws2_missing:
                details.append(f"without {', '.join(facts.ws2_missing)}")


def _reach(config: TargetConfig, examination: _Examination, stack: ExitStack) -> str:
    if config.kind != "emulated":
        return stack.enter_context(reach(config)).url
    with examination.step("device starts") as details:
        url = stack.enter_context(reach(config)).url
        details.append(f"emulated {config.settings['cpu']}")
    return url


def _open_session(link: Link, deadline: Deadline, examination: _Examination) -> Session:
    """Two steps from one exchange: does anything answer, and does it speak our protocol?"""
    try:
        session = Session.open(link, deadline=deadline)
    except ProtocolError:
        with examination.step("agent answers"):
            pass
        with examination.step("protocol"):
            raise
    except (NoAnswer, LinkError):
        with examination.step("agent answers"):
            raise
    with examination.step("agent answers") as details:
        health = session.health
        details.append(f"{health.bytes_received} bytes came back")
        if health.median is not None:
            details.append(f"round trip {health.median * 1000:.1f} ms")
    with examination.step("protocol") as details:
        details.append(f"agent {session.welcome.build}")
    return session
