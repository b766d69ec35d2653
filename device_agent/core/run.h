/* What interpret.c and call.c share: one thread of a program. */
#ifndef CEA_RUN_H
#define CEA_RUN_H

#include "interpret.h"

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

/* Ends what this thread does with an outcome, if the program has none yet. */
void cea_stop(struct run *run, enum cea_outcome outcome, uint32_t call, uint32_t detail);

/* One more turn of a call or digest; false, and the outcome, when there is no room for what it came to. */
bool cea_note(struct run *run, unsigned number, bool failed, uint32_t error);

/* CEA_CALL at `cell`; false: with an outcome. */
bool cea_call(struct run *run, const cea_word *cell);

/* The value of CEA_LOAD_2 to CEA_LOAD_8. */
cea_word cea_load_number(const uint8_t *from, unsigned width);

/* The value of the operand at `cell`. In the header, since a sweep does little else. */
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
        return cea_load_number(run->arena + value, 2);
    case CEA_LOAD_4:
        return cea_load_number(run->arena + value, 4);
    case CEA_LOAD_8:
        return cea_load_number(run->arena + value, sizeof(cea_word));
    }
    return 0;
}

#endif
