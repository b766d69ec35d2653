#include "link.h"

#include <string.h>

enum {
    LEAVE_MS = 10000,
    CHUNK = 1024,
    IDLE_MS = 50,
    NEWCOMER = 128 /* bytes on the line of the longest frame from a connection that has shown no key: hello, proof */
};

static const struct medium *medium;
/* One is filled with frames of the session's connection. The other one holds what the supervisor is looking at. */
static struct cea_decoder decoders[2], *filling = decoders;
static uint32_t filled_from; /* connection that `filling` belongs to */
static struct {
    uint8_t bytes[NEWCOMER];
    uint32_t length; /* NEWCOMER: too long, to be dropped */
    uint32_t from;
} newcomer;
static struct {
    const struct cea_decoder *frame; /* null: none */
    uint32_t from;
} handed;
static CRITICAL_SECTION lock; /* of `handed`; orders the memory behind it on more than one core */
static HANDLE came, room;
static volatile bool leaving; /* the link is to be let go of */
static HANDLE left, back;     /* events: it is closed; it may be opened again */
static volatile bool renewed = true; /* the line was opened since the last frame was sent */
static DWORD last_sent;
static uint32_t last_to;

/* For the decoder that is not being filled. */
static void wait_for_room(void)
{
    for (;;) {
        EnterCriticalSection(&lock);
        bool free = !handed.frame;
        LeaveCriticalSection(&lock);
        if (free) {
            return;
        }
        WaitForSingleObject(room, (DWORD)INFINITE);
    }
}

static void hand_over(const struct cea_decoder *frame, uint32_t from)
{
    EnterCriticalSection(&lock);
    handed.frame = frame;
    handed.from = from;
    LeaveCriticalSection(&lock);
    os_event_set(came);
}

static struct cea_decoder *other(void)
{
    return filling == decoders ? decoders + 1 : decoders;
}

static void take_of_session(uint8_t byte)
{
    if (cea_frame_take(filling, byte)) {
        wait_for_room();
        hand_over(filling, filled_from);
        filling = other();
        cea_frame_restart(filling);
    }
}

/* Strangers get no decoder to keep: nothing that they leave unfinished stands in the session's way. */
static void take_of_newcomer(uint8_t byte)
{
    if (byte && newcomer.length < NEWCOMER) {
        newcomer.bytes[newcomer.length++] = byte;
    } else if (!byte) {
        uint32_t length = newcomer.length;
        newcomer.length = 0;
        if (length && length < NEWCOMER) {
            wait_for_room();
            struct cea_decoder *decoder = other();
            cea_frame_restart(decoder);
            for (uint32_t i = 0; i < length; i++) {
                cea_frame_take(decoder, newcomer.bytes[i]);
            }
            if (cea_frame_take(decoder, 0)) {
                hand_over(decoder, newcomer.from);
            }
        }
    }
}

static void stay_away(void)
{
    medium->close();
    os_event_set(left);
    while (leaving) {
        WaitForSingleObject(back, (DWORD)INFINITE);
    }
    cea_frame_restart(filling);
    newcomer.length = 0;
    renewed = true;
}

static DWORD reader(void *unused)
{
    static uint8_t chunk[CHUNK];
    struct origin from;
    (void)unused;
    for (;;) {
        DWORD got = medium->read(chunk, CHUNK, &from);
        if (leaving) {
            stay_away();
            continue;
        }
        if (got == MEDIUM_SILENCE) {
            continue;
        }
        if (from.proven && (!got || from.connection != filled_from)) {
            cea_frame_restart(filling);
            filled_from = from.connection;
            renewed = true;
        }
        if (!from.proven && from.connection != newcomer.from) {
            newcomer.from = from.connection;
            newcomer.length = 0;
        }
        for (DWORD i = 0; i < got; i++) {
            if (from.proven) {
                take_of_session(chunk[i]);
            } else {
                take_of_newcomer(chunk[i]);
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
    left = CreateEventW(NULL, 0, 0, NULL);
    back = CreateEventW(NULL, 0, 0, NULL);
    if (!came || !room || !left || !back) {
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

size_t link_take(const uint8_t **bytes, uint32_t *from)
{
    EnterCriticalSection(&lock);
    const struct cea_decoder *frame = handed.frame;
    *from = handed.from;
    LeaveCriticalSection(&lock);
    if (!frame) {
        return 0;
    }
    *bytes = frame->bytes;
    return frame->length;
}

void link_release(void)
{
    EnterCriticalSection(&lock);
    handed.frame = NULL;
    LeaveCriticalSection(&lock);
    os_event_set(room);
}

void link_send(uint32_t to, const struct cea_reply *reply)
{
    static uint8_t frame[CEA_STUFFED];
    if (!reply->length) {
        return;
    }
    bool idle = renewed || to != last_to || GetTickCount() - last_sent >= IDLE_MS;
    renewed = false;
    medium->write(to, frame, (DWORD)cea_frame_encode(frame, reply->body, reply->length, reply->check,
                                                     reply->check_length, idle));
    last_sent = GetTickCount();
    last_to = to;
}

bool link_let_go(void)
{
    os_event_reset(left);
    leaving = true;
    link_release(); /* what has come is not wanted any more, and the reader waits for nobody */
    bool gone = WaitForSingleObject(left, LEAVE_MS) == WAIT_OBJECT_0;
    link_release();
    return gone;
}

void link_take_back(void)
{
    leaving = false;
    os_event_set(back);
}

void link_adopt(uint32_t connection)
{
    medium->adopt(connection);
}
