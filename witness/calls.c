/* The calls: each step makes one, as any program does, and tells what came of it. */
#include "calls.h"

#include <stddef.h>
#include <winsock2.h>
#include <ws2tcpip.h>

#include "text.h"

enum { MOST_SOCKETS = 16, MOST_OPERATIONS = 16, MOST_ENTRIES = 32 };

static SOCKET sockets[MOST_SOCKETS];
static unsigned made;
static WSAPROTOCOL_INFOW catalog[MOST_ENTRIES];

static SOCKET socket_named(void)
{
    long long index = number();
    if (index < 0 || index >= made) {
        wrong("no such socket");
    }
    return sockets[index];
}

static void tell_socket(SOCKET value)
{
    int error = WSAGetLastError();
    next_result();
    if (value == INVALID_SOCKET) {
        say("-1");
        say_error(error);
    } else {
        say("socket");
    }
    if (made == MOST_SOCKETS) {
        wrong("too many sockets");
    }
    sockets[made++] = value;
}

/* --- structures ------------------------------------------------------------------------------------- */

static WSAPROTOCOL_INFOW *entry_of(const char **text)
{
    DWORD size = sizeof catalog;
    long long index = number_of(text);
    int count = WSAEnumProtocolsW(NULL, catalog, &size);
    if (index < 0 || index >= count) {
        wrong("no such entry of the catalog");
    }
    return &catalog[index];
}

static void *page(DWORD allocation, DWORD protection)
{
    void *found = VirtualAlloc(NULL, 4096, allocation, protection);
    if (!found) {
        wrong("no page");
    }
    return found;
}

/* A true structure of which 40 bytes lie in a good page, and the rest in a page that is not there. */
static void *straddling(void)
{
    const char *zero = "0";
    char *pages = VirtualAlloc(NULL, 8192, MEM_COMMIT, PAGE_READWRITE);
    if (!pages) {
        wrong("no pages");
    }
    memcpy(pages + 4096 - 40, entry_of(&zero), 40);
    VirtualFree(pages + 4096, 4096, MEM_DECOMMIT);
    return pages + 4096 - 40;
}

/* null, zeros, entry:N, entry:N,id=X, garbage:N (only its id is true), reserved, noaccess, straddling, or the
 * number of an address. */
static WSAPROTOCOL_INFOW *structure(void)
{
    static WSAPROTOCOL_INFOW made_up;
    static char name[64];
    const char *text = name;
    memcpy(name, word(), sizeof name);
    if (same(name, "null")) {
        return NULL;
    }
    if (same(name, "zeros")) {
        return &made_up;
    }
    if (same(name, "reserved")) {
        return page(MEM_RESERVE, PAGE_READWRITE);
    }
    if (same(name, "noaccess")) {
        return page(MEM_COMMIT, PAGE_NOACCESS);
    }
    if (same(name, "straddling")) {
        return straddling();
    }
    if (name[0] == 'g') {
        text += sizeof "garbage:" - 1;
        WSAPROTOCOL_INFOW *entry = entry_of(&text);
        memset(&made_up, 0xA5, sizeof made_up);
        made_up.dwCatalogEntryId = entry->dwCatalogEntryId;
        return &made_up;
    }
    if (name[0] == 'e') {
        text += sizeof "entry:" - 1;
        WSAPROTOCOL_INFOW *entry = entry_of(&text);
        if (*text == ',') {
            text += sizeof ",id=" - 1;
            entry->dwCatalogEntryId = (DWORD)number_of(&text);
        }
        return entry;
    }
    long long address = number_of(&text);
    if (*text) {
        wrong("no structure");
    }
    return (WSAPROTOCOL_INFOW *)address;
}

/* --- steps ------------------------------------------------------------------------------------------ */

static struct sockaddr_in loopback(void)
{
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.S_un.S_addr = 0x0100007F;
    return address;
}

static void step_socket(void)
{
    int family = (int)number(), type = (int)number(), protocol = (int)number();
    WSAPROTOCOL_INFOW *info = structure();
    GROUP group = (GROUP)number();
    DWORD flags = (DWORD)number();
    before();
    tell_socket(WSASocketW(family, type, protocol, info, group, flags));
}

static void step_plain_socket(void)
{
    int family = (int)number(), type = (int)number(), protocol = (int)number();
    before();
    tell_socket(socket(family, type, protocol));
}

static void step_connect(BOOL extended)
{
    SOCKET from = socket_named(), to = socket_named();
    struct sockaddr_in address;
    int length = sizeof address;
    getsockname(to, (struct sockaddr *)&address, &length);
    before();
    tell_int(extended ? WSAConnect(from, (struct sockaddr *)&address, length, NULL, NULL, NULL, NULL)
                      : connect(from, (struct sockaddr *)&address, length));
}

