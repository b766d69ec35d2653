#include "run.h"

#define NONE ((unsigned)CEA_EXPORTS)

cea_word cea_load_number(const uint8_t *from, unsigned width)
{
    cea_word value = 0;
    while (width--) {
        value = value << 8 | from[width];
    }
    return value;
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

void cea_stop(struct run *run, enum cea_outcome outcome, uint32_t call, uint32_t detail)
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
bool cea_note(struct run *run, unsigned number, bool failed, uint32_t error)
{
    struct cea_call *call = &run->shared->call[number];
    if (call->count && call->failed == failed && call->error == error) {
        call->count++;
        return true;
    }
    if (call->count && !end_run(run, number)) {
        cea_stop(run, CEA_OVERFLOW, number, 0);
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
        cea_stop(run, CEA_UNRESOLVED, number, error);
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

bool cea_call(struct run *run, const cea_word *cell)
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
    return cea_note(run, number, failed, error);
}
