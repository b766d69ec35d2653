#include "worker.h"

#include <string.h>

#include "clock.h"
#include "crc32.h"
#include "interpret.h"

/* "ceagent-1a2b3c4d-memory" */
static const WCHAR *object_name(WCHAR *name, uint32_t boot, const WCHAR *ending)
{
    static const WCHAR prefix[] = L"ceagent-";
    WCHAR *at = name + sizeof prefix / sizeof prefix[0] - 1;
    memcpy(name, prefix, sizeof prefix);
    for (int shift = 28; shift >= 0; shift -= 4) {
        *at++ = (WCHAR) "0123456789abcdef"[boot >> shift & 0xF];
    }
    while ((*at++ = *ending++) != 0) {
    }
    return name;
}

bool shared_open(struct shared_objects *objects, uint32_t boot, bool supervisor)
{
    WCHAR name[32];
    HANDLE mapping = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof(struct cea_shared),
                                        object_name(name, boot, L"-memory"));
    if (!mapping) {
        return false;
    }
    objects->memory = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0);
    objects->go = CreateEventW(NULL, 0, 0, object_name(name, boot, L"-go"));
    objects->done = CreateEventW(NULL, 0, 0, object_name(name, boot, L"-done"));
    objects->alive = CreateMutexW(NULL, supervisor, object_name(name, boot, L"-alive"));
    return objects->memory && objects->go && objects->done && objects->alive;
}

static cea_word resolve(const char *name, uint32_t *error)
{
    char module[CEA_NAME];
    size_t length = 0;
    while (name[length] != '!') {
        module[length] = name[length];
        length++;
    }
    module[length] = 0;
    HANDLE handle = os_module(module);
    void *address = handle ? os_symbol(handle, name + length + 1) : NULL;
    if (!address) {
        *error = GetLastError();
    }
    return (cea_word)address;
}

static void rest(uint32_t milliseconds)
{
    Sleep(milliseconds);
}

static CRITICAL_SECTION between_threads;

/* With the stack of the image, which is small. CreateThread writes the number where a debugger looks it up. */
static cea_word begin(uint32_t (*body)(void *), void *context, volatile uint32_t *id, uint32_t *error)
{
    HANDLE thread = CreateThread(NULL, 0, body, context, 0, (DWORD *)id);
    if (!thread) {
        *error = GetLastError();
    }
    return (cea_word)thread;
}

static void join(cea_word thread)
{
    WaitForSingleObject((HANDLE)thread, (DWORD)INFINITE);
    CloseHandle((HANDLE)thread);
}

static void lock(void)
{
    EnterCriticalSection(&between_threads);
}

static void unlock(void)
{
    LeaveCriticalSection(&between_threads);
}

DWORD worker_main(uint32_t boot)
{
    enum { GO, ORPHANED };
    struct shared_objects objects;
    os_worker_begins();
    cea_crc32_prepare();
    clock_prepare();
    if (!shared_open(&objects, boot, false)) {
        return GetLastError();
    }
    InitializeCriticalSection(&between_threads);
    struct cea_machine machine = {resolve, clock_ticks, clock_microseconds, rest, begin, join, lock, unlock, 0, 0};
    machine.get_error = (cea_word)&GetLastError;
    machine.set_error = (cea_word)&SetLastError;
    HANDLE signs[] = {objects.go, objects.alive};
    /* A supervisor that is gone leaves its mutex to us: any answer but "go" ends the worker. */
    while (WaitForMultipleObjects(2, signs, 0, (DWORD)INFINITE) == WAIT_OBJECT_0 + GO && !objects.memory->leave) {
        cea_interpret(objects.memory, &machine);
        os_event_set(objects.done);
    }
    return 0;
}
