/* Runs a checked program. */
#ifndef CEA_INTERPRET_H
#define CEA_INTERPRET_H

#include "program.h"

/* A setter is given this before a call whose failure is of interest. */
#define CEA_SENTINEL UINT32_C(0x2000BEEF)

/* What a program touches outside its own memory. */
struct cea_machine {
    /* Address of "module!export", or 0 with the reason (a last error) in *error. */
    cea_word (*resolve)(const char *name, uint32_t *error);
    uint32_t (*ticks)(void);                  /* a clock */
    uint32_t (*microseconds)(uint32_t ticks); /* and what a difference of it means */
    void (*sleep)(uint32_t milliseconds);
    /* Runs body(context) in a thread of its own and puts the system's number of it into *id, before or while it runs.
     * A handle for `join`, or 0 with the reason (a last error) in *error. */
    cea_word (*start)(uint32_t (*body)(void *), void *context, volatile uint32_t *id, uint32_t *error);
    void (*join)(cea_word thread); /* waits for its end; the handle is not used again */
    void (*lock)(void);            /* between the threads of a program */
    void (*unlock)(void);
    cea_word get_error, set_error; /* functions: uint32_t (void), void (uint32_t) */
};

/* From the first step to the end or the first outcome that ends a program, and to the end of its threads.
 * Everything it finds out goes into `shared` as it goes. */
void cea_interpret(struct cea_shared *shared, const struct cea_machine *machine);

#endif
