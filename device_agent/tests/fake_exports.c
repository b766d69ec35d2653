#include "fake_exports.h"

#include <string.h>

#include "fake_threads.h"

/* Windows has a last error for each thread; so has this. */
static uint32_t last_errors[1 + CEA_THREADS];
#define last_error last_errors[fake_thread()]

static uint32_t other_error, counted, now, slept, no_thread;

static cea_word add(cea_word a, cea_word b)
{
    return a + b;
}

/* Sixteen arguments, each with its own weight: one that got lost or swapped shows. */
static cea_word weigh(cea_word a, cea_word b, cea_word c, cea_word d, cea_word e, cea_word f, cea_word g, cea_word h,
                      cea_word i, cea_word j, cea_word k, cea_word l, cea_word m, cea_word n, cea_word o, cea_word p)
{
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j + 11 * k + 12 * l + 13 * m +
           14 * n + 15 * o + 16 * p;
}

/* How often it was called since the last reset(). */
static cea_word count(void)
{
    return ++counted;
}

static cea_word reset(void)
{
    counted = 0;
    return 0;
}

/* Sets an error and returns a value; which of the two matters is up to the export's rule. */
static cea_word result(cea_word value, cea_word error)
{
    last_error = (uint32_t)error;
    return value;
}

/* Returns a value and leaves the error alone. */
static cea_word quiet(cea_word value)
{
    return value;
}

/* Fails with error 70 + number % 2 when number / 4 is odd. */
static cea_word stripes(cea_word number)
{
    if (number / 4 % 2) {
        last_error = 70 + (uint32_t)number % 2;
        return (cea_word)-1;
    }
    return number;
}

static cea_word other_result(cea_word value, cea_word error)
{
    other_error = (uint32_t)error;
    return value;
}

static cea_word get_other(void)
{
    return other_error;
}

static cea_word set_other(cea_word error)
{
    other_error = (uint32_t)error;
    return 0;
}

static cea_word peek(const uint8_t *at)
{
    return *at;
}

static cea_word poke(uint8_t *at, cea_word value)
{
    *at = (uint8_t)value;
    return value;
}

/* What the sentinel left for a function to see. */
static cea_word seen(void)
{
    return last_error;
}

/* Sets an error, waits until `count` threads have come here, and returns a value; 0xDEAD when they do not come. */
static cea_word meet(cea_word count, cea_word value, cea_word error)
{
    last_error = (uint32_t)error;
    return fake_meet((uint32_t)count) ? value : 0xDEAD;
}

/* The next thread cannot be made, with this error. */
static cea_word refuse_thread(cea_word error)
{
    no_thread = (uint32_t)error;
    return 0;
}

static const struct {
    char name[CEA_NAME];
    cea_word address;
} exports[] = {
    {"fake!add", (cea_word)add},
    {"fake!weigh", (cea_word)weigh},
    {"fake!count", (cea_word)count},
    {"fake!reset", (cea_word)reset},
    {"fake!result", (cea_word)result},
    {"fake!quiet", (cea_word)quiet},
    {"fake!stripes", (cea_word)stripes},
    {"fake!other_result", (cea_word)other_result},
    {"fake!get_other", (cea_word)get_other},
    {"fake!set_other", (cea_word)set_other},
    {"fake!peek", (cea_word)peek},
    {"fake!poke", (cea_word)poke},
    {"fake!seen", (cea_word)seen},
    {"fake!meet", (cea_word)meet},
    {"fake!refuse_thread", (cea_word)refuse_thread},
};

/* Finding one takes a while, as loading a module does. */
static cea_word resolve(const char *name, uint32_t *error)
{
    __atomic_add_fetch(&now, 1000, __ATOMIC_SEQ_CST);
    for (size_t i = 0; i < sizeof exports / sizeof exports[0]; i++) {
        if (memcmp(exports[i].name, name, strlen(name) + 1) == 0) {
            return exports[i].address;
        }
    }
    *error = memcmp(name, "fake!", 5) ? 126 : 127;
    return 0;
}

static uint32_t ticks(void)
{
    return __atomic_add_fetch(&now, 3, __ATOMIC_SEQ_CST);
}

static uint32_t microseconds(uint32_t difference)
{
    return difference;
}

static void pause(uint32_t milliseconds)
{
    slept += milliseconds;
}

static cea_word get_error(void)
{
    return last_error;
}

static cea_word set_error(cea_word error)
{
    last_error = (uint32_t)error;
    return 0;
}

static cea_word begin(uint32_t (*body)(void *), void *context, volatile uint32_t *id, uint32_t *error)
{
    *error = no_thread;
    no_thread = 0;
    return *error ? 0 : fake_thread_begin(body, context, id);
}

const struct cea_machine fake_machine = {
    resolve,   ticks,       microseconds,          pause, begin, fake_thread_join,
    fake_lock, fake_unlock, (cea_word)get_error, (cea_word)set_error,
};

uint32_t fake_slept(void)
{
    uint32_t total = slept;
    slept = 0;
    return total;
}
