#include "interpret.h"

#include "crc32.h"

#define NONE ((unsigned)CEA_EXPORTS)

struct loop {
    cea_word turn, count;
};

/* What one thread knows. Each has its own; two threads meet in `shared` only: there a call's results and its slot
 * are written by the thread in which it stands, exports by whoever comes first to what anyone would find, and the list
 * of runs and the outcome under the lock. */
struct run {
    struct cea_shared *shared;
    const struct cea_machine *machine;
    uint8_t *arena;
    unsigned place; /* in shared->current; 0: the main thread */
    bool together;  /* with others: shared lists are locked */
    bool stopped;   /* by an outcome */
    bool failed;    /* the last call that ran */
    bool timed;     /* nothing worth timing happened since */
    uint32_t ended; /* this reading of the clock */
    struct thread *threads; /* the main thread's, CEA_THREADS of them */
};

struct thread {
    struct run run;
    const cea_word *steps;
    cea_word handle; /* 0: not begun, or joined */
};

static cea_word load(const uint8_t *from, unsigned width)
{
    cea_word value = 0;
    while (width--) {
        value = value << 8 | from[width];
    }
    return value;
}

static inline cea_word operand(const struct run *run, const cea_word *cell)
{
    cea_word value = cell[1];
    switch ((enum cea_operand)cell[0]) {
    case CEA_CONSTANT:
        return value;
    case CEA_SLOT:
        return run->shared->slot[value];
    case CEA_POINTER:
        return (cea_word)(run->arena + value);
    case CEA_LOAD_1:
        return run->arena[value];
    case CEA_LOAD_2:
        return load(run->arena + value, 2);
    case CEA_LOAD_4:
        return load(run->arena + value, 4);
    case CEA_LOAD_8:
        return load(run->arena + value, sizeof(cea_word));
    }
    return 0;
}

/* On every CPU here the caller cleans up, so a function may be given more
 * arguments than it takes: four shapes do for all arities. */
static unsigned shape_of(unsigned arity)
{
    return arity <= 4 ? 4 : arity <= 6 ? 6 : arity <= 10 ? 10 : CEA_ARITY;
}

static inline cea_word invoke(cea_word address, unsigned shape, const cea_word *a)
{
    typedef cea_word (*shape4)(cea_word, cea_word, cea_word, cea_word);
    typedef cea_word (*shape6)(cea_word, cea_word, cea_word, cea_word, cea_word, cea_word);
    typedef cea_word (*shape10)(cea_word, cea_word, cea_word, cea_word, cea_word, cea_word, cea_word, cea_word,
                                cea_word, cea_word);
    typedef cea_word (*shape16)(cea_word, cea_word, cea_word, cea_word, cea_word, cea_word, cea_word, cea_word,
                                cea_word, cea_word, cea_word, cea_word, cea_word, cea_word, cea_word, cea_word);
    if (shape == 4) {
        return ((shape4)address)(a[0], a[1], a[2], a[3]);
    }
    if (shape == 6) {
        return ((shape6)address)(a[0], a[1], a[2], a[3], a[4], a[5]);
    }
    if (shape == 10) {
        return ((shape10)address)(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9]);
    }
    return ((shape16)address)(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11], a[12], a[13],
                              a[14], a[15]);
}

static bool means_failure(uint8_t fails, cea_word value)
{
    switch ((enum cea_fails)fails) {
    case CEA_NEVER:
        return false;
    case CEA_ZERO:
        return (uint32_t)value == 0;
    case CEA_MINUS_ONE:
        return (uint32_t)value == UINT32_C(0xFFFFFFFF);
    case CEA_NONZERO:
        return (uint32_t)value != 0;
    case CEA_NULL_WORD:
        return value == 0;
    }
    return false;
}

/* Alone, a program does without the lock: a sweep would take it at every other call. */
static void lock(const struct run *run)
{
    if (run->together) {
        run->machine->lock();
    }
}

static void unlock(const struct run *run)
{
    if (run->together) {
        run->machine->unlock();
    }
}

static void stop(struct run *run, enum cea_outcome outcome, uint32_t call, uint32_t detail)
{
    struct cea_shared *shared = run->shared;
    run->stopped = true;
    lock(run);
    if (shared->outcome == CEA_DONE) {
        shared->outcome_call = call;
        shared->outcome_detail = detail;
        shared->outcome = outcome;
    }
    unlock(run);
}

