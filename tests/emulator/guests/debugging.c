/* A debugger: it starts this program again with what the argument names, and answers its events. The functions
   are looked up: a device without them still loads this program. Layouts as winbase.h of Windows CE has them. */

#include "guest.h"

#define CHECKS 5000
#define NOT_OFFERED 127
#define DEBUG_ONLY_THIS_PROCESS 2
#define DBG_CONTINUE 0x00010002u
#define DBG_EXCEPTION_NOT_HANDLED 0x80010001u

enum { EXCEPTION = 1, CREATE_THREAD, CREATE_PROCESS, EXIT_THREAD, EXIT_PROCESS, LOAD_DLL, UNLOAD_DLL, DEBUG_STRING };

struct debug_event {
    u32 code, process_id, thread_id;
    union {
        struct { u32 code, flags, record, address, count, information[15], first; } exception;
        struct { void *file, *process, *thread, *base; u32 offset, size; void *local, *start, *name; u32 wide; } process;
        struct { void *thread, *local, *start; } thread;
        struct { void *file, *base; } dll;
        struct { void *text; u16 wide, bytes; } string;
        u32 exit_code;
    } u;
};

static int (*wait_for_event)(struct debug_event *, u32);
static int (*continue_event)(u32, u32, u32);
static int (*read_memory)(void *, const void *, void *, u32, u32 *);

static u32 ready(void)
{
    void *coredll = LoadLibraryW(W("coredll.dll"));
    wait_for_event = (int (*)(struct debug_event *, u32))GetProcAddressW(coredll, W("WaitForDebugEvent"));
    continue_event = (int (*)(u32, u32, u32))GetProcAddressW(coredll, W("ContinueDebugEvent"));
    read_memory = (int (*)(void *, const void *, void *, u32, u32 *))GetProcAddressW(coredll, W("ReadProcessMemory"));
    CHECK(sizeof(struct debug_event) == 96);
    return wait_for_event && continue_event && read_memory ? 0 : NOT_OFFERED;
}

static void say(const struct debug_event *event, void *process)
{
    static const u16 *const names[] = {
        L"", L"exception", L"thread", L"process", L"thread ends", L"process ends", L"dll", L"dll goes", L"text",
    };
    u16 text[128], theirs[32];
    u32 got = 0;
    if (event->code == EXCEPTION)
        wsprintfW(text, W("exception %x chance %d"), event->u.exception.code, event->u.exception.first ? 1 : 2);
    else if (event->code == EXIT_PROCESS)
        wsprintfW(text, W("process ends %x"), event->u.exit_code);
    else if (event->code == DEBUG_STRING && event->u.string.bytes <= sizeof theirs
             && read_memory(process, event->u.string.text, theirs, event->u.string.bytes, &got))
        wsprintfW(text, W("text %s"), theirs);
    else
        wsprintfW(text, W("%s"), names[event->code]);
    OutputDebugStringW(text);
}

/* Every event, in order; exceptions are answered with `answer`. The exit code is that of the debugged process. */
static u32 debugged(u32 answer)
{
    struct started child;
    struct debug_event event;
    void *process = 0;
    u32 code, bad = ready();
    if (bad)
        return bad;
    if (!CreateProcessW(W("\\guest.exe"), argument, 0, 0, 0, DEBUG_ONLY_THIS_PROCESS, 0, 0, 0, &child))
        return GetLastError();
    do {
        CHECK(wait_for_event(&event, 20000));
        CHECK(event.process_id == child.process_id);
        if (event.code == CREATE_PROCESS)
            process = event.u.process.process;
        say(&event, process);
        CHECK(continue_event(event.process_id, event.thread_id, event.code == EXCEPTION ? answer : DBG_CONTINUE));
    } while (event.code != EXIT_PROCESS);
    CHECK(WaitForSingleObject(child.process, 20000) == 0);
    CHECK(GetExitCodeProcess(child.process, &code));
    CHECK(CloseHandle(child.process) && CloseHandle(child.thread));
    return code;
}

static u32 debug(void) { return debugged(DBG_EXCEPTION_NOT_HANDLED); }
static u32 debug_and_take(void) { return debugged(DBG_CONTINUE); }

/* Leaves a debugged process behind, stopped at its first event. */
static u32 debug_and_leave(void)
{
    struct started child;
    CHECK(CreateProcessW(W("\\guest.exe"), argument, 0, 0, 0, DEBUG_ONLY_THIS_PROCESS, 0, 0, 0, &child));
    return 0;
}

static u32 five(void *unused)
{
    (void)unused;
    return 5;
}

/* What a debugged process can do beside faulting. */
static u32 eventful(void)
{
    void *thread = CreateThread(0, 0, five, 0, 0, 0), *library;
    u32 code;
    CHECK(WaitForSingleObject(thread, 20000) == 0);
    CHECK(GetExitCodeThread(thread, &code) && code == 5);
    OutputDebugStringW(W("one"));
    library = LoadLibraryW(W("ws2.dll"));
    CHECK(library && FreeLibrary(library));
    return 6;
}

const struct scenario debugger_scenarios[] = {
    {W("debug"), debug},
    {W("debug-and-take"), debug_and_take},
    {W("debug-and-leave"), debug_and_leave},
    {W("eventful"), eventful},
    {0, 0},
};