/* A transfer of four bytes by a Winsock 2 call, with an overlapped structure and its event if it is to be. */
static void step_transfer(BOOL receives, BOOL overlapped)
{
    static WSAOVERLAPPED operations[MOST_OPERATIONS];
    static char bytes[MOST_OPERATIONS][4];
    static WSABUF buffers[MOST_OPERATIONS];
    static DWORD counts[MOST_OPERATIONS], flags[MOST_OPERATIONS];
    static unsigned used;
    SOCKET which = socket_named();
    if (used == MOST_OPERATIONS) {
        wrong("too many operations");
    }
    WSAOVERLAPPED *operation = overlapped ? &operations[used] : NULL;
    buffers[used].len = sizeof bytes[used];
    buffers[used].buf = bytes[used];
    if (overlapped) {
        operation->hEvent = WSACreateEvent();
    }
    before();
    tell_int(receives ? WSARecv(which, &buffers[used], 1, &counts[used], &flags[used], operation, NULL)
                      : WSASend(which, &buffers[used], 1, &counts[used], 0, operation, NULL));
    used++;
}

static void step_address_list(void)
{
    static WSAOVERLAPPED operation;
    static DWORD returned;
    SOCKET which = socket_named();
    operation.hEvent = WSACreateEvent();
    before();
    tell_int(WSAIoctl(which, SIO_ADDRESS_LIST_CHANGE, NULL, 0, NULL, 0, &returned, &operation, NULL));
}

static void step_join_leaf(void)
{
    SOCKET which = socket_named();
    struct sockaddr_in group = loopback();
    group.sin_port = htons(5353);
    group.sin_addr.S_un.S_addr = htonl(0xE00000FB);
    before();
    tell_socket(WSAJoinLeaf(which, (struct sockaddr *)&group, sizeof group, NULL, NULL, NULL, NULL, JL_BOTH));
}

static void step_protocol_info(void)
{
    WSAPROTOCOL_INFOW info;
    int length = sizeof info;
    SOCKET which = socket_named();
    before();
    tell_int(getsockopt(which, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &length));
    tell_value(info.dwCatalogEntryId, FALSE);
}

static void step_version(void)
{
    OSVERSIONINFOW version;
    version.dwOSVersionInfoSize = sizeof version;
    GetVersionExW(&version);
    tell_value(version.dwPlatformId, FALSE);
}

void step(void)
{
    static const char bytes[4] = {'f', 'o', 'u', 'r'};
    char name[64];
    memcpy(name, word(), sizeof name);
    if (same(name, "startup")) {
        WSADATA data;
        WORD version = (WORD)number();
        tell_value(WSAStartup(version, &data), FALSE);
    } else if (same(name, "cleanup")) {
        before();
        tell_int(WSACleanup());
    } else if (same(name, "socket")) {
        step_socket();
    } else if (same(name, "plain-socket")) {
        step_plain_socket();
    } else if (same(name, "close")) {
        SOCKET which = socket_named();
        before();
        tell_int(closesocket(which));
    } else if (same(name, "bind")) {
        SOCKET which = socket_named();
        struct sockaddr_in address = loopback();
        before();
        tell_int(bind(which, (struct sockaddr *)&address, sizeof address));
    } else if (same(name, "listen")) {
        SOCKET which = socket_named();
        before();
        tell_int(listen(which, 1));
    } else if (same(name, "connect") || same(name, "WSAConnect")) {
        step_connect(name[0] == 'W');
    } else if (same(name, "accept")) {
        SOCKET which = socket_named();
        before();
        tell_socket(accept(which, NULL, NULL));
    } else if (same(name, "send")) {
        SOCKET which = socket_named();
        before();
        tell_int(send(which, bytes, sizeof bytes, 0));
    } else if (same(name, "recv")) {
        char got[4];
        SOCKET which = socket_named();
        before();
        tell_int(recv(which, got, sizeof got, 0));
    } else if (same(name, "WSASend") || same(name, "WSARecv")) {
        step_transfer(name[3] == 'R', FALSE);
    } else if (same(name, "overlapped-WSASend") || same(name, "overlapped-WSARecv")) {
        step_transfer(name[14] == 'R', TRUE);
    } else if (same(name, "address-list-change")) {
        step_address_list();
    } else if (same(name, "join-leaf")) {
        step_join_leaf();
    } else if (same(name, "protocol-info")) {
        step_protocol_info();
    } else if (same(name, "platform")) {
        step_version();
    } else {
        wrong(name);
    }
    if (!end_of_step()) {
        wrong("more than the step takes");
    }
}
