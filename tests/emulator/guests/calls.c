/* Calls of every shape: many arguments, callbacks, DLLs, a serial port. */

#include "guest.h"

#define CHECKS 4000

static u32 many_arguments(void)
{
    u16 text[128];
    wsprintfW(text, W("%d %u %x %s %d %d %d %d %d %d"), -1, 2, 0xAB, L"four", 5, 6, 7, 8, 9, 10);
    OutputDebugStringW(text);
    return 0;
}

static int backwards(const void *left, const void *right)
{
    return *(const int *)right - *(const int *)left;
}

static u32 callback(void)
{
    int numbers[9] = {3, 1, 4, 1, 5, 9, 2, 6, 5};
    int i;
    qsort(numbers, 9, 4, backwards);
    for (i = 1; i < 9; i++)
        CHECK(numbers[i - 1] >= numbers[i]);
    return 0;
}

static u32 unimplemented(void)
{
    function call = (function)GetProcAddressW(LoadLibraryW(W("coredll.dll")), W("CreateWindowExW"));
    CHECK(call);
    call(1, 2, 3, 4);
    return 0;
}

static u32 not_on_ce(void)
{
    CHECK(!GetProcAddressW(LoadLibraryW(W("coredll.dll")), W("ExitProcess")) && GetLastError() == 127);
    CHECK(!LoadLibraryW(W("kernel32.dll")) && GetLastError() == 126);
    return 0;
}

static u32 library(void)
{
    void *module = LoadLibraryW(W("\\library.dll"));
    function add, attached;
    CHECK(module);
    CHECK(LoadLibraryW(W("library.dll")) == module);
    add = (function)GetProcAddressW(module, W("add"));
    attached = (function)GetProcAddressW(module, W("attached"));
    CHECK(add && add(40, 2, 0, 0) == 42);
    CHECK(attached && attached(0, 0, 0, 0) == 2);
    CHECK(!GetProcAddressW(module, W("nothing")));
    CHECK(FreeLibrary(module) && FreeLibrary(module) && !FreeLibrary(module));
    return add(1, 2, 0, 0); /* the code is gone */
}

static u32 echo(void)
{
    u32 timeouts[5] = {FOREVER, FOREVER, 60000, 0, 0};
    u8 bytes[64];
    u32 got, sent;
    void *port = CreateFileW(W("COM1:"), 0xC0000000, 0, 0, 3, 0, 0);
    CHECK(port != (void *)-1 && SetCommTimeouts(port, timeouts));
    for (;;) {
        CHECK(ReadFile(port, bytes, sizeof bytes, &got, 0));
        if (got && bytes[0] == '.')
            return 0;
        CHECK(WriteFile(port, bytes, got, &sent, 0) && sent == got);
    }
}

/* To a port outside the device, 10.0.2.2:7000: a word there, and one back. */
static u32 dial(void)
{
    static const u8 there[16] = {2, 0, 7000 >> 8, 7000 & 0xFF, 10, 0, 2, 2};
    void *ws2 = LoadLibraryW(W("ws2.dll"));
    u8 room[400];
    u32 line;
    CHECK(ws2);
#define CALL(name, a, b, c, d) ((function)GetProcAddressW(ws2, W(name)))((u32)(a), (u32)(b), (u32)(c), (u32)(d))
    CHECK(CALL("WSAStartup", 0x202, room, 0, 0) == 0);
    line = CALL("socket", 2, 1, 6, 0);
    while (CALL("connect", line, there, 16, 0)) {
        CHECK(CALL("WSAGetLastError", 0, 0, 0, 0) == 10061);
        CALL("closesocket", line, 0, 0, 0);
        Sleep(20);
        line = CALL("socket", 2, 1, 6, 0);
    }
    CHECK(CALL("send", line, "hello", 5, 0) == 5);
    CHECK(CALL("recv", line, room, 4, 0) == 4 && room[0] == 'b');
    return 0;
}

static u32 many_calls(void)
{
    u32 i;
    for (i = 0; i < 200000; i++)
        GetLastError();
    return 0;
}

const struct scenario call_scenarios[] = {
    {W("many-arguments"), many_arguments},
    {W("callback"), callback},
    {W("unimplemented"), unimplemented},
    {W("not-on-ce"), not_on_ce},
    {W("echo"), echo},
    {W("many-calls"), many_calls},
    {W("dial"), dial},
    {W("library"), library},
    {0, 0},
};
