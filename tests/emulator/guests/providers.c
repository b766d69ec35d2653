/* A service provider, installed with the words of the command line, and one socket of it. */

#include "guest.h"

enum { CHECKS = 60000, FAMILY = 0x5A, TYPE = 0x5B, PROTOCOL = 0x5C, INFO_SIZE = 628 };

typedef int (*install)(const u8 *, const u16 *, const u8 *, u32, int *);
typedef int (*startup)(u32, void *);
typedef u32 (*make)(int, int, int, const void *, u32, u32);
typedef int (*close)(u32);
typedef int (*no_arguments)(void);
typedef int (*enumerate)(const int *, void *, u32 *, int *);

static u8 info[INFO_SIZE], data[400], entries[16 * INFO_SIZE];
static const u8 id[16] = {1, 2, 3};

static void put(u8 *place, u32 value)
{
    u32 i;
    for (i = 0; i < 4; i++)
        place[i] = (u8)(value >> 8 * i);
}

static void describe(void)
{
    const u16 *words = W("ceharness-provider ");
    u8 *name = info + 116;
    put(info + 40, 1);         /* a base protocol */
    put(info + 76, FAMILY);
    put(info + 88, TYPE);
    put(info + 92, PROTOCOL);
    for (; *words; words++, name += 2)
        *name = (u8)*words;
    for (words = argument; *words; words++, name += 2)
        *name = (u8)*words;
}

/* Makes a socket and ends everything; the code of the first thing that fails, 0 when nothing does. */
static u32 provider(void)
{
    void *ws2 = LoadLibraryW(W("ws2.dll"));
    u32 length = sizeof entries, s;
    int error = 0, count;
    CHECK(ws2);
    describe();
    if (((install)GetProcAddressW(ws2, W("WSCInstallProvider")))(id, W("\\ceprovider.dll"), info, 1, &error))
        return (u32)error;
    count = ((enumerate)GetProcAddressW(ws2, W("WSCEnumProtocols")))(0, entries, &length, &error);
    CHECK(count > 1 && entries[(count - 1) * INFO_SIZE + 76] == FAMILY);
    CHECK(((startup)GetProcAddressW(ws2, W("WSAStartup")))(0x0202, data) == 0);
    s = ((make)GetProcAddressW(ws2, W("WSASocketW")))(FAMILY, TYPE, PROTOCOL, 0, 0, 1);
    if (s == 0xFFFFFFFFu)
        return (u32)((no_arguments)GetProcAddressW(ws2, W("WSAGetLastError")))();
    CHECK(((close)GetProcAddressW(ws2, W("closesocket")))(s) == 0);
    CHECK(((no_arguments)GetProcAddressW(ws2, W("WSACleanup")))() == 0);
    return 0;
}

const struct scenario provider_scenarios[] = {{W("provider"), provider}, {0, 0}};
