#include "worker_process.h"

#include <string.h>

#include "names.h"
#include "worker.h"

enum {
    READY_MS = 4000, /* for a worker that starts: less than a controller waits beyond a deadline */
    LEAVE_MS = 2000, /* for one that is asked to leave */
    END_MS = 4000,   /* for one that is ended by force */
    IMMORTALS = 4    /* workers that could not be ended, and whose record the debugger may still write */
};

static const struct settings *settings;
static struct shared_objects objects;
static uint32_t number;                /* of the shared objects: the boot number, and one more for every immortal */
static uint32_t turn;                  /* number of the last program */
static unsigned immortals;
static struct fault faults[IMMORTALS]; /* one for each worker that may be alive */
static struct fault *fault = faults;
static bool debugging, settled; /* whether it works is settled once a worker has come up */
static HANDLE worker, watching; /* process, and the thread that debugs it */
static HANDLE never;            /* an event that nobody sets */

bool worker_prepare(const struct settings *read, uint32_t boot)
{
    settings = read;
    number = boot;
    debugging = debugger_prepare();
    never = CreateEventW(NULL, 0, 0, NULL);
    return never && shared_open(&objects, number, true);
}

bool worker_debugged(void)
{
    return debugging;
}

HANDLE worker_handle(void)
{
    return worker;
}

HANDLE worker_done(void)
{
    return objects.done ? objects.done : never;
}

bool worker_finished(void)
{
    return objects.memory && objects.memory->finished == turn;
}

struct cea_shared *worker_memory(void)
{
    if (!objects.memory && !shared_open(&objects, number, true)) {
        return NULL;
    }
    return objects.memory;
}

uint32_t worker_place(void)
{
    return number;
}

static void begin(bool debugged)
{
    WCHAR words[] = L"worker=00000000";
    hexadecimal(words + 7, number);
    memset(fault, 0, sizeof *fault);
    objects.memory->leave = false;
    worker = debugged ? debugger_start(settings->image, words, fault, &watching)
                      : os_process_start(settings->image, words, false);
}

/* Whether it got as far as waiting for a program. */
static bool wait_until_ready(void)
{
    enum { READY, ENDED };
    HANDLE signs[] = {objects.done, worker};
    DWORD sign = WaitForMultipleObjects(2, signs, 0, READY_MS);
    DWORD error = WAIT_TIMEOUT;
    if (sign == WAIT_OBJECT_0 + READY) {
        fault->ready = true;
        return true;
    }
    if (sign == WAIT_OBJECT_0 + ENDED) {
        error = worker_exit_code();
    }
    worker_kill();
    worker_gone();
    SetLastError(error);
    return false;
}

bool worker_start(void)
{
    if (!worker_memory()) {
        return false;
    }
    if (debugging) {
        begin(true);
        if (worker && wait_until_ready()) {
            settled = true;
            return true;
        }
        if (settled || !worker_memory()) {
            return false;
        }
    }
    begin(false);
    if (!worker || !wait_until_ready()) {
        return false;
    }
    debugging = false; /* it was the debugger interface that did not work */
    return true;
}

void worker_run(void)
{
    objects.memory->leave = false; /* the program before may have written there */
    objects.memory->turn = ++turn;
    os_event_set(objects.go);
}

void worker_kill(void)
{
    TerminateProcess(worker, 1);
    WaitForSingleObject(worker, END_MS);
}

void worker_dismiss(void)
{
    objects.memory->leave = true;
    os_event_set(objects.go);
    if (WaitForSingleObject(worker, LEAVE_MS) != WAIT_OBJECT_0) {
        worker_kill();
    }
}

bool worker_fault(struct fault *found)
{
    *found = *fault;
    return fault->seen;
}

DWORD worker_exit_code(void)
{
    DWORD code = 0;
    GetExitCodeProcess(worker, &code);
    return code;
}

/* Memory that such a worker may still write to must not be the next one's. */
static void leave_behind(void)
{
    OutputDebugStringW(L"ceagent: a worker cannot be ended; going on with other shared memory\n");
    shared_close(&objects);
    number++;
    immortals++;
    fault = &faults[immortals % IMMORTALS];
    worker_memory();
}

void worker_gone(void)
{
    bool ended = WaitForSingleObject(worker, 0) == WAIT_OBJECT_0, watched = watching != NULL;
    if (watched) {
        if (ended) {
            watched = WaitForSingleObject(watching, END_MS) != WAIT_OBJECT_0; /* it has the last event to deal with */
        }
        CloseHandle(watching);
        watching = NULL;
    }
    /* Who watches it has use for the handle: closed, its number could become that of the next worker, who would be ended
     * for what this one does. */
    if (!watched) {
        CloseHandle(worker);
    }
    worker = NULL;
    if (ended) {
        os_event_reset(objects.go);
        os_event_reset(objects.done);
    } else {
        leave_behind();
    }
}
