"""How quirks and variants replace functions of the device, before it is switched on."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from harness.emulator.exports import EXPORTS, Blocking, Call, Handler
from harness.emulator.ws2 import selection
from harness.emulator.ws2.catalog import Catalog
from harness.emulator.ws2.selection import Circumstances, Reason, Refused, Request, Selection

Known = Callable[..., Blocking]
"""The handler that was there: `value = yield from known(call, *args)`."""


def around(name: str, handle: Callable[..., Blocking], module: str = "ws2") -> None:
    """`handle(known, call, *args)`, a generator, is the export's handler from now on."""
    export = EXPORTS[module][name]
    known = _waiting(export.handler)

    def handler(call: Call, *args: int) -> Blocking:
        return (yield from handle(known, call, *args))

    EXPORTS[module][name] = replace(export, handler=handler)


def result_of(name: str, change: Callable[[Call, int, tuple[int, ...]], int], module: str = "ws2") -> None:
    """The export returns `change(call, value, args)` in place of its value."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        value = yield from known(call, *args)
        return change(call, int(value or 0) & 0xFFFFFFFF, args)

    around(name, handle, module)


def arguments_of(name: str, change: Callable[..., tuple[int, ...]], module: str = "ws2") -> None:
    """The export gets `change(*args)` in place of its arguments."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        return (yield from known(call, *change(*args)))

    around(name, handle, module)


def _waiting(handler: Handler) -> Known:
    if inspect.isgeneratorfunction(handler):
        return handler

    def plain(call: Call, *args: int) -> Blocking:
        value: int | None = handler(call, *args)
        yield from ()
        return value

    return plain


def put(owner: object, name: str, function: object) -> None:
    """`function` in place of what a module or class has under this name; for all that call it from there."""
    if not hasattr(owner, name):
        raise AttributeError(f"{owner} has no {name}")
    setattr(owner, name, function)


# --- what WSASocket decides --------------------------------------------------------------------------------


def asked_otherwise(change: Callable[[Catalog, Request], Mapping[str, Any]]) -> None:
    """The decision is made for a request in which `change` replaces some values."""
    decide = selection.select

    def select(catalog: Catalog, request: Request, circumstances: Circumstances) -> Selection:
        return decide(catalog, replace(request, **change(catalog, request)), circumstances)

    put(selection, "select", select)


def refused_if(reason: Reason, so: Callable[[Catalog, Request], bool]) -> None:
    """What would give a socket is refused for this reason where `so` holds."""
    decide = selection.select

    def select(catalog: Catalog, request: Request, circumstances: Circumstances) -> Selection:
        chosen = decide(catalog, request, circumstances)
        if so(catalog, request):
            raise Refused(reason)
        return chosen

    put(selection, "select", select)
