"""The device of a Robot run: which one, opened by the first program, closed at the end."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from robot.libraries.BuiltIn import BuiltIn, RobotNotRunningError

from harness.conformance import Expectations, read_expectations
from harness.device import DeviceInfo
from harness.errors import UsageError
from harness.lab import find_lab, load_lab
from harness.robot.actions import UnusableTargetError
from harness.session.console import Console
from harness.targets import choice_words, configure, connect, image_of
from harness.targets.base import TargetConfig
from harness.targets.device import TargetDevice

EMULATED = "emulated"
RECOVER = 5
"""Times in a row that a device is brought back without running a program to its end, before a run ends."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which device: a target of lab.ini (None: the default one), and settings that replace its own.

    `quirk`, `variants`: of an emulated target, names with blanks between them. `lab`: path of lab.ini, None
    to look for it where the command line looks. `key_file`: with the key of the target; `faults`: what to do
    to its line on purpose.
    """

    target: str | None = None
    cpu: str | None = None
    link: str | None = None
    lab: str | None = None
    key_file: str | None = None
    faults: str | None = None
    quirk: str | None = None
    variants: str | None = None

    def overridden(self) -> "Choice":
        """The same, with what the Robot variables TARGET, CPU, LINK, LAB, KEY_FILE, FAULTS, QUIRK and
        VARIANTS say instead."""
        return Choice(
            variable("TARGET", self.target),
            variable("CPU", self.cpu),
            variable("LINK", self.link),
            variable("LAB", self.lab),
            variable("KEY_FILE", self.key_file),
            variable("FAULTS", self.faults),
            variable("QUIRK", self.quirk),
            variable("VARIANTS", self.variants),
        )

    def config(self) -> TargetConfig:
        """The configured target. Raises UsageError."""
        config = load_lab(self.lab).target(self.target)
        return configure(
            config,
            cpu=self.cpu,
            link=self.link,
            quirk=self.quirk,
            variants=self.variants,
            key=self.key_file,
            faults=self.faults,
        )

    def words(self, config: TargetConfig) -> list[str]:
        """What chooses that device on a command line. All that makes an emulated device is in them, unless it
        has files of its own, so that they say the same where nobody has this lab.ini."""
        settings = config.settings
        if config.kind == EMULATED and not {"agent", "catalog"} & settings.keys():
            return choice_words(
                EMULATED,
                cpu=settings["cpu"],
                link=settings["link"],
                quirks=settings.get("quirk", "").split(),
                variants=settings.get("variants", "").split(),
            )
        usual = find_lab()
        return choice_words(
            config.name,
            cpu=self.cpu,
            link=self.link,
            quirks=(self.quirk or "").split(),
            variants=(self.variants or "").split(),
            key=self.key_file,
            lab=None if self.lab is None or (usual and usual.samefile(self.lab)) else self.lab,
        )


def variable(name: str, otherwise: str | None = None) -> str | None:
    """A Robot variable as text; `otherwise` if there is none, if it is empty, or outside a run."""
    try:
        value = BuiltIn().get_variable_value("${" + name + "}")
    except RobotNotRunningError:
        return otherwise
    return otherwise if value is None or str(value) == "" else str(value)


class LazyDevice:
    """Opens the device when it is first wanted, and closes it once. `console`: see `connect`."""

    def __init__(self, choice: Choice, console: Console | None = None) -> None:
        self._choice = choice
        self._console = console
        self._stack = ExitStack()
        self._config: TargetConfig | None = None
        self._image: str | None = None
        self._recorded = Expectations()
        self._device: TargetDevice | None = None
        self._info: DeviceInfo | None = None
        self._stale = False
        self.expectations = Expectations()
        """The recorded deviations that count for the open device."""

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
    def name(self) -> str:
        """What was chosen, "" for the lab's default target."""
        return self._choice.overridden().target or ""

    @property
    def image(self) -> str:
        """Digest of what the configured target runs, "" if nobody knows. Raises UnusableTargetError."""
        if self._image is None:
            try:
                self._image = image_of(self.config)
            except UsageError as error:
                raise UnusableTargetError(str(error)) from error
        return self._image

    @property
    def words(self) -> list[str]:
        """See `Choice.words`. Raises UnusableTargetError."""
        return self._choice.overridden().words(self.config)

    @property
    def is_open(self) -> bool:
        return self._device is not None

    @property
    def opened(self) -> TargetDevice | None:
        """The device as it is, None if none is open."""
        return self._device

    def get(self) -> TargetDevice:
        """The open device, for a program: a fresh one where a new suite is to have it.

        Raises LabError, UnusableTargetError.
        """
        if self._device is None:
            try:
                _ = self.image  # a mistake there ends the run before anything is judged
                file = self.config.expectations
                self._recorded = Expectations() if file is None else read_expectations(file)
                self._device = self._stack.enter_context(
                    connect(self.config, recover=RECOVER, console=self._console)
                )
            except UsageError as error:
                raise UnusableTargetError(str(error)) from error
        elif self._stale:
            self._stale = False
            self._device.renew()
        if self._info is None:
            # Here, so that it is asked again where the lab failed meanwhile.
            self._info = self._device.info()
            self.expectations = self._recorded.on(self.identity)
        return self._device

    def suite_ended(self) -> bool:
        """The next program is for another suite. It finds the device as if nobody had ever used it, if that
        takes little. Will it?"""
        self._stale = self._device is not None and self._device.fresh
        return self._stale

    def show(self, folder: Path, name: str) -> list[Path]:
        """Files that show the state of the open device, made in the folder."""
        return [] if self._device is None else self._device.show(folder, name)

    def info(self) -> DeviceInfo:
        """What the open device says about itself. Raises LabError, UnusableTargetError."""
        device = self.get()
        return self._info or device.info()

    def version(self) -> tuple[int, int] | None:
        """Version of Windows CE (major, minor), None if it is not known or no device is open."""
        return self.info().version if self.is_open else None

    @property
    def identity(self) -> Mapping[str, str]:
        """`DeviceInfo.identity` of the device; empty as long as it has not told."""
        return self._info.identity if self._info else {}

    def close(self) -> None:
        """Ends the session and whatever was started for it. Closing twice is allowed."""
        self._device = None
        self._stack.close()
