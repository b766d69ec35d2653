"""Entries of ours in the protocol catalog of a device.

Their providers have ids of our own range, so that what a run left behind is found by the next one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.device.files import Run, quoted, run_text
from harness.provider.refusals import UnavailableError
from harness.provider.words import INFO, PROTOCOL, Entry, get
from harness.winsock import CONSTANTS, named

LIBRARY = "\\ceprovider.dll"
_OURS = b"ceharness-pv"
"""How the ids of our providers begin; four bytes follow."""
_TRIAL = 0
"""Number of the provider that `try_out` installs."""
_ROOM = 2
"""Entries that the first look has room for."""


@dataclass(frozen=True, slots=True)
class Installed:
    """An entry as the device lists it: its 628 bytes."""

    structure: bytes

    @property
    def id(self) -> int:
        return int.from_bytes(get(self.structure, "dwCatalogEntryId"), "little")

    @property
    def provider(self) -> bytes:
        return get(self.structure, "ProviderId")


def provider_id(number: int) -> bytes:
    """The id of one of our providers."""
    return _OURS + number.to_bytes(4, "little")


def install_text(number: int, entries: Sequence[Entry]) -> str:
    """The lines that install a provider; the call is named `installed`, its code is in `install_error`."""
    packed = b"".join(entry.pack() for entry in entries).hex()
    return f"""
        buffer out install_error[4]
        installed = WSCInstallProvider(in provider = x"{provider_id(number).hex()}",
            in library = {quoted(LIBRARY)}, in entries = x"{packed}", {len(entries)}, &install_error)
        """


def remove_text(number: int) -> str:
    """The lines that remove a provider in the program that installed it."""
    return "removed = WSCDeinstallProvider(&provider, &install_error)\n"


def install(run: Run, number: int, entries: Sequence[Entry]) -> list[Installed]:
    """Install a provider; its entries as the device lists them. Raises UnavailableError."""
    execution = run_text(run, f"fresh\n{install_text(number, entries)}", "installation of a provider")
    if not execution.outcome.returned:
        raise UnavailableError(f"WSCInstallProvider: {execution.outcome}")
    if not execution.named("installed").ok:
        code = int.from_bytes(execution.buffers["install_error"], "little")
        raise UnavailableError(refusal(code))
    found = [entry for entry in ours(run) if entry.provider == provider_id(number)]
    if len(found) != len(entries):
        raise UnavailableError(f"WSCEnumProtocols lists {len(found)} of {len(entries)} installed entries")
    return found


def try_out(run: Run) -> None:
    """Install a provider and remove it at once, in one program. Raises UnavailableError with why not."""
    entry = Entry(chain_length=0)  # a layer alone: nobody can select it meanwhile
    text = f"fresh\n{install_text(_TRIAL, [entry])}when ok {{\n{remove_text(_TRIAL)}}}\n"
    execution = run_text(run, text, "trial installation of a provider")
    if not execution.outcome.returned:
        raise UnavailableError(f"WSCInstallProvider: {execution.outcome}")
    if not execution.named("installed").ok:
        raise UnavailableError(refusal(int.from_bytes(execution.buffers["install_error"], "little")))
    if not execution.named("removed").ok:
        raise UnavailableError("a service provider can be installed, but WSCDeinstallProvider fails")


def refusal(code: int) -> str:
    """Why WSCInstallProvider failed, in words."""
    why = " (no program is trusted to install one)" if code == CONSTANTS["WSANO_RECOVERY"] else ""
    return f"the device does not let a service provider be installed: {named(code)}{why}"


def ours(run: Run) -> list[Installed]:
    """What the device lists of ours, in its order. Raises UnavailableError."""
    size = _ROOM * INFO.size
    for _ in range(2):
        execution = run_text(
            run,
            f"""
            fresh
            buffer inout length[4] = x"{size.to_bytes(4, "little").hex()}"
            count = WSCEnumProtocols(in wanted = x"{PROTOCOL.to_bytes(8, "little").hex()}",
                out entries[{size}], &length, out error[4])
            """,
            "entries of ours",
        )
        if not execution.outcome.returned:
            raise UnavailableError(f"WSCEnumProtocols: {execution.outcome}")
        if execution.named("count").ok:
            break
        size = int.from_bytes(execution.buffers["length"], "little")
        if int.from_bytes(execution.buffers["error"], "little") != CONSTANTS["WSAENOBUFS"] or size > 1 << 14:
            raise UnavailableError("WSCEnumProtocols does not list the catalog")
    count = execution.value("count") or 0
    data = execution.buffers["entries"]
    every = (Installed(data[place * INFO.size : (place + 1) * INFO.size]) for place in range(count))
    return [entry for entry in every if entry.provider.startswith(_OURS)]


def remove_all(run: Run) -> int:
    """Take every provider of ours out of the catalog; how many there were. Raises UnavailableError."""
    providers = list(dict.fromkeys(entry.provider for entry in ours(run)))
    for provider in providers:
        run_text(
            run,
            f'fresh\ncall WSCDeinstallProvider(in provider = x"{provider.hex()}", out error[4])\n',
            "removal of a provider",
        )
    return len(providers)
