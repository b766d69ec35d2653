/* DEBUG_EVENT and its parts have the same members on Windows CE (ms885195, ms885214) and on desktop Windows. */
#include "debugger.h"

#include <string.h>

enum {
    EXCEPTION_DEBUG_EVENT = 1,
    CREATE_THREAD_DEBUG_EVENT = 2,
    CREATE_PROCESS_DEBUG_EVENT = 3,
    EXIT_PROCESS_DEBUG_EVENT = 5,
    LOAD_DLL_DEBUG_EVENT = 6,
    EXCEPTION_PARAMETERS = 15
};
#define EXCEPTION_BREAKPOINT UINT32_C(0x80000003)
#define DBG_CONTINUE UINT32_C(0x00010002)
#define DBG_EXCEPTION_NOT_HANDLED UINT32_C(0x80010001)

struct exception_info {
    DWORD code, flags;
    void *chained, *address;
    DWORD count;
    uintptr_t parameters[EXCEPTION_PARAMETERS];
    DWORD first_chance;
};

struct debug_event {
    DWORD code, process, thread;
    union {
        struct exception_info exception;
        HANDLE file;   /* of a loaded DLL; null on CE */
        HANDLE thread; /* that was created */
        struct {
            HANDLE file, process, thread; /* file: null on CE */
        } created;
        uintptr_t room[32]; /* more than any event needs */
    } u;
};

static BOOL (*wait_for)(struct debug_event *, DWORD milliseconds);
static BOOL (*go_on)(DWORD process, DWORD thread, DWORD how);

/* ContinueDebugEvent closes the handles that events bring to processes and threads, when these have ended: so say the
 * pages (ms885175), so does Windows. Wine 8 leaves them open: known once the first process has ended. */
static bool handles_stay;

/* What a new thread is given; it has taken everything once `begun` is set. */
static struct {
    const WCHAR *image, *words;
    struct fault *fault;
    HANDLE begun;
    HANDLE process;
    DWORD error;
} request;

bool debugger_prepare(void)
{
    HANDLE module = os_module("coredll");
    wait_for = (BOOL (*)(struct debug_event *, DWORD))os_symbol(module, "WaitForDebugEvent");
    go_on = (BOOL (*)(DWORD, DWORD, DWORD))os_symbol(module, "ContinueDebugEvent");
    request.begun = CreateEventW(NULL, 0, 0, NULL);
    return wait_for && go_on && request.begun;
}

/* What the process is to go on with. */
static DWORD on_exception(const struct debug_event *event, HANDLE process, struct fault *fault, bool *interrupted)
{
    const struct exception_info *exception = &event->u.exception;
    if (exception->code == EXCEPTION_BREAKPOINT && !fault->ready && !*interrupted) {
        *interrupted = true; /* the one by which the system says that the process is loaded */
        return DBG_CONTINUE;
    }
    if (exception->first_chance && os_raised_for_debugger(exception->code)) {
        return DBG_CONTINUE;
    }
    if (exception->first_chance) {
        return DBG_EXCEPTION_NOT_HANDLED; /* a handler of its own may be waiting for it */
    }
    if (!fault->seen) { /* other threads may fault before the process has come to its end */
        fault->code = exception->code;
        fault->address = (uintptr_t)exception->address;
        fault->thread = event->thread;
        fault->seen = true;
    }
    TerminateProcess(process, exception->code);
    return DBG_CONTINUE;
}

static void close_ours(HANDLE handle, bool ours)
{
    if (handle && ours) {
        CloseHandle(handle);
    }
}

static void close_handles(const struct debug_event *event)
{
    if (event->code == LOAD_DLL_DEBUG_EVENT) {
        close_ours(event->u.file, true);
    } else if (event->code == CREATE_THREAD_DEBUG_EVENT) {
        close_ours(event->u.thread, handles_stay);
    } else if (event->code == CREATE_PROCESS_DEBUG_EVENT) {
        close_ours(event->u.created.file, true);
        close_ours(event->u.created.process, handles_stay);
        close_ours(event->u.created.thread, handles_stay);
    }
}

static DWORD watch(void *unused)
{
    struct debug_event event;
    HANDLE open = NULL; /* what may show that handles stay */
    struct fault *fault = request.fault;
    bool interrupted = false;
    (void)unused;
    HANDLE process = os_process_start(request.image, request.words, true);
    request.process = process;
    request.error = GetLastError();
    os_event_set(request.begun);
    if (!process) {
        return 0;
    }
    memset(&event, 0, sizeof event);
    while (wait_for(&event, (DWORD)INFINITE)) {
        DWORD how = DBG_CONTINUE;
        if (event.code == EXCEPTION_DEBUG_EVENT) {
            how = on_exception(&event, process, fault, &interrupted);
        } else if (event.code == CREATE_PROCESS_DEBUG_EVENT && !handles_stay) {
            open = event.u.created.process;
        }
        close_handles(&event);
        if (!go_on(event.process, event.thread, how)) {
            break;
        }
        if (event.code == EXIT_PROCESS_DEBUG_EVENT) {
            handles_stay = handles_stay || (open && os_process_is(open, event.process));
            close_ours(open, handles_stay);
            break;
        }
    }
    return 0;
}

HANDLE debugger_start(const WCHAR *image, const WCHAR *words, struct fault *fault, HANDLE *thread)
{
    request.image = image;
    request.words = words;
    request.fault = fault;
    *thread = CreateThread(NULL, 0, watch, NULL, 0, NULL);
    if (!*thread) {
        return NULL;
    }
    WaitForSingleObject(request.begun, (DWORD)INFINITE);
    if (!request.process) {
        CloseHandle(*thread);
        *thread = NULL;
        SetLastError(request.error);
    }
    return request.process;
}
