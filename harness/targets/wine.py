"""The agent for 64-bit desktop Windows on Wine: a Winsock that nobody here wrote."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from harness.agents import executable, info
from harness.errors import LinkError, UsageError
from harness.targets import keys
from harness.targets.base import Key, Kind, Reached, TargetConfig, Timing
from harness.targets.keyfile import ON_DEVICE, VARIABLE, read_key, write_key
from harness.targets.loopback import free_port

BUILD = "win32-x64"
_CPU = "x64"
_NAMES = ("wine64", "wine")
_FOLDER = "/usr/lib/wine"  # where Debian has it, which is in nobody's PATH
_LONGEST_S = 30.0
_DESCRIPTORS = 4096
_END = """\
cat >/dev/null
"$1" -k
"$1" -w
rm -rf -- "$2"
"""
"""A shell that waits until its standard input ends, as it does however we end; then ends Wine's server, and
with it every process of the prefix, and removes what the device was made of."""


def find_wine(file: str | None = None) -> Path:
    """Wine's program: the file, or the one that is installed. Raises UsageError if there is none."""
    if file is not None:
        if not os.access(file, os.X_OK):
            raise UsageError(f"wine {file}: no such program")
        return Path(file)
    for path in (None, _FOLDER):
        for name in _NAMES:
            if (found := shutil.which(name, path=path)) is not None:
                return Path(found)
    raise UsageError(
        "Wine is missing: install it (Debian, Ubuntu: apt-get install wine64), or name its program with "
        "`wine = FILE` in lab.ini"
    )


