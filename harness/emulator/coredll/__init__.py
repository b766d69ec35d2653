"""COREDLL.dll. Importing this package registers its exports."""

from harness.emulator.coredll import (
    comm,
    errors,
    exceptions,
    files,
    handles,
    heaps,
    information,
    interlocked,
    libraries,
    mappings,
    processes,
    sections,
    strings,
    synchronization,
    threads,
    virtual,
)

__all__ = [
    "comm",
    "errors",
    "exceptions",
    "files",
    "handles",
    "heaps",
    "information",
    "interlocked",
    "libraries",
    "mappings",
    "processes",
    "sections",
    "strings",
    "synchronization",
    "threads",
    "virtual",
]
