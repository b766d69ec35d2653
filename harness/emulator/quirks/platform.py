"""What the system says about itself."""

from harness.emulator.exports import Blocking, Call
from harness.emulator.quirks.registry import quirk
from harness.emulator.replacing import Known, around


@quirk
def the_platform_is_windows_nt() -> None:
    """GetVersionEx says that the system is Windows NT."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        value = yield from known(call, *args)
        if value:
            call.process.memory.set_u32(args[0] + 16, 2)
        return value

    around("GetVersionExW", handle, "coredll")


@quirk
def wsasocketw_is_found_once() -> None:
    """In a process that has looked WSASocketW up, GetProcAddressW does not find it again."""
    found: set[object] = set()

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        if call.process.memory.wide(args[1]) == "WSASocketW" and call.process in found:
            return call.fail(127)
        value = yield from known(call, *args)
        if value and call.process.memory.wide(args[1]) == "WSASocketW":
            found.add(call.process)
        return value

    around("GetProcAddressW", handle, "coredll")


@quirk
def ws2_cannot_be_loaded_twice() -> None:
    """In a process that has loaded ws2.dll, LoadLibraryW fails for it."""
    loaded: dict[object, int] = {}

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        if call.process.memory.wide(args[0]).lower() != "ws2.dll":
            return (yield from known(call, *args))
        loaded[call.process] = loaded.get(call.process, 0) + 1
        if loaded[call.process] > 1:
            return call.fail(126)
        return (yield from known(call, *args))

    around("LoadLibraryW", handle, "coredll")