/* Adds the run that a call has come to the end of to the list of them. */
static bool end_run(struct run *run, unsigned number)
{
    struct cea_shared *shared = run->shared;
    const struct cea_call *call = &shared->call[number];
    lock(run);
    uint32_t runs = shared->runs;
    bool room = runs < CEA_RUNS;
    if (room) {
        struct cea_run *ended = &shared->run[runs];
        ended->count = call->count;
        ended->error = call->error;
        ended->call = (uint16_t)number;
        ended->failed = call->failed;
        shared->runs = runs + 1;
    }
    unlock(run);
    return room;
}

/* One more turn of a call: lengthens its run or ends it. Once it ran, its count is never 0 again: by that
 * the supervisor knows. */
static bool note(struct run *run, unsigned number, bool failed, uint32_t error)
{
    struct cea_call *call = &run->shared->call[number];
    if (call->count && call->failed == failed && call->error == error) {
        call->count++;
        return true;
    }
    if (call->count && !end_run(run, number)) {
        stop(run, CEA_OVERFLOW, number, 0);
        return false;
    }
    call->failed = failed;
    call->error = error;
    call->count = 1;
    return true;
}

static bool resolve(struct run *run, unsigned number, unsigned index)
{
    struct cea_export *export = &run->shared->exports[index];
    uint32_t error = 0;
    if (!export->address) {
        export->address = run->machine->resolve(export->name, &error);
        run->timed = false;
    }
    if (!export->address) {
        stop(run, CEA_UNRESOLVED, number, error);
    }
    return export->address != 0;
}

/* Resolves what a call of this export needs. */
static bool ready(struct run *run, unsigned number, unsigned index)
{
    const struct cea_export *export = &run->shared->exports[index];
    if (export->fails && export->reader != NONE) {
        return resolve(run, number, export->reader) && resolve(run, number, export->setter) &&
               resolve(run, number, index);
    }
    return resolve(run, number, index);
}

static bool call(struct run *run, const cea_word *cell)
{
    struct cea_shared *shared = run->shared;
    const struct cea_machine *machine = run->machine;
    unsigned number = (unsigned)(cell[0] >> 16 & 0xFFFF);
    unsigned arity = (unsigned)(cell[0] >> 8 & 0xFF);
    unsigned index = (unsigned)cell[1];
    struct cea_export *exports = shared->exports;
    struct cea_export *export = &exports[index];
    cea_word reader = machine->get_error, setter = machine->set_error;
    cea_word argument[CEA_ARITY];

    shared->current[run->place] = number;
    /* A program may call the readers too, so that each of the three can be new. */
    if (!export->address || export->reader != NONE) {
        if (!ready(run, number, index)) {
            return false;
        }
    }
    if (export->reader != NONE && export->fails) {
        reader = exports[export->reader].address;
        setter = exports[export->setter].address;
    }
    cell += 2;
    for (unsigned i = 0; i < arity; i++, cell += 2) {
        argument[i] = operand(run, cell);
    }
    unsigned shape = shape_of(arity);
    for (unsigned i = arity; i < shape; i++) {
        argument[i] = 0;
    }
    if (export->fails) {
        ((void (*)(cea_word))setter)(CEA_SENTINEL);
    }
    /* In a sweep the clock costs as much as the call: there, the end of one call is the start of the next. */
    uint32_t start = run->timed && shared->call[number].looped ? run->ended : machine->ticks();
    cea_word value = invoke(export->address, shape, argument);
    uint32_t error = 0;
    run->ended = machine->ticks();
    run->timed = true;
    bool failed = means_failure(export->fails, value);
    if (failed) {
        error = (uint32_t)((cea_word(*)(void))reader)();
    }
    run->failed = failed;
    shared->slot[number] = value;
    shared->call[number].microseconds += machine->microseconds(run->ended - start);
    return note(run, number, failed, error);
}

/* A stretch of a buffer: cells are arena offset and size, operands offset and length.
 * Null, and the outcome, when it leaves the buffer. */
static uint8_t *stretch(struct run *run, const cea_word *cell, cea_word offset, cea_word length, unsigned number)
{
    cea_word size = cell[1];
    if (offset > size || length > size - offset) {
        stop(run, CEA_OUT_OF_RANGE, number, 0);
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
    return note(run, number, false, 0);
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
        stop(run, CEA_NO_THREAD, (uint32_t)cell[2], error);
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
            going = call(run, cell);
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