@cache
def version(wine: Path) -> str:
    """What it calls itself: "wine-8.0 (Debian 8.0~repack-4)". Raises UsageError if it cannot be run."""
    try:
        done = subprocess.run(
            [wine, "--version"], capture_output=True, text=True, check=True, timeout=_LONGEST_S
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise UsageError(f"{wine} --version: {error}") from None
    return done.stdout.strip()


def _server(wine: Path) -> Path:
    """The program that all processes of a prefix talk to. Raises UsageError."""
    beside = wine.with_name("wineserver")
    found = beside if beside.is_file() else shutil.which("wineserver")
    if found is None:
        raise UsageError(f"{beside} is missing: it belongs to Wine")
    return Path(found)


def _agent(file: str | None) -> Path:
    path = executable(BUILD) if file is None else Path(file)
    found = info(path)
    if found.cpu != _CPU:
        raise UsageError(f"{path} is an executable for {found.cpu}, Wine needs one for {_CPU}")
    return path


def check(settings: Mapping[str, str]) -> str:
    """Wine and an agent executable. Raises UsageError."""
    wine = find_wine(settings.get("wine"))
    _server(wine)
    path = _agent(settings.get("agent"))
    return f"{path.name}, {path.stat().st_size} bytes; {version(wine)}"


class Prefix:
    """Drives, registry and server of its own for programs on Wine, in `folder`, which is there already.

    `end` ends every program in it and removes the folder; so does a process that notices when we are gone.
    """

    def __init__(self, wine: Path, folder: Path) -> None:
        self.folder = folder
        self._wine = wine
        self._errors = folder / "errors"
        self._running: list[subprocess.Popen[bytes]] = []
        kept = {name: value for name, value in os.environ.items() if name != VARIABLE}
        self._environment = {
            **kept,
            "WINEPREFIX": str(folder / "prefix"),
            # What programs tell a debugger, and nothing of Wine's own.
            "WINEDEBUG": "-all,+debugstr",
            # No windows: neither those that offer to install .NET and a browser, nor any others.
            "WINEDLLOVERRIDES": "mscoree=;mshtml=",
            "DISPLAY": "",
            "WAYLAND_DISPLAY": "",
            # Debian's Wine has the folder of its server there, and leaves it.
            "TMPDIR": str(folder),
        }
        self._end_line = ["sh", "-c", _END, "sh", str(_server(wine)), str(folder)]
        self._keeper = self._popen(self._end_line, stdin=subprocess.PIPE)

    def start(
        self, program: Path, *words: str, stdin: int = subprocess.DEVNULL, stdout: int = subprocess.DEVNULL
    ) -> "subprocess.Popen[bytes]":
        """Starts a program of Windows, with streams as `subprocess.Popen` takes them. Raises LinkError."""
        # A limit of this computer would make it inconclusive whether sockets ever run out.
        limited = ["sh", "-c", f'ulimit -n {_DESCRIPTORS}; exec "$@"', "sh"]
        process = self._popen([*limited, str(self._wine), str(program), *words], stdin, stdout)
        self._running.append(process)
        return process

    def _popen(
        self, line: list[str], stdin: int, stdout: int = subprocess.DEVNULL
    ) -> "subprocess.Popen[bytes]":
        try:
            with self._errors.open("ab") as errors:
                # A group of its own: Ctrl-C is ours to handle.
                return subprocess.Popen(
                    line,
                    stdin=stdin,
                    stdout=stdout,
                    stderr=errors,
                    env=self._environment,
                    start_new_session=True,
                )
        except OSError as error:
            raise LinkError(f"{line[0]} cannot be started: {error.strerror or error}") from None

    def last_words(self) -> str:
        """What was told on standard error, at the end of it."""
        try:
            lines = self._errors.read_text(encoding="utf-8", errors="replace").split("\n")
        except OSError:
            lines = []
        return " | ".join([line.strip() for line in lines if line.strip()][-4:]) or "it wrote nothing"

    def end(self) -> None:
        """Ends every program, and removes the folder."""
        self._keeper.communicate()
        if self.folder.exists():
            # The keeper was killed before it was done.
            subprocess.run(
                self._end_line,
                stdin=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=self._environment,
                check=False,
            )
        for process in self._running:
            process.kill()
            process.wait()


@contextmanager
def prefix(wine: Path) -> Iterator[Prefix]:
    """A new prefix; nothing of it is left when the context has ended. Raises LinkError, UsageError."""
    folder = Path(tempfile.mkdtemp(prefix="ceharness-wine-"))
    try:
        made = Prefix(wine, folder)
        try:
            yield made
        finally:
            made.end()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def reach(config: TargetConfig) -> Iterator[Reached]:
    """Starts the agent on Wine; it dials a port of this computer's loopback, and has a new key that nobody
    else ever sees. Ends everything afterwards.

    Raises UsageError where something is missing, LinkError if Wine cannot be started. Its end is a fault of
    the lab.
    """
    settings = config.settings
    check(settings)
    with prefix(find_wine(settings.get("wine"))) as made:
        agent = made.folder / "ceagent.exe"
        shutil.copy(_agent(settings.get("agent")), agent)
        write_key(made.folder / ON_DEVICE)
        key, port = read_key(made.folder / ON_DEVICE).value, free_port()
        process = made.start(agent, f"link=tcp:127.0.0.1:{port}")

        def ended(seconds: float) -> str | None:
            try:
                code = process.wait(seconds)
            except subprocess.TimeoutExpired:
                return None
            return f"the agent on Wine ended (exit code {code}): {made.last_words()}"

        yield Reached(f"tcp-listen://127.0.0.1:{port}", key, ended)


def _place(settings: Mapping[str, str]) -> str:
    try:
        return version(find_wine(settings.get("wine")))
    except UsageError:
        return "no Wine"


def _protection(settings: Mapping[str, str]) -> str:
    return "a new key for every start"


KIND = Kind(
    name="wine",
    summary="the agent for 64-bit Windows on Wine, started and ended by the harness",
    evidence="independent",
    keys=(
        Key("wine", "Wine's program", keys.text),
        Key("agent", "an agent executable", keys.text),
    ),
    reach=reach,
    place=_place,
    protection=_protection,
    check=check,
    # A prefix of its own is made for every start.
    timing=Timing(connect=120.0),
    starts=True,
    shares_memory=True,
)
