#include "interpret.h"

#include "crc32.h"
#include "run.h"

struct loop {
    cea_word turn, count;
};

struct thread {
    struct run run;
    const cea_word *steps;
    cea_word handle; /* 0: not begun, or joined */
};

/* A stretch of a buffer: cells are arena offset and size, operands offset and length.
 * Null, and the outcome, when it leaves the buffer. */
static uint8_t *stretch(struct run *run, const cea_word *cell, cea_word offset, cea_word length, unsigned number)
{
    cea_word size = cell[1];
    if (offset > size || length > size - offset) {
        cea_stop(run, CEA_OUT_OF_RANGE, number, 0);
        return NULL;
    }
    return run->arena + cell[0] + offset;
}

static bool fill(struct run *run, const cea_word *cell)
{
    cea_word length = operand(run, cell + 6);
    uint8_t *at = stretch(run, cell + 1, operand(run, cell + 4), length, (unsigned)cell[3]);
    uint32_t value = (uint32_t)operand(run, cell + 8) * UINT32_C(2654435761);
    if (!at) {
        return false;
    }
    for (uint8_t *end = at + length; at < end; at++) {
        *at = (uint8_t)(value >> 24);
        value += UINT32_C(2654435761);
    }
    return true;
}

static bool digest(struct run *run, const cea_word *cell)
{
    unsigned number = (unsigned)(cell[0] >> 16 & 0xFFFF);
    cea_word length = operand(run, cell + 5);
    const uint8_t *at = stretch(run, cell + 1, operand(run, cell + 3), length, number);
    if (!at) {
        return false;
    }
    run->shared->current[run->place] = number;
    run->timed = false;
    uint32_t start = run->machine->ticks();
    run->shared->slot[number] = cea_crc32((uint32_t)operand(run, cell + 7), at, length);
    run->shared->call[number].microseconds += run->machine->microseconds(run->machine->ticks() - start);
    return cea_note(run, number, false, 0);
}

static bool store(struct run *run, const cea_word *cell)
{
    unsigned width = (unsigned)cell[4];
    uint8_t *at = stretch(run, cell + 1, operand(run, cell + 5), width, (unsigned)cell[3]);
    cea_word value = operand(run, cell + 7);
    if (!at) {
        return false;
    }
    for (; width; width--) {
        *at++ = (uint8_t)value;
        value >>= 8;
    }
    return true;
}

/* Whether the loop whose CEA_AGAIN stands at `cell` ends early. */
static bool ended(const struct run *run, const cea_word *cell)
{
    switch ((enum cea_until)cell[1]) {
    case CEA_UNTIL_COUNT:
        return false;
    case CEA_UNTIL_FAILURE:
        return run->failed;
    case CEA_UNTIL_ZERO:
        return operand(run, cell + 3) == 0;
    }
    return true;
}

static uint32_t thread_body(void *context);

static bool begin(struct run *run, const cea_word *cell)
{
    struct cea_shared *shared = run->shared;
    unsigned number = (unsigned)(cell[0] >> 16 & 0xFFFF);
    struct thread *thread = &run->threads[number];
    uint32_t error = 0;
    thread->run = (struct run){shared, run->machine, run->arena, number + 1, true, false, false, false, 0, NULL};
    thread->steps = cell + 3;
    shared->current[number + 1] = (uint32_t)cell[2];
    run->together = true;
    run->timed = false;
    thread->handle = run->machine->start(thread_body, thread, &shared->thread[number], &error);
    if (!thread->handle) {
        cea_stop(run, CEA_NO_THREAD, (uint32_t)cell[2], error);
    }
    return thread->handle != 0;
}

/* Waits for a thread, if it was begun and not waited for yet. False: an outcome has ended it. */
static bool join(struct run *run, unsigned number)
{
    struct thread *thread = &run->threads[number];
    if (!thread->handle) {
        return true;
    }
    run->timed = false;
    run->shared->joining = number + 1;
    run->machine->join(thread->handle);
    run->shared->joining = 0;
    thread->handle = 0;
    return !thread->run.stopped;
}

static void follow(struct run *run, const cea_word *cell)
{
    struct cea_shared *shared = run->shared;
    const cea_word *code = shared->code;
    struct loop loops[CEA_DEPTH + 1], *loop = loops; /* the first is none */
    for (;;) {
        bool going = true;
        cea_word *slot = &shared->slot[cell[0] >> 16 & 0xFFFF];
        switch ((enum cea_operation)(cell[0] & 0xFF)) {
        case CEA_CALL:
            going = cea_call(run, cell);
            cell += 2 + 2 * (cell[0] >> 8 & 0xFF);
            break;
        case CEA_REPEAT: {
            cea_word count = operand(run, cell + 3);
            if (count == 0) {
                cell = code + cell[2];
                break;
            }
            loop++;
            loop->turn = 0;
            loop->count = count;
            shared->slot[cell[1]] = 0;
            cell += 5;
            break;
        }
        case CEA_AGAIN:
            if (ended(run, cell) || ++loop->turn == loop->count) {
                loop--;
                cell += 5;
            } else {
                *slot = loop->turn;
                cell = code + cell[2];
            }
            break;
        case CEA_WHEN_OK:
            cell = run->failed ? code + cell[1] : cell + 2;
            break;
        case CEA_FILL:
            run->timed = false;
            going = fill(run, cell);
            cell += 10;
            break;
        case CEA_DIGEST:
            going = digest(run, cell);
            cell += 9;
            break;
        case CEA_SLEEP:
            run->timed = false;
            run->machine->sleep((uint32_t)operand(run, cell + 1));
            cell += 3;
            break;
        case CEA_STORE:
            going = store(run, cell);
            cell += 9;
            break;
        case CEA_ADD:
            *slot = operand(run, cell + 1) + operand(run, cell + 3);
            cell += 5;
            break;
        case CEA_SUBTRACT:
            *slot = operand(run, cell + 1) - operand(run, cell + 3);
            cell += 5;
            break;
        case CEA_THREAD:
            going = begin(run, cell);
            cell = code + cell[1];
            break;
        case CEA_JOIN:
            going = join(run, (unsigned)(cell[0] >> 16));
            cell++;
            break;
        case CEA_END:
            return;
        }
        if (!going) {
            return;
        }
    }
}

static uint32_t thread_body(void *context)
{
    struct thread *thread = context;
    follow(&thread->run, thread->steps);
    return 0;
}

void cea_interpret(struct cea_shared *shared, const struct cea_machine *machine)
{
    struct thread threads[CEA_THREADS];
    struct run run = {shared, machine, (uint8_t *)shared->arena, 0, false, false, false, false, 0, threads};
    for (unsigned i = 0; i < CEA_THREADS; i++) {
        threads[i].handle = 0;
    }
    follow(&run, shared->code);
    for (unsigned i = 0; i < CEA_THREADS; i++) {
        join(&run, i);
    }
}
