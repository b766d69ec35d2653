/* TCP, listening or dialling. There is room for two connections: the session's, and one newcomer that has not
 * shown the key yet. The newest newcomer takes the place of the one before, and no newcomer does anything to the
 * session's until it has shown the key: then it takes its place. */
#include <string.h>

#include "medium.h"
#include "winsock.h"

enum {
    RETRY_MS = 1000, /* after a failure of the network, of the listener or of a call */
    WRITE_MS = 5000, /* a session's connection that takes nothing for so long is closed */
    MOMENT = 5, /* seconds that a wait takes at most; a connection that ends, ends it at once */
    FAILURES = 3
};

enum { SESSION, NEWCOMER, PLACES };

struct place {
    SOCKET socket;
    uint32_t connection; /* counts up; 0: nobody */
    uint32_t heard;      /* bytes */
};

static const struct settings *settings;
static CRITICAL_SECTION lock; /* of `places` */
static struct place places[PLACES];
/* The reader's own. */
static SOCKET listener = INVALID_SOCKET;
static uint32_t connections;
static bool complained, dialled;

static bool listens(void)
{
    return !settings->host[0];
}

static bool tcp_open(const struct settings *read, const WCHAR **what)
{
    settings = read;
    InitializeCriticalSection(&lock);
    if (!winsock_start(what)) {
        return false;
    }
    *what = L"listen";
    listener = listens() ? winsock_listen(settings->tcp) : INVALID_SOCKET;
    /* The port of an agent that has just let go of it may not be free at once: it is tried again every second. */
    return listener != INVALID_SOCKET || !listens() || settings->replaces;
}

/* With the lock held. */
static void leave(struct place *place)
{
    if (place->connection) {
        ws2.closesocket(place->socket);
    }
    place->connection = 0;
}

static void hang_up(uint32_t connection)
{
    EnterCriticalSection(&lock);
    for (int i = 0; i < PLACES; i++) {
        if (places[i].connection == connection) {
            leave(&places[i]);
        }
    }
    LeaveCriticalSection(&lock);
}

static void arrive(SOCKET socket)
{
    winsock_tune(socket);
    EnterCriticalSection(&lock);
    leave(&places[NEWCOMER]);
    places[NEWCOMER].socket = socket;
    places[NEWCOMER].heard = 0;
    places[NEWCOMER].connection = ++connections;
    LeaveCriticalSection(&lock);
}

/* The reader may be waiting for both: its wait goes on with the one that is left, or ends with an error that
 * is looked into. */
static void tcp_adopt(uint32_t connection)
{
    EnterCriticalSection(&lock);
    if (connection && places[NEWCOMER].connection == connection) {
        leave(&places[SESSION]);
        places[SESSION] = places[NEWCOMER];
        places[NEWCOMER].connection = 0;
    }
    LeaveCriticalSection(&lock);
}

/* Both places as they are now; true if there is anybody. */
static bool look(struct place seen[PLACES])
{
    EnterCriticalSection(&lock);
    memcpy(seen, places, sizeof places);
    LeaveCriticalSection(&lock);
    return seen[SESSION].connection || seen[NEWCOMER].connection;
}

/* Makes sure that there is something to wait for. False: not now, nobody is there either. */
static bool prepare(bool anybody)
{
    if (listens() && listener == INVALID_SOCKET) {
        listener = winsock_listen(settings->tcp);
        if (listener == INVALID_SOCKET && !complained) {
            OutputDebugStringW(L"ceagent: cannot listen; trying again every second\n");
        }
        complained = listener == INVALID_SOCKET;
        return anybody || !complained;
    }
    if (!listens() && !anybody) {
        if (dialled) {
            Sleep(RETRY_MS);
        }
        dialled = true;
        SOCKET made = winsock_connect(settings->host, settings->tcp);
        if (made == INVALID_SOCKET) {
            return false; /* the next attempt begins with the pause */
        }
        arrive(made);
    }
    return true;
}

/* After a wait that failed: closes what is broken. */
static void look_into(const struct place seen[PLACES])
{
    for (int i = 0; i < PLACES; i++) {
        if (seen[i].connection && winsock_ready(seen[i].socket, false, 0) < 0) {
            hang_up(seen[i].connection);
        }
    }
    if (listener != INVALID_SOCKET && winsock_ready(listener, false, 0) < 0) {
        ws2.closesocket(listener);
        listener = INVALID_SOCKET;
    }
}

static bool among(const struct socket_set *set, SOCKET socket)
{
    bool found = false;
    for (uint32_t i = 0; i < set->count; i++) {
        found = found || set->socket[i] == socket;
    }
    return found;
}

