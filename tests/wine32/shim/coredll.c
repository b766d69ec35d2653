/* COREDLL.dll for 32-bit Wine: what has to be more than the adapter of adapter.s, which calls the desktop's export of
 * the same name. On x86, Windows CE calls everything __cdecl, the desktop its API __stdcall. */
#include <stddef.h>
#include <stdint.h>

typedef void *HANDLE;
typedef uint32_t DWORD;
typedef int32_t BOOL;
typedef wchar_t WCHAR;

#define DESKTOP __stdcall
/* The slot of the import table: a declaration with this CPU's decoration of names would not find it. */
#define IMPORTED(result, name, ...)                                                                                    \
    extern result(DESKTOP *const _imp__##name)(__VA_ARGS__);                                                           \
    static result(DESKTOP *const *const at_##name)(__VA_ARGS__) = &_imp__##name
#define CALL(name) (*at_##name)

typedef struct {
    DWORD size;
    void *reserved[3];
    DWORD numbers[8];
    uint16_t show, more;
    void *rest[4];
} STARTUPINFO;

typedef struct {
    struct {
        DWORD code;
    } *record;
    void *context;
} EXCEPTION_POINTERS;

struct debug_event {
    DWORD code, process, thread, exception; /* and more */
};

IMPORTED(BOOL, ContinueDebugEvent, DWORD, DWORD, DWORD);
IMPORTED(BOOL, CreateProcessW, const WCHAR *, WCHAR *, void *, void *, BOOL, DWORD, void *, void *, STARTUPINFO *,
         void *);
IMPORTED(HANDLE, CreateThread, void *, DWORD, DWORD(DESKTOP *)(void *), void *, DWORD, DWORD *);
IMPORTED(BOOL, DuplicateHandle, HANDLE, HANDLE, HANDLE, HANDLE *, DWORD, BOOL, DWORD);
IMPORTED(void, ExitProcess, DWORD);
IMPORTED(void, ExitThread, DWORD);
IMPORTED(const WCHAR *, GetCommandLineW, void);
IMPORTED(DWORD, GetCurrentThreadId, void);
IMPORTED(HANDLE, GetModuleHandleW, const WCHAR *);
IMPORTED(void *, GetProcAddress, HANDLE, const char *);
IMPORTED(HANDLE, GetProcessHeap, void);
IMPORTED(void *, HeapAlloc, HANDLE, DWORD, size_t);
IMPORTED(BOOL, HeapFree, HANDLE, DWORD, void *);
IMPORTED(BOOL, PulseEvent, HANDLE);
IMPORTED(BOOL, ResetEvent, HANDLE);
IMPORTED(DWORD, SetErrorMode, DWORD);
IMPORTED(BOOL, SetEvent, HANDLE);
IMPORTED(void, SetLastError, DWORD);
IMPORTED(void *, SetUnhandledExceptionFilter, DWORD(DESKTOP *)(EXCEPTION_POINTERS *));
IMPORTED(uint8_t, SystemFunction036, void *, DWORD); /* RtlGenRandom */
IMPORTED(BOOL, TerminateProcess, HANDLE, DWORD);
IMPORTED(DWORD, TlsAlloc, void);
IMPORTED(BOOL, TlsFree, DWORD);
IMPORTED(BOOL, VirtualProtect, void *, size_t, DWORD, DWORD *);
IMPORTED(BOOL, WaitForDebugEvent, struct debug_event *, DWORD);

#define STATUS_INVALID_HANDLE UINT32_C(0xC0000008)
#define THIS_PROCESS ((HANDLE)-1)
#define THIS_THREAD ((HANDLE)-2)
enum {
    CE_THREAD = 0x41, /* what GetCurrentThread and GetCurrentProcess of CE's headers stand for */
    CE_PROCESS = 0x42,
    EXCEPTION_DEBUG_EVENT = 1,
    DBG_CONTINUE = 0x10002,
    ERROR_INVALID_PARAMETER = 87,
    ERROR_BAD_PATHNAME = 161,
    NO_DIALOGS = 0x8003,
    DETACHED_PROCESS = 8,
    PROCESS_ATTACH = 1,
    PAGE_EXECUTE_READWRITE = 0x40,
    JUMP = 5, /* bytes */
    NAME = 256,
    LINE = 1024
};

/* For adapter.s too. */
HANDLE desktop_handle(HANDLE handle)
{
    return handle == (HANDLE)CE_THREAD ? THIS_THREAD : handle == (HANDLE)CE_PROCESS ? THIS_PROCESS : handle;
}

/* The desktop raises an exception in a debugged process that closes what is no handle; CE only fails the call. */
BOOL ce_WaitForDebugEvent(struct debug_event *event, DWORD milliseconds)
{
    BOOL found;
    while ((found = CALL(WaitForDebugEvent)(event, milliseconds)) && event->code == EXCEPTION_DEBUG_EVENT &&
           event->exception == STATUS_INVALID_HANDLE) {
        CALL(ContinueDebugEvent)(event->process, event->thread, DBG_CONTINUE);
    }
    return found;
}

BOOL ce_DuplicateHandle(HANDLE owner, HANDLE handle, HANDLE receiver, HANDLE *made, DWORD access, BOOL inherit,
                        DWORD options)
{
    return CALL(DuplicateHandle)(desktop_handle(owner), desktop_handle(handle), desktop_handle(receiver), made, access,
                                 inherit, options);
}

/* What SetEvent, ResetEvent and PulseEvent are on CE. */
BOOL ce_EventModify(HANDLE event, DWORD what)
{
    switch (what) {
    case 1:
        return CALL(PulseEvent)(event);
    case 2:
        return CALL(ResetEvent)(event);
    case 3:
        return CALL(SetEvent)(event);
    }
    CALL(SetLastError)(ERROR_INVALID_PARAMETER);
    return 0;
}

DWORD ce_TlsCall(DWORD what, DWORD slot)
{
    return what ? (DWORD)CALL(TlsFree)(slot) : CALL(TlsAlloc)();
}

int32_t ce_InterlockedTestExchange(int32_t *at, int32_t old, int32_t new)
{
    return __sync_val_compare_and_swap(at, old, new);
}

BOOL ce_CeGenRandom(DWORD length, void *bytes)
{
    return CALL(SystemFunction036)(bytes, length);
}

/* Every program of the desktop is trusted. */
DWORD ce_CeGetCurrentTrust(void)
{
    return 2;
}

/* The host does not fall asleep. */
void ce_SystemIdleTimerReset(void)
{
}

void *ce_GetProcAddressA(HANDLE module, const char *name)
{
    return CALL(GetProcAddress)(module, name);
}

void *ce_GetProcAddressW(HANDLE module, const WCHAR *name)
{
    char narrow[NAME];
    size_t i = 0;
    if ((uintptr_t)name < 0x10000) {
        return CALL(GetProcAddress)(module, (const char *)name);
    }
    for (; name[i] && i < NAME - 1; i++) {
        narrow[i] = name[i] < 0x80 ? (char)name[i] : '?';
    }
    narrow[i] = 0;
    return CALL(GetProcAddress)(module, narrow);
}

/* On CE the line holds no program name, and there is no startup information. */
BOOL ce_CreateProcessW(const WCHAR *image, const WCHAR *words, void *process_security, void *thread_security,
                       BOOL inherit, DWORD flags, void *environment, void *directory, STARTUPINFO *startup, void *made)
{
    WCHAR line[LINE];
    STARTUPINFO none = {.size = sizeof none};
    size_t end = 0;
    line[end++] = '"';
    for (const WCHAR *from = image; from && *from && end < LINE - 3; from++) {
        line[end++] = *from;
    }
    line[end++] = '"';
    line[end++] = ' ';
    for (const WCHAR *from = words; from && *from; from++) {
        if (end == LINE - 1) {
            CALL(SetLastError)(ERROR_BAD_PATHNAME);
            return 0;
        }
        line[end++] = *from;
    }
    line[end] = 0;
    return CALL(CreateProcessW)(image, line, process_security, thread_security, inherit, flags | DETACHED_PROCESS,
                                environment, directory, startup ? startup : &none, made);
}

struct start {
    DWORD (*function)(void *);
    void *parameter;
};

static DWORD DESKTOP run(void *given)
{
    struct start start = *(struct start *)given;
    CALL(HeapFree)(CALL(GetProcessHeap)(), 0, given);
    return start.function(start.parameter);
}

HANDLE ce_CreateThread(void *security, DWORD stack, DWORD (*function)(void *), void *parameter, DWORD flags,
                       DWORD *number)
{
    struct start *start = CALL(HeapAlloc)(CALL(GetProcessHeap)(), 0, sizeof *start);
    HANDLE made = NULL;
    if (start) {
        start->function = function;
        start->parameter = parameter;
        made = CALL(CreateThread)(security, stack, run, start, flags, number);
    }
    if (start && !made) {
        CALL(HeapFree)(CALL(GetProcessHeap)(), 0, start);
    }
    return made;
}

static DWORD main_thread;

/* On CE a process ends with its main thread. */
void ce_ExitThread(DWORD code)
{
    if (CALL(GetCurrentThreadId)() == main_thread) {
        CALL(ExitProcess)(code);
    }
    CALL(ExitThread)(code);
}

/* As on CE, a process that faults without a debugger ends with the exception's code. */
static DWORD DESKTOP fault(EXCEPTION_POINTERS *pointers)
{
    CALL(TerminateProcess)(THIS_PROCESS, pointers->record->code);
    return 1;
}

static uint8_t *entry, original[JUMP];

static void put(const uint8_t *bytes)
{
    DWORD before;
    CALL(VirtualProtect)(entry, JUMP, PAGE_EXECUTE_READWRITE, &before);
    for (size_t i = 0; i < JUMP; i++) {
        entry[i] = bytes[i];
    }
    CALL(VirtualProtect)(entry, JUMP, before, &before);
}

/* Where the desktop enters the program: CE gives it WinMain's arguments. */
static void begin(void)
{
    const WCHAR *words = CALL(GetCommandLineW)();
    for (BOOL quoted = 0; *words && (quoted || *words > ' '); words++) {
        quoted = quoted != (*words == '"');
    }
    while (*words == ' ') {
        words++;
    }
    put(original);
    CALL(ExitProcess)(((DWORD(*)(HANDLE, HANDLE, const WCHAR *, int))(uintptr_t)entry)(CALL(GetModuleHandleW)(NULL),
                                                                                      NULL, words, 1));
}

/* Comes before the program's entry point is called, which leads to `begin` from then on. */
BOOL DESKTOP DllMain(HANDLE module, DWORD reason, void *reserved)
{
    (void)module;
    (void)reserved;
    if (reason == PROCESS_ATTACH) {
        uint8_t jump[JUMP] = {0xE9};
        uint8_t *image = CALL(GetModuleHandleW)(NULL);
        entry = image + *(DWORD *)(image + *(DWORD *)(image + 0x3C) + 24 + 16);
        DWORD distance = (DWORD)((uint8_t *)(uintptr_t)begin - (entry + JUMP));
        for (size_t i = 0; i < JUMP; i++) {
            original[i] = entry[i];
        }
        for (size_t i = 1; i < JUMP; i++, distance >>= 8) {
            jump[i] = (uint8_t)distance;
        }
        put(jump);
        main_thread = CALL(GetCurrentThreadId)();
        CALL(SetErrorMode)(NO_DIALOGS);
        CALL(SetUnhandledExceptionFilter)(fault);
    }
    return 1;
}
