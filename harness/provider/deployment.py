"""The provider on one device: everything in order, and nothing left behind."""

from contextlib import suppress

from harness.agents import CPU_BUILDS, provider_library
from harness.device import Device, files
from harness.errors import LabError
from harness.provider import catalog
from harness.provider.catalog import LIBRARY, Installed
from harness.provider.layout import LOG, Layout, find_layout
from harness.provider.leftovers import FILES
from harness.provider.records import Asked, records
from harness.provider.refusals import UnavailableError, UnheededError
from harness.provider.words import Entry


class Deployment:
    """One device's provider. Nothing is done before the first use; what a run before left goes then."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._layout: Layout | None = None
        self._boot: int | None = None
        self._refused: UnavailableError | None = None
        self._next = 2
        self._used = False
        self._unclean = False
        """Something may be left that could not be removed: the line was gone."""

    @property
    def layout(self) -> Layout:
        """Where the tables have what; puts the DLL on the device first. Raises UnavailableError (also
        UnheededError), the same every time; LabError."""
        if self._refused is not None:
            raise self._refused
        if self._layout is None or not self._same_start:
            # Files and catalog of a device that started again may be gone.
            self._boot = self._device.welcome.boot
            try:
                self._layout = self._prepare()
            except UnavailableError as refused:
                if self._same_start:
                    self._refused = refused
                raise
        return self._layout

    def install(self, entry: Entry) -> Installed:
        """Install one provider with one entry; what the entry says of the tables is added to it. Raises
        LabError, UnavailableError; UnheededError for one whose sockets nothing on this device can make."""
        installed = self._install(entry)
        if not self._same_start:
            # The device was brought back for it, and has forgotten where our DLL was.
            installed = self._install(entry)
        return installed

    @property
    def _same_start(self) -> bool:
        """Is the device the one that the layout is of, not started again since?"""
        return self._boot == self._device.welcome.boot

    def _install(self, entry: Entry) -> Installed:
        if self.layout.create is None and entry.makes_sockets:
            raise UnheededError(
                "none of the upcalls makes a descriptor that closesocket brings back to the service provider"
            )
        words = {**self.layout.words(), **entry.words}
        complete = Entry(
            words,
            entry.family,
            entry.type,
            entry.service_flags,
            entry.provider_flags,
            entry.chain_length,
            entry.chain,
        )
        if self._unclean:
            self.clean()
        self._used = True
        self._next += 1
        (installed,) = catalog.install(self._device.run, self._next, [complete])
        return installed

    def listed(self) -> list[Installed]:
        """The entries of ours, in the order in which the device lists them."""
        return catalog.ours(self._device.run)

    def asked(self) -> list[Asked]:
        """Each call of WSPSocket since the last `clean`."""
        found = records(files.read(self._device.run, LOG))
        return [one for one in found if isinstance(one, Asked)]

    def clean(self) -> None:
        """Remove what was installed, and the log. Raises LabError."""
        if self._used:
            self._unclean = True
            catalog.remove_all(self._device.run)
            files.remove(self._device.run, LOG)
            self._used = self._unclean = False

    def remove(self) -> None:
        """Leave nothing on the device. A line that is gone is no reason to complain here: what stays is found
        by the next run, and a device that starts again has an empty catalog."""
        if self._layout is None and self._refused is None:
            return
        with suppress(LabError, UnavailableError):
            self.clean()
            for path in FILES:
                files.remove(self._device.run, path)

    def _prepare(self) -> Layout:
        run = self._device.run
        build = self._device.welcome.build.split()[-1]
        cpu = next((cpu for cpu, name in CPU_BUILDS.items() if name == build), None)
        if cpu is None:
            raise UnavailableError(f"there is no service provider for devices of the agent {build}")
        catalog.remove_all(run)
        files.remove(run, LOG)
        files.remove(run, files.unfinished(LIBRARY))
        data = provider_library(cpu).read_bytes()
        if not files.is_there(run, LIBRARY, data):
            try:
                files.write(run, LIBRARY, data)
            except files.FileError as error:
                raise UnavailableError(str(error)) from error
        return find_layout(run)
