/* The part of Winsock that a TCP link needs. ws2 is loaded at run time: an image may lack it. */
#ifndef CEA_WINSOCK_H
#define CEA_WINSOCK_H

#include "platform.h"

typedef uintptr_t SOCKET;
#define INVALID_SOCKET (~(SOCKET)0)
#define FIONBIO ((int32_t)UINT32_C(0x8004667E))

enum {
    AF_INET = 2,
    SOCK_STREAM = 1,
    IPPROTO_TCP = 6,
    TCP_NODELAY = 1,
    SOL_SOCKET = 0xFFFF,
    SO_KEEPALIVE = 8,
    WSAEWOULDBLOCK = 10035,
    WSAECONNABORTED = 10053,
    WSAECONNRESET
};

struct address {
    uint16_t family, port_be;
    uint32_t ip_be;
    uint8_t zero[8];
};

/* fd_set, as long as we need it */
struct socket_set {
    uint32_t count;
    SOCKET socket[4];
};

struct host_entry {
    char *name;
    char **aliases;
    int16_t family, length;
    uint8_t **addresses;
};

struct period {
    int32_t seconds, microseconds;
};

/* Loaded in this order. */
struct winsock {
    int (*WSAStartup)(uint16_t, void *);
    SOCKET (*socket)(int, int, int);
    int (*bind)(SOCKET, const struct address *, int);
    int (*listen)(SOCKET, int);
    SOCKET (*accept)(SOCKET, void *, int *);
    int (*connect)(SOCKET, const struct address *, int);
    int (*recv)(SOCKET, uint8_t *, int, int);
    int (*send)(SOCKET, const uint8_t *, int, int);
    int (*closesocket)(SOCKET);
    int (*setsockopt)(SOCKET, int, int, const void *, int);
    int (*ioctlsocket)(SOCKET, int32_t, uint32_t *);
    int (*select)(int, struct socket_set *, struct socket_set *, struct socket_set *, const struct period *);
    const struct host_entry *(*gethostbyname)(const char *);
    int (*WSAGetLastError)(void);
};

extern struct winsock ws2;

/* Loads and starts it. False: *what names what failed, last error says why. */
bool winsock_start(const WCHAR **what);

/* A stream socket bound to this port of all addresses and listening; it never blocks. INVALID_SOCKET: Winsock's last
 * error says why. */
SOCKET winsock_listen(uint16_t port);

/* A connection to host (dotted address or name) and port, or INVALID_SOCKET. Blocks as long as the system tries. */
SOCKET winsock_connect(const char *host, uint16_t port);

/* Of a new connection: it never blocks, sends at once, and finds out in the end when its peer is gone. */
void winsock_tune(SOCKET connection);

/* Whether this socket can be read from (or accept), or written to, within so many milliseconds. -1: it is broken. */
int winsock_ready(SOCKET socket, bool writing, DWORD milliseconds);

#endif
