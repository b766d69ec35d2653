/* A TCP port to listen on. The newest connection wins: a controller that comes back after a
 * broken connection is not kept out by the old one. ws2 is loaded at run time. */
#include <string.h>

#include "medium.h"

enum { RETRY_MS = 1000 };

typedef uintptr_t SOCKET;
#define INVALID_SOCKET (~(SOCKET)0)

struct address {
    uint16_t family, port_be;
    uint32_t ip_be;
    uint8_t zero[8];
};

struct socket_set {
    uint32_t count;
    SOCKET socket[64];
};

/* Loaded in this order. */
static struct {
    int (*WSAStartup)(uint16_t, void *);
    SOCKET (*socket)(int, int, int);
    int (*bind)(SOCKET, const struct address *, int);
    int (*listen)(SOCKET, int);
    SOCKET (*accept)(SOCKET, void *, int *);
    int (*recv)(SOCKET, uint8_t *, int, int);
    int (*send)(SOCKET, const uint8_t *, int, int);
    int (*closesocket)(SOCKET);
    int (*setsockopt)(SOCKET, int, int, const void *, int);
    int (*select)(int, struct socket_set *, struct socket_set *, struct socket_set *, void *);
    int (*WSAGetLastError)(void);
} ws2;
static const char *const names[] = {"WSAStartup", "socket",      "bind",       "listen", "accept",         "recv",
                                    "send",       "closesocket", "setsockopt", "select", "WSAGetLastError"};

static SOCKET listener = INVALID_SOCKET;
static volatile SOCKET connection = INVALID_SOCKET;

static bool tcp_load(const WCHAR **what)
{
    HANDLE module = os_module("ws2");
    *what = L"ws2.dll";
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        void *address = module ? os_symbol(module, names[i]) : NULL;
        if (!address) {
            return false;
        }
        memcpy((uint8_t *)&ws2 + i * sizeof address, &address, sizeof address);
    }
    return true;
}

static bool tcp_open(const struct settings *settings, const WCHAR **what)
{
    static uint64_t data[64]; /* WSADATA */
    struct address address;
    if (!tcp_load(what)) {
        return false;
    }
    int error = ws2.WSAStartup(0x0202, data);
    *what = L"WSAStartup";
    if (error) {
        SetLastError((DWORD)error);
        return false;
    }
    memset(&address, 0, sizeof address);
    address.family = 2;
    address.port_be = (uint16_t)(settings->tcp >> 8 | settings->tcp << 8);
    listener = ws2.socket(2, 1, 6);
    *what = L"listen";
    if (listener == INVALID_SOCKET || ws2.bind(listener, &address, sizeof address) || ws2.listen(listener, 2)) {
        SetLastError((DWORD)ws2.WSAGetLastError());
        return false;
    }
    return true;
}

static void take_up(SOCKET newest)
{
    SOCKET old = connection;
    connection = newest;
    if (old != INVALID_SOCKET) {
        ws2.closesocket(old); /* a write that waits in it fails */
    }
}

static void hang_up(void)
{
    take_up(INVALID_SOCKET);
}

static DWORD tcp_read(uint8_t *bytes, DWORD room)
{
    for (;;) {
        struct socket_set ready;
        ready.count = 1;
        ready.socket[0] = listener;
        if (connection != INVALID_SOCKET) {
            ready.count = 2;
            ready.socket[1] = connection;
        }
        if (ws2.select(0, &ready, NULL, NULL, NULL) <= 0) {
            hang_up(); /* the network went away under us, and this connection with it: wait for another */
            Sleep(RETRY_MS);
            continue;
        }
        bool knock = false, data = false;
        for (uint32_t i = 0; i < ready.count; i++) {
            knock = knock || ready.socket[i] == listener;
            data = data || ready.socket[i] == connection;
        }
        if (knock) {
            int yes = 1;
            SOCKET newest = ws2.accept(listener, NULL, NULL);
            if (newest != INVALID_SOCKET) {
                ws2.setsockopt(newest, 6, 1, &yes, sizeof yes); /* TCP_NODELAY */
                take_up(newest);
                return 0;
            }
            Sleep(RETRY_MS); /* no socket to be had now: do not spin */
        }
        if (data) {
            int got = ws2.recv(connection, bytes, (int)room, 0);
            if (got > 0) {
                return (DWORD)got;
            }
            hang_up();
        }
    }
}

static void tcp_write(const uint8_t *bytes, DWORD length)
{
    SOCKET to = connection;
    while (to != INVALID_SOCKET && length) {
        int sent = ws2.send(to, bytes, (int)length, 0);
        if (sent <= 0) {
            return; /* the reader notices too, and waits for the next connection */
        }
        bytes += sent;
        length -= (DWORD)sent;
    }
}

const struct medium medium_tcp = {tcp_open, tcp_read, tcp_write};
