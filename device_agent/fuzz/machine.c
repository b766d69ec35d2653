#include "machine.h"

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "answer.h"
#include "check.h"
#include "interpret.h"
#include "message.h"
#include "skip.h"

enum { PATIENCE_US = 20000 };

static sigjmp_buf way_out;
static uint32_t last_error, now;

static void leave(int signal)
{
    siglongjmp(way_out, signal);
}

static cea_word get_error(void)
{
    return last_error;
}

static void set_error(cea_word error)
{
    last_error = (uint32_t)error;
}

/* One function is all exports: what it returns and which error it leaves are up to its first argument. Pointers
 * are never followed: a test call may do what it likes, and that is not the core's doing. */
static cea_word any(cea_word first, cea_word second)
{
    last_error = (uint32_t)second;
    return first & 3 ? first : (cea_word)0 - (first >> 2 & 1);
}

static cea_word resolve(const char *name, uint32_t *error)
{
    if (name[0] == 'x') {
        *error = 127; /* ERROR_PROC_NOT_FOUND */
        return 0;
    }
    return (cea_word)any;
}

static uint32_t ticks(void)
{
    return now += 3;
}

static uint32_t microseconds(uint32_t difference)
{
    return difference;
}

static void rest(uint32_t milliseconds)
{
    now += milliseconds;
}

static void set_alarm(suseconds_t after)
{
    struct itimerval timer = {{0, 0}, {0, after}};
    setitimer(ITIMER_VIRTUAL, &timer, NULL);
}

/* A thread has run to its end when start() returns: one order of many, and the same one every time. None can be made
 * while the last error says that there is no memory. */
static cea_word start(uint32_t (*body)(void *), void *context, volatile uint32_t *id, uint32_t *error)
{
    enum { ERROR_NOT_ENOUGH_MEMORY = 8 };
    static uint32_t threads;
    *error = last_error;
    if (last_error == ERROR_NOT_ENOUGH_MEMORY) {
        return 0;
    }
    *id = ++threads;
    body(context);
    return 1;
}

static void join(cea_word thread)
{
    if (thread != 1) {
        abort();
    }
}

static void nothing(void)
{
}

void fuzz_interpret(struct cea_program *program, struct cea_shared *shared)
{
    static const struct cea_machine machine = {.resolve = resolve,
                                               .ticks = ticks,
                                               .microseconds = microseconds,
                                               .sleep = rest,
                                               .start = start,
                                               .join = join,
                                               .lock = nothing,
                                               .unlock = nothing,
                                               .get_error = (cea_word)get_error,
                                               .set_error = (cea_word)set_error};
    signal(SIGVTALRM, leave);
    if (sigsetjmp(way_out, 1)) {
        program->end.outcome = CEA_BLOCKED;
        return;
    }
    set_alarm(PATIENCE_US);
    cea_interpret(shared, &machine);
    set_alarm(0);
}

size_t fuzz_run(struct cea_program *program, struct cea_shared *shared, const uint8_t *body, size_t length, uint8_t seq,
                uint8_t wild, uint8_t *out)
{
    uint32_t detail = 0;
    enum cea_error error = cea_check(program, shared, body, length, &detail);
    if (error) {
        return cea_message_refusal(out, seq, error, detail);
    }
    if (program->fresh) {
        cea_forget_worker(program, shared);
    }
    cea_load(program, shared, body, length);
    fuzz_interpret(program, shared);
    if (wild) {
        memset(shared, wild, sizeof *shared);
    }
    size_t made = cea_answer(out, program, shared, seq);
    if (wild) {
        cea_forget_worker(program, shared);
    }
    return made;
}

void fuzz_expect_cbor(const uint8_t *body, size_t length)
{
    const uint8_t *at = body;
    if (!length || length > CEA_FRAME || !cea_skip(&at, body + length) || at != body + length) {
        abort();
    }
}
