#include "winsock.h"

#include <string.h>

struct winsock ws2;

static const char *const names[] = {"WSAStartup",  "socket",      "bind",       "listen",      "accept",
                                    "connect",     "recv",        "send",       "closesocket", "setsockopt",
                                    "ioctlsocket", "select",      "gethostbyname", "WSAGetLastError"};

bool winsock_start(const WCHAR **what)
{
    static uint64_t data[64]; /* WSADATA */
    HANDLE module = os_module("ws2");
    *what = L"ws2.dll";
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        void *address = module ? os_symbol(module, names[i]) : NULL;
        if (!address) {
            return false;
        }
        memcpy((uint8_t *)&ws2 + i * sizeof address, &address, sizeof address);
    }
    int error = ws2.WSAStartup(0x0202, data);
    *what = L"WSAStartup";
    SetLastError((DWORD)error);
    return error == 0;
}

static uint16_t swapped(uint16_t port)
{
    return (uint16_t)(port >> 8 | port << 8);
}

static void never_block(SOCKET socket)
{
    uint32_t yes = 1;
    ws2.ioctlsocket(socket, FIONBIO, &yes);
}

SOCKET winsock_listen(uint16_t port)
{
    struct address address;
    memset(&address, 0, sizeof address);
    address.family = AF_INET;
    address.port_be = swapped(port);
    SOCKET made = ws2.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    if (made == INVALID_SOCKET) {
        return made;
    }
    if (ws2.bind(made, &address, sizeof address) || ws2.listen(made, 2)) {
        DWORD error = (DWORD)ws2.WSAGetLastError();
        ws2.closesocket(made);
        SetLastError(error);
        return INVALID_SOCKET;
    }
    never_block(made);
    return made;
}

/* A dotted address needs no name server, so it works on an image without one. */
static bool dotted(const char *host, uint8_t bytes[4])
{
    for (int part = 0; part < 4; part++) {
        unsigned value = 0, digits = 0;
        for (; *host >= '0' && *host <= '9' && digits < 3; host++, digits++) {
            value = value * 10 + (unsigned)(*host - '0');
        }
        if (!digits || value > 255 || *host != (part < 3 ? '.' : 0)) {
            return false;
        }
        host++;
        bytes[part] = (uint8_t)value;
    }
    return true;
}

SOCKET winsock_connect(const char *host, uint16_t port)
{
    struct address address;
    uint8_t bytes[4];
    memset(&address, 0, sizeof address);
    address.family = AF_INET;
    address.port_be = swapped(port);
    if (!dotted(host, bytes)) {
        const struct host_entry *found = ws2.gethostbyname(host);
        if (!found || found->family != AF_INET || found->length != 4 || !found->addresses[0]) {
            return INVALID_SOCKET;
        }
        memcpy(bytes, found->addresses[0], sizeof bytes);
    }
    memcpy(&address.ip_be, bytes, sizeof bytes);
    SOCKET made = ws2.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    if (made != INVALID_SOCKET && ws2.connect(made, &address, sizeof address)) {
        ws2.closesocket(made);
        made = INVALID_SOCKET;
    }
    return made;
}

void winsock_tune(SOCKET connection)
{
    int yes = 1;
    never_block(connection);
    ws2.setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ws2.setsockopt(connection, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
}

int winsock_ready(SOCKET socket, bool writing, DWORD milliseconds)
{
    struct socket_set set;
    struct period period = {(int32_t)(milliseconds / 1000), (int32_t)(milliseconds % 1000 * 1000)};
    set.count = 1;
    set.socket[0] = socket;
    return ws2.select(0, writing ? NULL : &set, writing ? &set : NULL, NULL, &period);
}
