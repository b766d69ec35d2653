"""lab.ini: from text to a Lab, and what to answer to a mistake."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from harness.errors import ConfigError, UsageError
from harness.lab import lab_commands
from harness.lab.ini import Entry, Section, read_ini
from harness.lab.lab_commands import with_commands
from harness.lab.model import Defaults, Lab, builtin, nearest, usual_expectations
from harness.session.flight import MOST_UNANSWERED
from harness.targets import KINDS, TargetConfig, Timing, keys
from harness.targets.base import Key, Kind
from harness.targets.faults import parse_faults
from harness.winsock import NEEDS

FILE_NAME = "lab.ini"
DEFAULTS = "defaults"
_COMMON = (
    "kind",
    "description",
    "provides",
    "connect",
    "slowness",
    "faults",
    "window",
    "pacing",
    "expectations",
)
_PATHS = frozenset({"agent", "catalog", "image", "key", "ssh_config", "wine"})
_NOTHING = Section(DEFAULTS, 0, {})
_Value = TypeVar("_Value")


def find_lab(folder: Path | None = None) -> Path | None:
    """The lab.ini of the folder (the current one) or of the nearest folder above it."""
    start = (folder or Path.cwd()).resolve()
    for place in (start, *start.parents):
        if (place / FILE_NAME).is_file():
            return place / FILE_NAME
    return None


def load_lab(path: Path | str | None = None) -> Lab:
    """The lab of this file, or of the lab.ini that `find_lab` finds, or the built-in one without any.

    The built-in target `emulated` is always there, unless the file describes it itself.
    Raises ConfigError with file, line, section, key and what was expected.
    """
    if path is None:
        path = find_lab()
        if path is None:
            return Lab({"emulated": builtin("emulated", "emulated")})
    return _Reader(Path(path)).lab()


def _needs(value: str) -> frozenset[str]:
    found = frozenset(keys.words(value).split())
    if not found <= NEEDS.keys():
        raise ValueError(value)
    return found


def _window(value: str) -> int:
    return int(keys.whole(1, MOST_UNANSWERED)(value))


class _Reader:
    """One file being read. Every method that can find a mistake says where it is."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def lab(self) -> Lab:
        sections = read_ini(self._path)
        defaults = next((section for section in sections if section.name == DEFAULTS), _NOTHING)
        targets: dict[str, TargetConfig] = {}
        for section in sections:
            if section is defaults:
                continue
            name = self._target_name(section)
            if name in targets:
                raise self._error("a target of this name is already there", section)
            targets[name] = self._target(name, section, defaults)
        if "emulated" not in targets:
            emulated = builtin("emulated", "emulated")
            targets["emulated"] = replace(emulated, expectations=self._usual_expectations("emulated"))
        return Lab(targets, self._defaults(defaults, targets), self._path)

    def _target_name(self, section: Section) -> str:
        words = section.name.split()
        if len(words) == 2 and words[0] == "target":
            return words[1]
        if len(words) == 1 and words[0] not in ("target", "default", "DEFAULT"):
            return words[0]
        raise self._error("not a section", section, expected=f"[target NAME] or [{DEFAULTS}]")

    def _target(self, name: str, section: Section, defaults: Section) -> TargetConfig:
        kind = self._kind(section)
        config = builtin(name, kind.name)
        allowed = {key.name: key for key in kind.keys}
        settings = dict(config.settings)
        for key, entry in section.entries.items():
            if key in allowed:
                settings[key] = self._checked(section, entry, allowed[key])
            elif key not in (*_COMMON, *lab_commands.KEYS):
                raise self._unknown(
                    section,
                    key,
                    entry,
                    (*_COMMON, *allowed, *lab_commands.KEYS),
                    f"for kind {kind.name} one of ",
                )
        for each in kind.keys:
            if each.required and each.name not in settings:
                raise self._error(f"key {each.name!r} is missing", section, expected=each.expected)
        provides = self._value(section, "provides", f"words out of {', '.join(NEEDS)}", _needs)
        description = section.entries.get("description")
        config = replace(
            config,
            settings=self._with_paths(settings),
            description=description.value if description else config.description,
            provides=config.provides if provides is None else provides,
            timing=self._timing(section, self._timing(defaults, config.timing)),
            faults=self._faults(section),
            window=self._value(section, "window", f"a whole number from 1 to {MOST_UNANSWERED}", _window),
            pacing=self._value(section, "pacing", keys.PACING, keys.pacing) or "",
            expectations=self._expectations(name, section),
            locks=self._locks(defaults),
            source=f"{self._path}:{section.line}",
        )
        return with_commands(config, section, self._path, self._value)

    def _kind(self, section: Section) -> Kind:
        entry = section.entries.get("kind")
        choices = f"one of {', '.join(KINDS)}"
        if entry is None:
            raise self._error("key 'kind' is missing", section, expected=choices)
        if entry.value not in KINDS:
            near = nearest(entry.value, KINDS)
            hint = f"; did you mean {near}?" if near else ""
            raise self._error(f"no kind {entry.value!r}{hint}", section, entry, "kind", choices)
        return KINDS[entry.value]

    def _defaults(self, section: Section, targets: Mapping[str, TargetConfig]) -> Defaults:
        allowed = ("target", "results", "connect", "slowness", "locks")
        for key, entry in section.entries.items():
            if key not in allowed:
                raise self._unknown(section, key, entry, allowed, "one of ")
        target = "emulated"
        if named := section.entries.get("target"):
            target = named.value
            if target not in targets:
                near = nearest(target, targets)
                hint = f"; did you mean {near}?" if near else ""
                expected = f"one of {', '.join(sorted(targets))}"
                raise self._error(f"no target {target!r}{hint}", section, named, "target", expected)
        results = section.entries.get("results")
        folder = self._path.parent / (results.value if results else "results")
        return Defaults(target, folder, self._locks(section))

    def _locks(self, defaults: Section) -> Path | None:
        entry = defaults.entries.get("locks")
        if entry is None:
            return None
        if not entry.value:
            raise self._error("is empty", defaults, entry, "locks", "a folder for the device locks")
        return self._path.resolve().parent / entry.value

    def _timing(self, section: Section, otherwise: Timing) -> Timing:
        connect = self._value(section, "connect", "a duration such as 500ms or 20s", keys.seconds)
        slowness = self._value(section, "slowness", "a factor from 1 to 1000", keys.factor)
        return Timing(
            otherwise.connect if connect is None else connect,
            otherwise.slowness if slowness is None else slowness,
        )

    def _faults(self, section: Section) -> str:
        entry = section.entries.get("faults")
        try:
            return parse_faults(entry.value) if entry else ""
        except UsageError as error:
            raise self._error(str(error), section, entry, "faults") from None

    def _expectations(self, name: str, section: Section) -> Path | None:
        """The file that the section names, be it there or not; else the usual one if it is there."""
        entry = section.entries.get("expectations")
        if entry is None:
            return self._usual_expectations(name)
        if not entry.value:
            raise self._error("is empty", section, entry, "expectations", "a file of recorded deviations")
        return self._path.resolve().parent / entry.value

    def _usual_expectations(self, name: str) -> Path | None:
        path = usual_expectations(self._path.resolve(), name)
        return path if path.is_file() else None

    def _with_paths(self, settings: dict[str, str]) -> dict[str, str]:
        for key in _PATHS & settings.keys():
            settings[key] = str(self._path.resolve().parent / settings[key])
        return settings

    def _checked(self, section: Section, entry: Entry, key: Key) -> str:
        try:
            return key.check(entry.value)
        except ValueError:
            raise self._error(f"cannot use {entry.value!r}", section, entry, key.name, key.expected) from None

    def _value(
        self, section: Section, key: str, expected: str, check: Callable[[str], _Value]
    ) -> _Value | None:
        entry = section.entries.get(key)
        if entry is None:
            return None
        try:
            return check(entry.value)
        except ValueError:
            raise self._error(f"cannot use {entry.value!r}", section, entry, key, expected) from None

    def _unknown(
        self, section: Section, key: str, entry: Entry, allowed: tuple[str, ...], who: str
    ) -> ConfigError:
        near = nearest(key, allowed)
        hint = f"; did you mean {near}?" if near else ""
        return self._error(f"unknown key{hint}", section, entry, key, f"{who}{', '.join(allowed)}")

    def _error(
        self,
        message: str,
        section: Section,
        entry: Entry | None = None,
        key: str | None = None,
        expected: str | None = None,
    ) -> ConfigError:
        line = entry.line if entry else section.line
        return ConfigError(
            message, file=self._path, line=line, section=section.name, key=key, expected=expected
        )
