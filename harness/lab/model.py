"""A lab: its targets and its defaults."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from harness.errors import UsageError
from harness.targets import KINDS, TargetConfig
from harness.targets.faults import parse_faults, split_faults


@dataclass(frozen=True, slots=True)
class Defaults:
    """target: the one used when none is named. results: folder in which runs leave their results.
    locks: folder of the device locks, None for the usual one of this computer."""

    target: str = "emulated"
    results: Path = Path("results")
    locks: Path | None = None


@dataclass(frozen=True, slots=True)
class Lab:
    """What lab.ini says; path is None when there is no such file."""

    targets: Mapping[str, TargetConfig]
    defaults: Defaults = Defaults()
    path: Path | None = None

    def target(self, name: str | None = None) -> TargetConfig:
        """The named target, the default one for None, or an ad-hoc one for a URL such as tcp://HOST:PORT.

        Raises UsageError for a name that is not configured, with the nearest one that is.
        """
        name = name or self.defaults.target
        if name in self.targets:
            return self.targets[name]
        if "://" in name:
            return replace(ad_hoc(name), locks=self.defaults.locks)
        near = nearest(name, self.targets)
        raise UsageError(
            f"no target {name!r} in {self.path or 'the built-in configuration (no lab.ini found)'}; "
            + (f"did you mean {near}?" if near else f"there are: {', '.join(sorted(self.targets))}")
        )

    def expectations_of(self, config: TargetConfig) -> Path:
        """The file for the recorded deviations of a target, be it there or not.

        Raises UsageError for a target that has none: one named by a URL, and any without a lab.ini.
        """
        if config.expectations is not None:
            return config.expectations
        if self.path is None or config.name not in self.targets:
            raise UsageError(
                f"nowhere to record deviations of {config.name}: give the device a section in "
                f"{self.path or 'a lab.ini'}"
            )
        return usual_expectations(self.path.resolve(), config.name)


def usual_expectations(lab: Path, target: str) -> Path:
    """Where the recorded deviations of a target are, unless its section says otherwise."""
    return lab.parent / "expectations" / f"{target}.toml"


def builtin(name: str, kind: str) -> TargetConfig:
    """A target of a kind with all its defaults."""
    found = KINDS[kind]
    settings = {key.name: key.default for key in found.keys if key.default is not None}
    return TargetConfig(name, kind, settings, found.summary, found.provides, found.timing)


def ad_hoc(url: str) -> TargetConfig:
    """A target from a URL: tcp://HOST:PORT, tcp-listen://[ADDR:]PORT, ssh://BENCH/PORT, any URL that pyserial
    opens, each with fault+ in front and faults behind."""
    plain, faults = split_faults(url)
    kind, given = _given(plain)
    config = builtin(url, kind)
    settings = dict(config.settings)
    for key in KINDS[kind].keys:
        if key.name in given:
            try:
                settings[key.name] = key.check(given[key.name])
            except ValueError:
                raise UsageError(f"{url}: expected {key.expected} as {key.name}") from None
    return replace(
        config, settings=settings, description="named on the command line", faults=parse_faults(faults)
    )


def _given(url: str) -> tuple[str, dict[str, str]]:
    """The kind that a URL means, and the settings that it holds."""
    scheme, _, rest = url.partition("://")
    if scheme == "tcp-listen":
        return scheme, {"listen": rest.rstrip("/")}
    if scheme == "ssh":
        return scheme, {"link": url}
    if scheme == "tcp":
        # Not urlsplit: its complaint about a port would not name what was expected.
        found = re.fullmatch(r"(\[[^]]*]|[^:]*)(?::(.*))?", rest.rstrip("/"))
        host, port = found.groups() if found else (rest, None)
        return "tcp", {"host": host} if port is None else {"host": host, "port": port}
    return "serial", {"port": url}


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The most similar name, if one is similar at all."""
    found = difflib.get_close_matches(name.lower(), list(names), n=1, cutoff=0.6)
    return found[0] if found else None