/* Bytes from a connection, 0 when there are none now or it is not there any more. One that has ended is closed. */
static DWORD receive(uint32_t connection, uint8_t *bytes, DWORD room, struct origin *from)
{
    DWORD got = 0;
    EnterCriticalSection(&lock);
    for (int i = 0; i < PLACES; i++) {
        struct place *place = &places[i];
        if (!connection || place->connection != connection) {
            continue;
        }
        int result = ws2.recv(place->socket, bytes, (int)room, 0);
        if (result > 0) {
            from->connection = connection;
            from->proven = i == SESSION;
            place->heard += (uint32_t)result;
            got = (DWORD)result;
        }
        bool over = i == NEWCOMER && place->heard > MEDIUM_UNPROVEN;
        if (over || result == 0 || (result < 0 && ws2.WSAGetLastError() != WSAEWOULDBLOCK)) {
            leave(place);
        }
    }
    LeaveCriticalSection(&lock);
    return got;
}

/* The newest caller, if there still is one. */
static void answer_call(void)
{
    SOCKET newest = ws2.accept(listener, NULL, NULL);
    if (newest != INVALID_SOCKET) {
        arrive(newest);
        return;
    }
    int error = ws2.WSAGetLastError();
    if (error != WSAEWOULDBLOCK && error != WSAECONNABORTED && error != WSAECONNRESET) {
        Sleep(RETRY_MS); /* no socket to be had now: do not spin */
    }
}

static DWORD tcp_read(uint8_t *bytes, DWORD room, struct origin *from)
{
    static const struct period second = {1, 0}, moment = {MOMENT, 0};
    static unsigned failures; /* of waits, in a row */
    static int first;         /* whose turn it is when both have sent something */
    struct place seen[PLACES];
    for (;;) {
        bool anybody = look(seen);
        if (!prepare(anybody)) {
            if (listens()) {
                Sleep(RETRY_MS);
            }
            return MEDIUM_SILENCE;
        }
        struct socket_set ready;
        ready.count = 0;
        look(seen);
        if (listener != INVALID_SOCKET) {
            ready.socket[ready.count++] = listener;
        }
        for (int i = 0; i < PLACES; i++) {
            if (seen[i].connection) {
                ready.socket[ready.count++] = seen[i].socket;
            }
        }
        if (!ready.count) {
            continue;
        }
        int count = ws2.select(0, &ready, NULL, NULL, listens() && listener == INVALID_SOCKET ? &second : &moment);
        if (count == 0) {
            return MEDIUM_SILENCE;
        }
        if (count < 0) {
            look_into(seen);
            if (++failures > FAILURES) {
                Sleep(RETRY_MS); /* the network is gone, not a socket: do not spin */
            }
            continue;
        }
        failures = 0;
        if (listener != INVALID_SOCKET && among(&ready, listener)) {
            answer_call();
        }
        first = !first;
        for (int i = 0; i < PLACES; i++) {
            const struct place *place = &seen[i ^ first];
            if (place->connection && among(&ready, place->socket)) {
                DWORD got = receive(place->connection, bytes, room, from);
                if (got) {
                    return got;
                }
            }
        }
        return MEDIUM_SILENCE;
    }
}

static void tcp_close(void)
{
    EnterCriticalSection(&lock);
    for (int i = 0; i < PLACES; i++) {
        leave(&places[i]);
    }
    LeaveCriticalSection(&lock);
    if (listener != INVALID_SOCKET) {
        ws2.closesocket(listener);
        listener = INVALID_SOCKET;
    }
}

/* One attempt: bytes sent, 0 when there is no room for any now, -1 when there is no such connection any more. */
static int send_some(uint32_t connection, const uint8_t *bytes, DWORD length, SOCKET *socket)
{
    int sent = -1;
    EnterCriticalSection(&lock);
    for (int i = 0; i < PLACES; i++) {
        if (connection && places[i].connection == connection) {
            *socket = places[i].socket;
            sent = ws2.send(*socket, bytes, (int)length, 0);
            sent = sent < 0 && ws2.WSAGetLastError() == WSAEWOULDBLOCK ? 0 : sent;
        }
    }
    LeaveCriticalSection(&lock);
    return sent;
}

static void tcp_write(uint32_t connection, const uint8_t *bytes, DWORD length)
{
    struct place seen[PLACES];
    look(seen);
    if (connection == MEDIUM_SESSION) {
        connection = seen[SESSION].connection;
    }
    if (!connection) {
        return; /* it was closed; its controller will come back and ask again */
    }
    /* Nobody waits for a stranger. */
    DWORD patience = connection == seen[SESSION].connection ? WRITE_MS : 0;
    while (length) {
        SOCKET socket;
        int sent = send_some(connection, bytes, length, &socket);
        if (sent < 0 || (sent == 0 && winsock_ready(socket, true, patience) <= 0)) {
            hang_up(connection); /* half a frame has gone: what follows would make no sense */
            return;
        }
        bytes += sent;
        length -= (DWORD)sent;
    }
}

const struct medium medium_tcp = {tcp_open, tcp_read, tcp_write, tcp_adopt, tcp_close};
