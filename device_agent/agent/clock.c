#include "clock.h"

typedef BOOL (*performance)(uint64_t *);

static performance counter;
static unsigned shift; /* ticks = counter / 2^shift: at most two in a microsecond, so that they wrap after half an hour */
/* microseconds = ticks * (whole + fraction / 2^32) */
static uint32_t whole = 1000, fraction;

bool clock_prepare(void)
{
    HANDLE module = os_module("coredll");
    uint64_t rate = 0;
    performance frequency = (performance)os_symbol(module, "QueryPerformanceFrequency");
    performance found = (performance)os_symbol(module, "QueryPerformanceCounter");
    if (!frequency || !found || !frequency(&rate) || rate == 0) {
        return false;
    }
    for (shift = 0; rate > 2000000; shift++) {
        rate >>= 1;
    }
    /* Long division by hand, of 10^6 * 2^32: no division helper in the executable. */
    uint32_t divisor = (uint32_t)rate, rest = 0;
    whole = fraction = 0;
    for (int bit = 51; bit >= 0; bit--) {
        rest <<= 1;
        if (bit >= 32) {
            rest |= UINT32_C(1000000) >> (bit - 32) & 1;
        }
        whole = whole << 1 | fraction >> 31;
        fraction <<= 1;
        if (rest >= divisor) {
            rest -= divisor;
            fraction |= 1;
        }
    }
    counter = found;
    return true;
}

uint32_t clock_ticks(void)
{
    uint64_t now = 0;
    if (!counter) {
        return GetTickCount();
    }
    counter(&now);
    return (uint32_t)(now >> shift);
}

uint32_t clock_microseconds(uint32_t ticks)
{
    return ticks * whole + (uint32_t)((uint64_t)ticks * fraction >> 32);
}
