#include "fake_windows.h"

#include <string.h>

#include "platform.h"

uint64_t fake_rate, fake_counter;

static BOOL frequency(uint64_t *rate)
{
    *rate = fake_rate;
    return fake_rate != 0;
}

static BOOL counter(uint64_t *now)
{
    *now = fake_counter;
    return 1;
}

HANDLE os_module(const char *module)
{
    return (HANDLE)(uintptr_t)module;
}

void *os_symbol(HANDLE module, const char *name)
{
    static const char found[] = "QueryPerformanceCounter";
    (void)module;
    return memcmp(name, found, sizeof found) == 0 ? (void *)(uintptr_t)counter : (void *)(uintptr_t)frequency;
}

DWORD GetTickCount(void)
{
    return (DWORD)fake_counter;
}
