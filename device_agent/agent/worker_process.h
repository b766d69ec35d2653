/* The worker as the supervisor sees it: a process that is started, watched, and ended. */
#ifndef CEA_WORKER_PROCESS_H
#define CEA_WORKER_PROCESS_H

#include "debugger.h"
#include "program.h"
#include "settings.h"

/* Makes what a worker shares with the supervisor. `boot` gives it its names. False: last error. */
bool worker_prepare(const struct settings *settings, uint32_t boot);

/* Starts a worker and waits until it is ready for its first program. False: last error, or the exit code of a worker
 * that came to its end before. Nothing of a program has been executed then. */
bool worker_start(void);

/* Whether workers run under the debugger interface: known after the first start. */
bool worker_debugged(void);

/* Null: there is none. Signalled: it has ended. */
HANDLE worker_handle(void);

/* Auto-reset event: it may have executed its program, worker_finished tells. */
HANDLE worker_done(void);
bool worker_finished(void);

/* What both processes see. Other memory after worker_gone, if the worker could not be ended. Null: there is none to be
 * had now, last error. */
struct cea_shared *worker_memory(void);

/* A number of this memory. Other memory has another one; where it is mapped may be the same. */
uint32_t worker_place(void);

void worker_run(void);

/* Ends it by force, and waits for its end. worker_gone is to be called in any case. */
void worker_kill(void);

/* Asks an idle one to leave, so that its modules see their process end in order, or ends it by force. */
void worker_dismiss(void);

/* How it came to its end by itself; false if an exit code is all there is. */
bool worker_fault(struct fault *fault);
DWORD worker_exit_code(void);

/* Forgets it, with everything it has left behind. */
void worker_gone(void);

#endif
