"""The device of a Robot run: which one, opened by the first program, closed at the end."""

from contextlib import ExitStack
from dataclasses import dataclass

from robot.libraries.BuiltIn import BuiltIn, RobotNotRunningError

from harness.device import Device
from harness.errors import UsageError
from harness.lab import load_lab
from harness.robot.actions import UnusableTargetError
from harness.targets import configure, connect
from harness.targets.base import TargetConfig


@dataclass(frozen=True, slots=True)
class Choice:
    """Which device: a target of lab.ini (None: the default one), and settings that replace its own.

    `lab`: path of lab.ini, None to look for it where the command line looks.
    """

    target: str | None = None
    cpu: str | None = None
    link: str | None = None
    lab: str | None = None

    def overridden(self) -> "Choice":
        """The same, with the Robot variables TARGET, CPU, LINK and LAB in place of what they name."""
        return Choice(
            variable("TARGET", self.target),
            variable("CPU", self.cpu),
            variable("LINK", self.link),
            variable("LAB", self.lab),
        )

    def config(self) -> TargetConfig:
        """The configured target. Raises UsageError."""
        config = load_lab(self.lab).target(self.target)
        return configure(config, cpu=self.cpu, link=self.link)


def variable(name: str, otherwise: str | None = None) -> str | None:
    """A Robot variable as text; `otherwise` if there is none, if it is empty, or outside a run."""
    try:
        value = BuiltIn().get_variable_value("${" + name + "}")
    except RobotNotRunningError:
        return otherwise
    return otherwise if value is None or str(value) == "" else str(value)


class LazyDevice:
    """Opens the device when it is first wanted, and closes it once."""

    def __init__(self, choice: Choice) -> None:
        self._choice = choice
        self._stack = ExitStack()
        self._config: TargetConfig | None = None
        self._device: Device | None = None

    @property
    def config(self) -> TargetConfig:
        """The configured target; nothing is opened for it. Raises UnusableTargetError."""
        if self._config is None:
            try:
                self._config = self._choice.overridden().config()
            except UsageError as error:
                raise UnusableTargetError(str(error)) from error
        return self._config

    @property
    def is_open(self) -> bool:
        return self._device is not None

    def get(self) -> Device:
        """The open device. Raises LabError, UnusableTargetError."""
        if self._device is None:
            try:
                self._device = self._stack.enter_context(connect(self.config))
            except UsageError as error:
                raise UnusableTargetError(str(error)) from error
        return self._device

    def version(self) -> tuple[int, int] | None:
        """Version of Windows CE (major, minor), None if it is not known or no device is open."""
        return self._device.info().version if self._device is not None else None

    def close(self) -> None:
        """Ends the session and whatever was started for it. Closing twice is allowed."""
        self._device = None
        self._stack.close()
