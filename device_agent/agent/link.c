#include "link.h"

#include "medium.h"

enum { QUEUE = 2, CHUNK = 1024, IDLE_MS = 50 };

static const struct medium *medium;
static struct cea_decoder queue[QUEUE]; /* the reader fills one while the supervisor looks at the other */
static volatile uint32_t filled;        /* frames in it */
static uint32_t oldest;                 /* the supervisor's */
static CRITICAL_SECTION lock;           /* of `filled`; orders the memory behind it on more than one core */
static HANDLE came, room;
static volatile bool renewed = true; /* the line was opened since the last frame was sent */
static DWORD last_sent;

/* How many there are now. */
static uint32_t count(int change)
{
    EnterCriticalSection(&lock);
    uint32_t now = filled += (uint32_t)change;
    LeaveCriticalSection(&lock);
    return now;
}

static DWORD reader(void *unused)
{
    static uint8_t chunk[CHUNK];
    uint32_t place = 0;
    (void)unused;
    for (;;) {
        DWORD got = medium->read(chunk, CHUNK);
        if (!got) {
            cea_frame_restart(&queue[place]);
            renewed = true;
        }
        for (DWORD i = 0; i < got; i++) {
            if (cea_frame_take(&queue[place], chunk[i])) {
                place = (place + 1) % QUEUE;
                count(1);
                os_event_set(came);
                while (filled == QUEUE) {
                    WaitForSingleObject(room, (DWORD)INFINITE);
                }
                cea_frame_restart(&queue[place]);
            }
        }
    }
    return 0;
}

bool link_open(const struct settings *settings, const WCHAR **what)
{
    medium = settings->port[0] ? &medium_serial : &medium_tcp;
    if (!medium->open(settings, what)) {
        return false;
    }
    InitializeCriticalSection(&lock);
    *what = L"CreateEventW";
    came = CreateEventW(NULL, 0, 0, NULL);
    room = CreateEventW(NULL, 0, 0, NULL);
    if (!came || !room) {
        return false;
    }
    *what = L"CreateThread";
    HANDLE thread = CreateThread(NULL, 0, reader, NULL, 0, NULL);
    if (thread) {
        CloseHandle(thread);
    }
    return thread != NULL;
}

HANDLE link_event(void)
{
    return came;
}

size_t link_take(const uint8_t **bytes)
{
    if (!count(0)) {
        return 0;
    }
    *bytes = queue[oldest].bytes;
    return queue[oldest].length;
}

void link_release(void)
{
    oldest = (oldest + 1) % QUEUE;
    uint32_t left = count(-1);
    os_event_set(room);
    if (left) {
        os_event_set(came);
    }
}

void link_send(const uint8_t *body, size_t length, uint32_t tag)
{
    static uint8_t frame[CEA_STUFFED];
    bool idle = renewed || GetTickCount() - last_sent >= IDLE_MS;
    renewed = false;
    medium->write(frame, (DWORD)cea_frame_encode(frame, body, length, tag, idle));
    last_sent = GetTickCount();
}
