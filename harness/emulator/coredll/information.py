"""What the device says about itself, and time."""

from __future__ import annotations

import struct
import time
from datetime import datetime

from harness.emulator.config import CE_6, WITHOUT_COUNTER
from harness.emulator.errors import ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER
from harness.emulator.exports import Call, export
from harness.emulator.memory import GRANULARITY, HIGHEST, PAGE

PLATFORM_WIN32_CE = 3
SPI_GETPLATFORMTYPE, SPI_GETOEMINFO = 257, 258
VERSION_INFO_SIZE = 276
FILETIME_EPOCH = datetime(1601, 1, 1)


@export("coredll!GetTickCount")
def get_tick_count(call: Call) -> int:
    return call.device.clock.ticks()


@export("coredll!QueryPerformanceFrequency", "frequency")
def query_performance_frequency(call: Call, frequency: int) -> int:
    call.process.memory.set_u64(frequency, 1000 if WITHOUT_COUNTER in call.device.variants else 1_000_000)
    return 1


@export("coredll!QueryPerformanceCounter", "count")
def query_performance_counter(call: Call, count: int) -> int:
    unit = 1000 if WITHOUT_COUNTER in call.device.variants else 1_000_000
    call.process.memory.set_u64(count, int(call.device.clock.seconds() * unit))
    return 1


def _write_time(call: Call, address: int, moment: datetime) -> None:
    weekday = (moment.weekday() + 1) % 7
    call.process.memory.write(
        address,
        struct.pack(
            "<8H",
            moment.year,
            moment.month,
            weekday,
            moment.day,
            moment.hour,
            moment.minute,
            moment.second,
            moment.microsecond // 1000,
        ),
    )


@export("coredll!GetSystemTime", "time")
def get_system_time(call: Call, address: int) -> None:
    _write_time(call, address, call.device.clock.now())


@export("coredll!GetLocalTime", "time")
def get_local_time(call: Call, address: int) -> None:
    """The device's time zone is UTC."""
    _write_time(call, address, call.device.clock.now())


@export("coredll!SystemTimeToFileTime", "system file")
def system_time_to_file_time(call: Call, system: int, file: int) -> int:
    year, month, _, day, hour, minute, second, milli = struct.unpack(
        "<8H", call.process.memory.read(system, 16)
    )
    try:
        moment = datetime(year, month, day, hour, minute, second, milli * 1000)
    except ValueError:
        return call.fail(ERROR_INVALID_PARAMETER)
    since = moment - FILETIME_EPOCH
    call.process.memory.set_u64(
        file, (since.days * 86400 + since.seconds) * 10_000_000 + since.microseconds * 10
    )
    return 1


@export("coredll!GetVersionExW", "information")
def get_version_ex(call: Call, information: int) -> int:
    memory = call.process.memory
    if memory.u32(information) < VERSION_INFO_SIZE:
        return call.fail(ERROR_INSUFFICIENT_BUFFER)
    major, minor, build = (6, 0, 0) if CE_6 in call.device.variants else call.device.config.version
    memory.write(
        information, struct.pack("<5I256x", VERSION_INFO_SIZE, major, minor, build, PLATFORM_WIN32_CE)
    )
    return 1


@export("coredll!GetVersionEx", "information")
def get_version_ex_plain(call: Call, information: int) -> int:
    return get_version_ex(call, information)


@export("coredll!GetSystemInfo", "information")
def get_system_info(call: Call, information: int) -> None:
    cpu = call.device.cpu
    call.process.memory.write(
        information,
        struct.pack(
            "<HHIIIIIIIHH",
            cpu.processor_architecture,
            0,
            PAGE,
            GRANULARITY,
            HIGHEST,
            1,
            1,
            cpu.processor_type,
            GRANULARITY,
            cpu.processor_level,
            0,
        ),
    )


@export("coredll!GlobalMemoryStatus", "status")
def global_memory_status(call: Call, status: int) -> None:
    device = call.device
    total, used = device.config.memory, device.pages_used * PAGE
    own = sum(area.size for area in call.process.memory.areas())
    call.process.memory.write(
        status,
        struct.pack(
            "<8I",
            32,
            100 * used // total,
            total,
            total - used,
            0,
            0,
            HIGHEST,
            HIGHEST - own,
        ),
    )


@export("coredll!QueryInstructionSet", "wanted current")
def query_instruction_set(call: Call, wanted: int, current: int) -> int:
    own = call.device.cpu.instruction_set
    if current:
        call.process.memory.set_u32(current, own)
    return wanted == own


@export("coredll!IsProcessorFeaturePresent", "feature")
def is_processor_feature_present(call: Call, feature: int) -> int:
    return 0


@export("coredll!SystemParametersInfoW", "action size buffer flags")
def system_parameters_info(call: Call, action: int, size: int, buffer: int, flags: int) -> int:
    texts = {SPI_GETPLATFORMTYPE: call.device.config.platform, SPI_GETOEMINFO: call.device.config.oem}
    text = texts.get(action)
    if text is None or not buffer:
        return call.fail(ERROR_INVALID_PARAMETER)
    if size <= len(text):
        return call.fail(ERROR_INSUFFICIENT_BUFFER)
    call.process.memory.set_wide(buffer, text)
    return 1


@export("coredll!SystemIdleTimerReset")
def system_idle_timer_reset(call: Call) -> None:
    call.device.power.use()


@export("coredll!GetIdleTime")
def get_idle_time(call: Call) -> int:
    return max(call.device.clock.ticks() - int(time.process_time() * 1000), 0)


@export("coredll!CeGenRandom", "size buffer")
def ce_gen_random(call: Call, size: int, buffer: int) -> int:
    """In pieces: a size beyond the guest's memory faults at its last page, and takes none of the host's."""
    for done in range(0, size, PAGE):
        call.process.memory.write(buffer + done, call.device.random_bytes(min(PAGE, size - done)))
    return 1
