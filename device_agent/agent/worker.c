#include "worker.h"

#include <string.h>

#include "clock.h"
#include "crc32.h"
#include "interpret.h"
#include "names.h"

bool shared_open(struct shared_objects *objects, uint32_t number, bool supervisor)
{
    WCHAR name[OBJECT_NAME];
    memset(objects, 0, sizeof *objects);
    SetLastError(0);
    objects->mapping = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof(struct cea_shared),
                                          object_name(name, number, L"-memory"));
    if (!objects->mapping || (supervisor && GetLastError() == ERROR_ALREADY_EXISTS)) {
        shared_close(objects);
        return false;
    }
    /* The mutex last: it is not closed any more. */
    if ((objects->memory = MapViewOfFile(objects->mapping, FILE_MAP_WRITE, 0, 0, 0)) != NULL &&
        (objects->go = CreateEventW(NULL, 0, 0, object_name(name, number, L"-go"))) != NULL &&
        (objects->done = CreateEventW(NULL, 0, 0, object_name(name, number, L"-done"))) != NULL &&
        (objects->alive = CreateMutexW(NULL, supervisor, object_name(name, number, L"-alive"))) != NULL) {
        return true;
    }
    shared_close(objects);
    return false;
}

void shared_close(struct shared_objects *objects)
{
    DWORD error = GetLastError();
    HANDLE handles[] = {objects->mapping, objects->go, objects->done};
    if (objects->memory) {
        UnmapViewOfFile(objects->memory);
    }
    for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++) {
        if (handles[i]) {
            CloseHandle(handles[i]);
        }
    }
    memset(objects, 0, sizeof *objects);
    SetLastError(error);
}

/* Whatever a call is doing: a supervisor that is gone leaves its mutex to us. A wait that fails says nothing about it:
 * a program has closed the handle before we got here. */
static DWORD watch_supervisor(void *alive)
{
    if (WaitForSingleObject(alive, (DWORD)INFINITE) != WAIT_FAILED) {
        os_process_end();
    }
    return 0;
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

DWORD worker_main(uint32_t number)
{
    struct shared_objects objects;
    os_worker_begins();
    cea_crc32_prepare();
    clock_prepare();
    if (!shared_open(&objects, number, false)) {
        return GetLastError();
    }
    HANDLE watching = CreateThread(NULL, 0, watch_supervisor, objects.alive, 0, NULL);
    if (!watching) {
        return GetLastError();
    }
    CloseHandle(watching);
    InitializeCriticalSection(&between_threads);
    struct cea_machine machine = {resolve, clock_ticks, clock_microseconds, rest, begin, join, lock, unlock, 0, 0};
    machine.get_error = (cea_word)&GetLastError;
    machine.set_error = (cea_word)&SetLastError;
    uint32_t turn = objects.memory->turn;
    os_event_set(objects.done); /* ready */
    while (WaitForSingleObject(objects.go, (DWORD)INFINITE) == WAIT_OBJECT_0 && !objects.memory->leave) {
        if (objects.memory->turn != turn) {
            turn = objects.memory->turn;
            cea_interpret(objects.memory, &machine);
            objects.memory->finished = turn;
            os_event_set(objects.done);
        }
    }
    return 0;
}
