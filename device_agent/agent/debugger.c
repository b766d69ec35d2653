/* DEBUG_EVENT and its parts have the same members on Windows CE (ms885195, ms885214) and on desktop Windows. */
#include "debugger.h"

#include <string.h>

enum {
    EXCEPTION_DEBUG_EVENT = 1,
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
        HANDLE file;        /* of a created process, of a loaded DLL */
        uintptr_t room[32]; /* more than any event needs */
    } u;
};

static BOOL (*wait_for)(struct debug_event *, DWORD milliseconds);
static BOOL (*go_on)(DWORD process, DWORD thread, DWORD how);

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

static DWORD watch(void *unused)
{
    struct debug_event event;
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
        } else if ((event.code == CREATE_PROCESS_DEBUG_EVENT || event.code == LOAD_DLL_DEBUG_EVENT) && event.u.file) {
            CloseHandle(event.u.file); /* ours; always null on CE */
        }
        if (!go_on(event.process, event.thread, how) || event.code == EXIT_PROCESS_DEBUG_EVENT) {
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
