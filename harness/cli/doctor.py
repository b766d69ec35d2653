"""`ceharness doctor`: the way to a device, link by link, up to the first one that is broken."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.text import Text

from harness.cli.advice import next_step
from harness.cli.chain import walk
from harness.cli.choice import add_target_options, chosen
from harness.cli.screen import Screen, add_json_option
from harness.errors import HarnessError, LinkError, UsageError
from harness.targets import TargetConfig, kind_of


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `doctor`."""
    parser = commands.add_parser(
        "doctor",
        help="find out why a device does not answer",
        description="Checks configuration, key, lock, link, speed, bytes, frames, agent, protocol version, "
        "device, ws2.dll, provider rights, sleep and clock one after the other; names the first that is "
        "broken, and the next step. Exit code 0: everything answers; 2: the configuration is wrong; 3: "
        "something on the way is.",
    )
    add_target_options(parser)
    add_json_option(parser, "the steps")
    parser.set_defaults(command=_doctor)


class _Examination:
    """The steps so far. A step that raises a HarnessError is the broken one."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self.steps: list[dict[str, Any]] = []
        self.config: TargetConfig | None = None

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """See `chain.Step`."""
        details: list[str] = []
        try:
            yield details
        except HarnessError as error:
            self._broken(name, error, details)
            raise
        self._note({"step": name, "ok": True, "detail": "; ".join(details)})

    def _broken(self, name: str, error: HarnessError, details: list[str]) -> None:
        cause = getattr(error, "cause", None) or name
        # A link that breaks while the device is asked says nothing about the device.
        about = "line" if name == "device information" and isinstance(error, LinkError) else name
        self._note(
            {
                "step": name,
                "ok": False,
                "detail": "; ".join([str(error), *details, *getattr(error, "__notes__", ())]),
                "cause": str(cause),
                "next": next_step(about, cause, self.config),
            }
        )

    def _note(self, step: dict[str, Any]) -> None:
        good = step["ok"]
        line = Text("ok    " if good else "FAIL  ", "green" if good else "bold red")
        line.append(f"{step['step']:<20}", "" if good else "bold")
        line.append(step["detail"])
        self._screen.line(line)
        if not good:
            self._screen.line(Text(f"next: {step['next']}", "bold"))
        self.steps.append(step)


def _doctor(args: argparse.Namespace) -> int:
    screen = Screen(args.json)
    examination = _Examination(screen)
    code = 0
    try:
        with examination.step("configuration") as details:
            lab, config = chosen(args)
            examination.config = config
            place = kind_of(config).place(config.settings)
            details.append(f"{config.name}: {place}, {lab.path or 'no lab.ini'}")
            if config.faults:
                details.append(f"with faults {config.faults}")
        walk(config, examination.step)
        screen.line("everything answers", "green")
    except UsageError:
        code = 2
    except HarnessError:
        code = 3
    screen.json(examination.steps)
    return code
