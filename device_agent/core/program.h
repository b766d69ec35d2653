/* A checked program, and everything that running it leaves behind.
 *
 * The supervisor makes both structures from a `run` message (check.h), the worker executes what is
 * in `struct cea_shared` (interpret.h), the supervisor makes the answer of both (answer.h).
 *
 * `struct cea_shared` lies in memory that both processes map, at different addresses: there is no
 * pointer in it, only offsets. What the worker has written stays readable when the worker is gone. Whatever a
 * call gone wild may have written there, no count or place that the supervisor relies on is among it: those are in
 * `struct cea_program`, which only the supervisor has. */
#ifndef CEA_PROGRAM_H
#define CEA_PROGRAM_H

#include "cea.h"

enum {
    CEA_NAME = 64,               /* "module!export" with its ending zero */
    CEA_RUNS = CEA_FRAME / 3,    /* more do not fit an answer */
    CEA_CODE = 2 * CEA_FRAME + 2 /* no byte of a message becomes more than two cells */
};

/* A program is a row of cells. An instruction is one cell,
 *     operation | arity << 8 | slot << 16
 * followed by its own cells, then by its operands, two cells each: kind, value. */
enum cea_operation {
    CEA_END,
    CEA_CALL,     /* export; arity operands */
    CEA_REPEAT,   /* counter slot, cell after the loop; count */
    CEA_AGAIN,    /* until (enum cea_until), first cell of the body; until operand */
    CEA_WHEN_OK,  /* cell after the block */
    CEA_FILL,     /* arena offset, size, next call; offset, length, position */
    CEA_DIGEST,   /* arena offset, size; offset, length, start */
    CEA_SLEEP,    /* milliseconds */
    CEA_STORE,    /* arena offset, size, next call, width; offset, value */
    CEA_ADD,      /* a, b to slot */
    CEA_SUBTRACT, /* a, b to slot */
    CEA_THREAD,   /* (slot: its number) cell after its own CEA_END, next call; then its steps */
    CEA_JOIN      /* (slot: number of the thread) */
};

enum cea_until { CEA_UNTIL_COUNT, CEA_UNTIL_FAILURE, CEA_UNTIL_ZERO };

enum cea_operand {
    CEA_CONSTANT, /* the value itself */
    CEA_SLOT,     /* slot number */
    CEA_POINTER,  /* arena offset */
    CEA_LOAD_1,   /* arena offset of a number of 1, 2, 4 or 8 bytes */
    CEA_LOAD_2,
    CEA_LOAD_4,
    CEA_LOAD_8
};

enum cea_fails { CEA_NEVER, CEA_ZERO, CEA_MINUS_ONE, CEA_NONZERO, CEA_NULL_WORD };

/* Numbers of `outcome` on the wire; CEA_DONE is its absence. */
enum cea_outcome {
    CEA_DONE,
    CEA_BLOCKED,
    CEA_FAULTED,
    CEA_EXITED,
    CEA_UNRESOLVED,
    CEA_OUT_OF_RANGE,
    CEA_OVERFLOW,
    CEA_NO_THREAD
};

struct cea_export {
    cea_word address; /* in the worker; 0: not resolved yet */
    char name[CEA_NAME];
    uint16_t reader, setter; /* entries, or CEA_EXPORTS: GetLastError, SetLastError of coredll */
    uint8_t fails;
};

/* One call or digest. `count` turns in a row came to `failed` and `error`;
 * 0 turns: it has not run. */
struct cea_call {
    uint32_t microseconds;
    uint32_t error;
    uint32_t count;
    uint8_t failed;
    uint8_t looped; /* stands inside a repeat */
};

struct cea_run {
    uint32_t count;
    uint32_t error;
    uint16_t call;
    uint16_t failed;
};

struct cea_buffer {
    uint32_t offset, size;      /* in the arena */
    uint32_t init, init_length; /* in the message: what it starts with */
    bool returned;
    bool filled; /* with `init` and zeros; not a kept one of an earlier program */
};

struct cea_kept {
    uint32_t number, offset, size;
};

struct cea_keeping {
    uint32_t count;
    struct cea_kept kept[CEA_KEPT]; /* from the arena's end downward */
};

/* How the worker came to an end before the program did, as the supervisor saw it. All zero: it did not. */
struct cea_end {
    enum cea_outcome outcome; /* CEA_BLOCKED, CEA_FAULTED, CEA_EXITED */
    uint32_t detail;          /* exception or exit code */
    uint32_t thread;          /* the system's number of the thread that faulted; 0: not known */
    bool located;
    cea_word address; /* of the instruction that faulted, if located */
};

/* What the supervisor alone knows. All zero: a new session, a new worker. */
struct cea_program {
    uint32_t defined[CEA_EXPORTS / 32]; /* of the session: a bit for each entry of the table */
    struct cea_export exports[CEA_EXPORTS]; /* the table as a new worker gets it */
    struct cea_keeping keeping;         /* of the worker */

    /* The same, as they will be when the message that was checked takes effect. */
    uint32_t checked_defined[CEA_EXPORTS / 32];
    struct cea_keeping checked_keeping;

    uint32_t calls, slots; /* how many it uses */
    uint32_t deadline;     /* milliseconds */
    bool fresh;            /* to be run by a new worker */
    struct cea_end end;    /* zero from cea_load on; to be filled before cea_answer */
    uint32_t exports_at;   /* where they are in the message; 0: nowhere */
    uint32_t buffer_count;
    struct cea_buffer buffers[CEA_BUFFERS];
};

struct cea_shared {
    struct cea_export exports[CEA_EXPORTS];

    /* What came of the program. */
    volatile uint32_t current[1 + CEA_THREADS]; /* call that each thread began last; the main thread is the first */
    volatile uint32_t joining;                  /* place in `current` of the thread that the main one waits for, or 0 */
    volatile uint32_t thread[CEA_THREADS];      /* the system's numbers of the threads; 0: not begun */
    volatile uint32_t runs;
    volatile uint32_t outcome, outcome_call, outcome_detail; /* the first that a thread found */
    struct cea_call call[CEA_SLOTS];
    struct cea_run run[CEA_RUNS];
    cea_word slot[CEA_SLOTS];

    volatile bool leave; /* the worker is to end instead of running the program */
    /* Numbers of the program to be executed, and of the last one that was: a call gone wild may set any event. */
    volatile uint32_t turn, finished;
    cea_word code[CEA_CODE];
    /* Last, so that a call that writes beyond a buffer soon leaves the mapping. Buffers in it are aligned as it is. */
    cea_word arena[CEA_ARENA / sizeof(cea_word)] __attribute__((aligned(8)));
};

/* A device spares half a megabyte for the agent: this, the image and the stacks. */
typedef char cea_shared_is_small[sizeof(struct cea_shared) <= (CEA_WORD == 4 ? 264 : 360) * 1024 ? 1 : -1];

#endif
