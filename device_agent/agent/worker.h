/* The worker process: runs the programs that the supervisor puts into the
 * memory they share. Nothing that a program does can reach the supervisor but
 * through that memory. */
#ifndef CEA_WORKER_H
#define CEA_WORKER_H

#include "platform.h"
#include "program.h"

/* What both processes hold, found by a number: "ceagent-1a2b3c4d-memory" and so on. */
struct shared_objects {
    HANDLE mapping;
    struct cea_shared *memory;
    HANDLE go;    /* event: run the program, or leave */
    HANDLE done;  /* event: the worker is ready for its first program, or a program ended */
    HANDLE alive; /* mutex: the supervisor owns it as long as it lives */
};

/* False, with the last error, when one of them cannot be had. The supervisor takes none that are there already: they
 * are another agent's. */
bool shared_open(struct shared_objects *objects, uint32_t number, bool supervisor);

/* Everything but the mutex: other processes are to see that its owner lives. */
void shared_close(struct shared_objects *objects);

DWORD worker_main(uint32_t number);

#endif
