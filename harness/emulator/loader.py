"""Loading images and DLLs into a process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.emulator.dll import Dlls, EmulatedDll
from harness.emulator.errors import (
    ERROR_BAD_EXE_FORMAT,
    ERROR_MOD_NOT_FOUND,
    ERROR_NOT_ENOUGH_MEMORY,
    ERROR_PROC_NOT_FOUND,
)
from harness.emulator.files import FileSystem, GuestPathError
from harness.emulator.image import BadImage, Image, parse, relocate
from harness.emulator.memory import READONLY

if TYPE_CHECKING:
    from harness.emulator.process import Process


class LoadError(Exception):
    """An image cannot be loaded: Windows error code, and why."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(slots=True)
class Module:
    """A module of one process. `image` or `dll` is set."""

    name: str
    path: str
    base: int
    size: int
    image: Image | None = None
    dll: EmulatedDll | None = None
    code_bit: int = 0
    users: int = 1
    needs: list[Module] = field(default_factory=list)

    @property
    def entry(self) -> int:
        """Address of its entry point; 0 when it has none."""
        if self.image is None or self.image.entry == 0:
            return 0
        return self.base + self.image.entry

    def export(self, name: str) -> int | None:
        """Address of an export by name."""
        if self.dll is not None:
            return self.dll.address(name)
        assert self.image is not None, "a module is an image or an emulated DLL"
        offset = self.image.exports.get(name)
        return None if offset is None else self.base + offset | self.code_bit


class Loader:
    """Loads for one device."""

    def __init__(self, dlls: Dlls, files: FileSystem, machines: frozenset[int], code_bit: int) -> None:
        self._dlls, self._files, self._machines, self._code_bit = dlls, files, machines, code_bit

    def load_program(self, process: Process, path: str) -> Module:
        """Load an executable and all it needs. Raises LoadError."""
        try:
            data = self._files.read_file(path)
        except GuestPathError as error:
            raise LoadError(error.code, f"{path}: {error}") from error
        self._dlls.map_system(process.memory)
        return self._load_image(process, path, data)

    def load_library(self, process: Process, name: str) -> tuple[Module, list[Module]]:
        """A module by file name or path, and the image modules that were loaded for it, in the order in which
        their entry points are to be called. Raises LoadError."""
        before = list(process.modules)
        module = self._module(process, name)
        return module, [m for m in process.modules if m not in before and m.image is not None]

    def find(self, process: Process, name: str) -> Module | None:
        """A loaded module by file name or path."""
        wanted = name.replace("/", "\\").rsplit("\\", 1)[-1].lower()
        for module in process.modules:
            if wanted in (module.name.lower(), module.name.lower().removesuffix(".dll")):
                return module
        return None

    def unload(self, process: Process, module: Module) -> None:
        """Take an image module whose last user is gone out of the process, with what only it needed."""
        process.modules.remove(module)
        area = process.memory.area(module.base)
        if area is not None:
            process.memory.release(area)
        for needed in module.needs:
            needed.users -= 1
            if needed.users == 0 and needed.image is not None:
                self.unload(process, needed)

    def _module(self, process: Process, name: str) -> Module:
        found = self.find(process, name)
        if found is not None:
            found.users += 1
            return found
        short = name.replace("/", "\\").rsplit("\\", 1)[-1]
        emulated = self._dlls.get(short)
        if emulated is not None:
            emulated.map_into(process.memory)
            module = Module(
                f"{emulated.name}.dll",
                f"\\Windows\\{emulated.name}.dll",
                emulated.base,
                emulated.size,
                dll=emulated,
                code_bit=self._code_bit,
            )
            process.modules.append(module)
            return module
        for path in [name] if "\\" in name else [f"\\Windows\\{short}", f"\\{short}"]:
            for candidate in (path, f"{path}.dll"):
                try:
                    data = self._files.read_file(candidate)
                except GuestPathError:
                    continue
                return self._load_image(process, candidate, data)
        raise LoadError(ERROR_MOD_NOT_FOUND, f"{name}: no such DLL on this device")

    def _load_image(self, process: Process, path: str, data: bytes) -> Module:
        try:
            image = parse(data)
        except BadImage as error:
            raise LoadError(ERROR_BAD_EXE_FORMAT, f"{path}: {error}") from error
        if image.machine not in self._machines:
            raise LoadError(
                ERROR_BAD_EXE_FORMAT, f"{path}: machine 0x{image.machine:X}, not this device's CPU"
            )
        memory = process.memory
        area = memory.reserve(image.size, image.base, kind="image")
        if area is None:
            area = memory.reserve(image.size, kind="image")
        if area is None:
            raise LoadError(ERROR_NOT_ENOUGH_MEMORY, f"{path}: no room for {image.size} bytes")
        module = Module(
            path.rsplit("\\", 1)[-1], path, area.base, image.size, image=image, code_bit=self._code_bit
        )
        process.modules.append(module)
        view = area.view
        view[: len(image.headers)] = image.headers
        for section in image.sections:
            view[section.offset : section.offset + len(section.data)] = section.data
        try:
            relocate(view, image, area.base)
        except BadImage as error:
            process.modules.remove(module)
            memory.release(area)
            raise LoadError(ERROR_BAD_EXE_FORMAT, f"{path}: {error}") from error
        self._bind(process, module, image, view)
        done = memory.commit(area, area.base, len(image.headers), READONLY)
        for section in image.sections:
            done = done and memory.commit(area, area.base + section.offset, section.size, section.protection)
        if not done:
            raise LoadError(ERROR_NOT_ENOUGH_MEMORY, f"{path}: no memory left")
        process.modules.remove(module)  # what it needs comes before it
        process.modules.append(module)
        return module

    def _bind(self, process: Process, module: Module, image: Image, view: memoryview) -> None:
        needed: dict[str, Module] = {}
        for wanted in image.imports:
            source = needed.get(wanted.module)
            if source is None:
                source = needed[wanted.module] = self._module(process, wanted.module)
                module.needs.append(source)
            address = source.export(wanted.name) if wanted.name else None
            if address is None:
                what = wanted.name or f"ordinal {wanted.ordinal}"
                raise LoadError(ERROR_PROC_NOT_FOUND, f"{module.path}: {wanted.module} has no {what}")
            view[wanted.slot : wanted.slot + 4] = address.to_bytes(4, "little")
