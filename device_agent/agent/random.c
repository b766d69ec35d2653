#include "random.h"

#include <string.h>

#include "blake2s.h"
#include "clock.h"

enum { POOL = 32 };

static uint8_t pool[POOL];
static void (*system_time)(void *);
static BOOL (*counter)(uint64_t *);

static void stir(void)
{
    struct {
        uint8_t system[POOL];
        uint16_t time[8]; /* SYSTEMTIME */
        uint64_t counter;
        uint32_t ticks, fine;
        uintptr_t data, stack;
    } fresh;
    struct cea_blake2s digest;
    memset(&fresh, 0, sizeof fresh);
    os_random(fresh.system, sizeof fresh.system);
    if (system_time) {
        system_time(fresh.time);
    }
    if (counter) {
        counter(&fresh.counter);
    }
    fresh.ticks = GetTickCount();
    fresh.fine = clock_ticks();
    fresh.data = (uintptr_t)pool;
    fresh.stack = (uintptr_t)&fresh;
    cea_blake2s_begin(&digest, POOL, pool, POOL);
    cea_blake2s_add(&digest, (const uint8_t *)&fresh, sizeof fresh);
    cea_blake2s_end(&digest, pool);
}

const char *random_prepare(void)
{
    enum { SAMPLES = 16 };
    uint8_t probe[1];
    HANDLE module = os_module("coredll");
    system_time = (void (*)(void *))os_symbol(module, "GetSystemTime");
    counter = (BOOL (*)(uint64_t *))os_symbol(module, "QueryPerformanceCounter");
    bool there = os_random(probe, sizeof probe);
    /* Without a generator: when a sleeping thread goes on is the least regular thing there is. */
    for (int i = 0; i < SAMPLES && !there; i++) {
        Sleep(1);
        stir();
    }
    stir();
    return there ? NULL : os_random_name;
}

bool random_bytes(uint8_t *bytes, size_t length)
{
    while (length) {
        struct cea_blake2s digest;
        uint8_t drawn[POOL];
        size_t part = length < POOL ? length : POOL;
        stir();
        /* What is given away tells nothing of the pool. */
        cea_blake2s_begin(&digest, POOL, pool, POOL);
        cea_blake2s_end(&digest, drawn);
        memcpy(bytes, drawn, part);
        bytes += part;
        length -= part;
    }
    return true;
}
