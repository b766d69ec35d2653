/* Where Windows CE and desktop Windows differ: ce.c and win32.c each define all of this.
 * The entry point is theirs too; it calls agent_main. */
#ifndef CEA_PLATFORM_H
#define CEA_PLATFORM_H

#include "win.h"

#include "cea.h"

/* agent/main.c. `words`: the command line without the program's own name. Its result is the exit code. */
DWORD agent_main(const WCHAR *words);

enum { CEA_MODULE = 64 }; /* WCHARs for a module or export name */

void os_event_set(HANDLE event);
void os_event_reset(HANDLE event);

/* Starts `image` (a full path); 0 on failure. `debugged`: the calling thread gets its debug events. */
HANDLE os_process_start(const WCHAR *image, const WCHAR *words, bool debugged);

/* Whether the system raises this exception in no process but a debugged one, where a call would only fail. */
bool os_raised_for_debugger(DWORD code);

/* Ends the calling process, whatever its threads are doing. */
void os_process_end(void);

/* Whether a handle that a debug event brought, and that may have been closed since, stands for that process.
 * CE cannot tell, and closes it as its pages say. */
bool os_process_is(HANDLE handle, DWORD process);

/* Before a worker runs anything: no dialog may hold a process that faults. */
void os_worker_begins(void);

/* Bytes from the system's generator of random numbers. False: it has none, os_random_name says what it is called. */
bool os_random(uint8_t *bytes, DWORD length);
extern const char os_random_name[];

/* An export of a module by name, or null and the last error. `module` without
 * an extension is a DLL. The CE names coredll and ws2 work everywhere. */
HANDLE os_module(const char *module);
void *os_symbol(HANDLE module, const char *name);

/* Serial ports: reading and writing at once from two threads. os_serial_read returns
 * what is there, at least one byte, or 0 after a while. False: the port is gone. os_serial_write sends fewer
 * bytes than it should when the time-outs of the port say so. */
HANDLE os_serial_open(const WCHAR *name);
bool os_serial_read(HANDLE port, void *bytes, DWORD room, DWORD *got);
bool os_serial_write(HANDLE port, const void *bytes, DWORD length, DWORD *sent);

#endif
