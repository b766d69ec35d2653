/* Desktop Windows and Wine, 64 bits. Modules that CE calls coredll and ws2 have other names here. */
#include <string.h>

#include "platform.h"

typedef struct {
    DWORD size;
    void *reserved[3];
    DWORD numbers[8];
    uint16_t show, more;
    void *rest[4];
} STARTUPINFO;

typedef struct {
    uintptr_t internal[2];
    DWORD offset, offset_high;
    HANDLE event;
} OVERLAPPED;

typedef struct {
    DWORD code;
} EXCEPTION_RECORD;

typedef struct {
    EXCEPTION_RECORD *record;
    void *context;
} EXCEPTION_POINTERS;

typedef struct {
    DWORD flags, received, unsent;
} COMSTAT;

IMPORT BOOL ClearCommError(HANDLE, DWORD *, COMSTAT *);
IMPORT void ExitProcess(DWORD);
IMPORT const WCHAR *GetCommandLineW(void);
IMPORT BOOL GetOverlappedResult(HANDLE, OVERLAPPED *, DWORD *, BOOL);
IMPORT DWORD GetProcessId(HANDLE);
IMPORT void *GetProcAddress(HANDLE, const char *);
IMPORT BOOL ResetEvent(HANDLE);
IMPORT DWORD SetErrorMode(DWORD);
IMPORT BOOL SetEvent(HANDLE);
IMPORT void *SetUnhandledExceptionFilter(DWORD (*)(EXCEPTION_POINTERS *));

#define THIS_PROCESS ((HANDLE)(intptr_t)-1)

enum { FILE_FLAG_OVERLAPPED = 0x40000000, ERROR_IO_PENDING = 997, NO_DIALOGS = 0x8003, DETACHED_PROCESS = 8 };

void agent_start(void);
void agent_start(void)
{
    const WCHAR *words = GetCommandLineW();
    bool quoted = false;
    for (; *words && (quoted || *words > ' '); words++) {
        quoted = quoted != (*words == '"');
    }
    ExitProcess(agent_main(words));
}

void os_event_set(HANDLE event)
{
    SetEvent(event);
}

void os_event_reset(HANDLE event)
{
    ResetEvent(event);
}

HANDLE os_process_start(const WCHAR *image, const WCHAR *words, bool debugged)
{
    enum { LINE = 600 };
    WCHAR line[LINE] = L"ceagent ";
    STARTUPINFO startup;
    PROCESS_INFORMATION made;
    for (size_t i = 8; i < LINE - 1 && (line[i] = *words) != 0; i++, words++) {
    }
    memset(&startup, 0, sizeof startup);
    startup.size = sizeof startup;
    /* Without a console: its host would be one more process for every worker. */
    DWORD flags = DETACHED_PROCESS | (debugged ? DEBUG_ONLY_THIS_PROCESS : 0);
    if (!CreateProcessW(image, line, NULL, NULL, 0, flags, NULL, NULL, &startup, &made)) {
        return NULL;
    }
    CloseHandle(made.thread);
    return made.process;
}

/* CloseHandle of what is no handle. */
bool os_raised_for_debugger(DWORD code)
{
    return code == UINT32_C(0xC0000008); /* STATUS_INVALID_HANDLE */
}

void os_process_end(void)
{
    TerminateProcess(THIS_PROCESS, 1);
}

/* Its value may have gone to a new handle, but to none of that process: nobody opens it again. */
bool os_process_is(HANDLE handle, DWORD process)
{
    return GetProcessId(handle) == process;
}

/* As on CE, a process that faults ends with the exception's code. Under a debugger this is not called. */
static DWORD fault(EXCEPTION_POINTERS *pointers)
{
    TerminateProcess(THIS_PROCESS, pointers->record->code);
    return 1;
}

void os_worker_begins(void)
{
    SetErrorMode(NO_DIALOGS);
    SetUnhandledExceptionFilter(fault);
}

const char os_random_name[] = "advapi32!SystemFunction036";

/* RtlGenRandom, under the name by which it is exported. */
bool os_random(uint8_t *bytes, DWORD length)
{
    static uint8_t (*generate)(void *, DWORD);
    if (!generate) {
        generate = (uint8_t (*)(void *, DWORD))os_symbol(os_module("advapi32"), "SystemFunction036");
    }
    return generate && generate(bytes, length);
}

static bool same(const char *text, const char *name)
{
    size_t length = strlen(name);
    return strlen(text) == length && memcmp(text, name, length) == 0;
}

HANDLE os_module(const char *module)
{
    WCHAR wide[CEA_MODULE];
    size_t i = 0;
    if (same(module, "coredll") || same(module, "coredll.dll")) {
        module = "kernel32";
    } else if (same(module, "ws2") || same(module, "ws2.dll")) {
        module = "ws2_32";
    }
    for (; module[i] && i < CEA_MODULE - 1; i++) {
        wide[i] = (WCHAR)(uint8_t)module[i];
    }
    wide[i] = 0;
    return LoadLibraryW(wide);
}

void *os_symbol(HANDLE module, const char *name)
{
    return GetProcAddress(module, name);
}

HANDLE os_serial_open(const WCHAR *name)
{
    WCHAR path[CEA_MODULE] = L"\\\\.\\";
    size_t i = 0;
    for (; name[i] && name[i] != ':' && i < CEA_MODULE - 5; i++) {
        path[4 + i] = name[i];
    }
    path[4 + i] = 0;
    return CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
}

/* Without overlapped operations a blocked read would hold up every write. */
static bool finish(HANDLE port, OVERLAPPED *operation, BOOL begun, DWORD *count)
{
    return (begun || GetLastError() == ERROR_IO_PENDING) && GetOverlappedResult(port, operation, count, 1);
}

/* One byte, and what has come with it: Wine knows no time-outs that end a read with the first byte of many. */
bool os_serial_read(HANDLE port, void *bytes, DWORD room, DWORD *got)
{
    static OVERLAPPED operation;
    COMSTAT status;
    DWORD errors, more = 0;
    if (!operation.event) {
        operation.event = CreateEventW(NULL, 1, 0, NULL);
    }
    if (!finish(port, &operation, ReadFile(port, bytes, 1, NULL, &operation), got)) {
        return false;
    }
    if (*got && ClearCommError(port, &errors, &status) && status.received && room > 1) {
        DWORD part = status.received < room - 1 ? status.received : room - 1;
        if (finish(port, &operation, ReadFile(port, (uint8_t *)bytes + 1, part, NULL, &operation), &more)) {
            *got += more; /* what failed here fails again */
        }
    }
    return true;
}

bool os_serial_write(HANDLE port, const void *bytes, DWORD length, DWORD *sent)
{
    static OVERLAPPED operation;
    if (!operation.event) {
        operation.event = CreateEventW(NULL, 1, 0, NULL);
    }
    return finish(port, &operation, WriteFile(port, bytes, length, NULL, &operation), sent);
}
