/* Watches worker processes through the system's debugger interface, where the image has one: then exceptions
 * arrive with their address, and no error-report dialog holds a process that has faulted. Debug events come to the
 * thread that made the process, so every worker gets one. */
#ifndef CEA_DEBUGGER_H
#define CEA_DEBUGGER_H

#include "platform.h"

/* An exception that nothing in the worker has handled. */
struct fault {
    bool seen;
    bool ready; /* the worker has come to its first program: a breakpoint is no longer the system's own */
    DWORD code, thread;
    uintptr_t address; /* of the instruction */
};

/* False: the image has no debugger interface. */
bool debugger_prepare(void);

/* Starts a process and a thread that watches it until it ends; *thread is a handle to that thread. `fault` must stay
 * where it is until then. 0 on failure, with the last error. */
HANDLE debugger_start(const WCHAR *image, const WCHAR *words, struct fault *fault, HANDLE *thread);

#endif
