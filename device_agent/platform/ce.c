/* Windows CE: everything comes from COREDLL.dll, by name. */
#include "platform.h"

IMPORT BOOL EventModify(HANDLE, DWORD);
IMPORT void ExitThread(DWORD);
IMPORT void *GetProcAddressW(HANDLE, const WCHAR *);

enum { EVENT_RESET = 2, EVENT_SET = 3 };
#define THIS_PROCESS ((HANDLE)0x42) /* the pseudo handle that GetCurrentProcess of the SDK stands for */

/* The loader calls the entry point with WinMain's four arguments. */
void WinMainCRTStartup(HANDLE instance, HANDLE previous, const WCHAR *words, int show);
void WinMainCRTStartup(HANDLE instance, HANDLE previous, const WCHAR *words, int show)
{
    (void)instance;
    (void)previous;
    (void)show;
    /* The main thread's exit code is the process's. */
    ExitThread(agent_main(words));
}

void os_event_set(HANDLE event)
{
    EventModify(event, EVENT_SET);
}

void os_event_reset(HANDLE event)
{
    EventModify(event, EVENT_RESET);
}

HANDLE os_process_start(const WCHAR *image, const WCHAR *words, bool debugged)
{
    PROCESS_INFORMATION made;
    DWORD flags = debugged ? DEBUG_ONLY_THIS_PROCESS : 0;
    if (!CreateProcessW(image, (WCHAR *)(uintptr_t)words, NULL, NULL, 0, flags, NULL, NULL, NULL, &made)) {
        return NULL;
    }
    CloseHandle(made.thread);
    return made.process;
}

bool os_raised_for_debugger(DWORD code)
{
    (void)code;
    return false;
}

void os_process_end(void)
{
    TerminateProcess(THIS_PROCESS, 1);
}

bool os_process_is(HANDLE handle, DWORD process)
{
    (void)handle;
    (void)process;
    return false;
}

void os_worker_begins(void)
{
}

const char os_random_name[] = "coredll!CeGenRandom";

bool os_random(uint8_t *bytes, DWORD length)
{
    static BOOL (*generate)(DWORD, uint8_t *);
    if (!generate) {
        generate = (BOOL (*)(DWORD, uint8_t *))os_symbol(os_module("coredll"), "CeGenRandom");
    }
    return generate && generate(length, bytes);
}

static void widen(WCHAR *to, const char *from, size_t room)
{
    while (*from && --room) {
        *to++ = (WCHAR)(uint8_t)*from++;
    }
    *to = 0;
}

HANDLE os_module(const char *module)
{
    WCHAR name[CEA_MODULE + 4];
    WCHAR *end = name;
    bool extended = false;
    widen(name, module, CEA_MODULE);
    for (; *end; end++) {
        extended = extended || *end == '.';
    }
    if (!extended) {
        const WCHAR *extension = L".dll";
        while ((*end++ = *extension++) != 0) {
        }
    }
    return LoadLibraryW(name);
}

void *os_symbol(HANDLE module, const char *name)
{
    WCHAR wide[CEA_MODULE];
    widen(wide, name, CEA_MODULE);
    return GetProcAddressW(module, wide);
}

HANDLE os_serial_open(const WCHAR *name)
{
    return CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
}

/* The usual serial driver lets one thread read while another writes. */
bool os_serial_read(HANDLE port, void *bytes, DWORD room, DWORD *got)
{
    return ReadFile(port, bytes, room, got, NULL) != 0;
}

bool os_serial_write(HANDLE port, const void *bytes, DWORD length, DWORD *sent)
{
    return WriteFile(port, bytes, length, sent, NULL) != 0;
}
