/* The worker process: runs the programs that the supervisor puts into the
 * memory they share. Nothing that a program does can reach the supervisor but
 * through that memory. */
#ifndef CEA_WORKER_H
#define CEA_WORKER_H

#include "platform.h"
#include "program.h"

/* What both processes hold, found by the agent's boot number. */
struct shared_objects {
    struct cea_shared *memory;
    HANDLE go;    /* event: run the program, or leave */
    HANDLE done;  /* event: it ended */
    HANDLE alive; /* mutex: the supervisor owns it as long as it lives */
};

/* False, with the last error, when one of them cannot be had. */
bool shared_open(struct shared_objects *objects, uint32_t boot, bool supervisor);

DWORD worker_main(uint32_t boot);

#endif
