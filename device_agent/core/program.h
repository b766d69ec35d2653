/* A checked program, and everything that running it leaves behind.
 *
 * The supervisor fills `struct cea_shared` from a `run` message (check.h), the
 * worker executes it (interpret.h), the supervisor makes the answer of it
 * (answer.h). It lies in memory that both processes map, at different addresses: there is
 * no pointer in it, only offsets. What the worker has written stays readable when
 * the worker is gone. */
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
    CEA_SUBTRACT  /* a, b to slot */
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
    CEA_OVERFLOW
};

struct cea_export {
    cea_word address; /* in the worker; 0: not resolved yet */
    char name[CEA_NAME];
    uint16_t reader, setter; /* entries, or CEA_EXPORTS: GetLastError, SetLastError of coredll */
    uint8_t fails;
    bool defined;
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
    uint32_t offset, size; /* in the arena */
    bool returned;
};

struct cea_kept {
    uint32_t number, offset, size;
};

struct cea_shared {
    struct cea_export exports[CEA_EXPORTS]; /* of the session */
    struct cea_kept kept[CEA_KEPT];         /* of the worker */
    uint32_t kept_count;

    /* The program. */
    uint32_t calls, buffer_count;
    uint32_t deadline; /* milliseconds */
    bool fresh;
    struct cea_buffer buffers[CEA_BUFFERS];

    /* What came of it. */
    volatile uint32_t current;  /* call that was begun last */
    volatile uint32_t reached;  /* one more than the highest call that ran */
    volatile uint32_t runs;
    volatile uint32_t outcome, outcome_call, outcome_detail;
    struct cea_call call[CEA_SLOTS];
    struct cea_run run[CEA_RUNS];
    cea_word slot[CEA_SLOTS];

    volatile bool leave; /* the worker is to end instead of running the program */
    cea_word code[CEA_CODE];
    cea_word arena[CEA_ARENA / sizeof(cea_word)]; /* words, for their alignment */
};

/* A device spares half a megabyte for the agent: this, the image and the stacks. */
typedef char cea_shared_is_small[sizeof(struct cea_shared) <= (CEA_WORD == 4 ? 280 : 360) * 1024 ? 1 : -1];

#endif
