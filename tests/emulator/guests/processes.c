/* Processes and memory that they share. */

#include "guest.h"

#define CHECKS 3000

static u32 run_child(const u16 *words, u32 *code)
{
    struct started child;
    CHECK(CreateProcessW(W("\\guest.exe"), words, 0, 0, 0, 0, 0, 0, 0, &child));
    CHECK(GetExitCodeProcess(child.process, code) && *code == 259);
    CHECK(WaitForSingleObject(child.process, 10000) == 0);
    CHECK(GetExitCodeProcess(child.process, code));
    CHECK(CloseHandle(child.process) && CloseHandle(child.thread));
    CHECK(!CloseHandle(child.thread) && GetLastError() == 6);
    return 0;
}

static u32 children(void)
{
    u32 code, bad;
    if ((bad = run_child(W("forty-two"), &code)))
        return bad;
    CHECK(code == 42);
    if ((bad = run_child(W("null-read"), &code)))
        return bad;
    CHECK(code == 0xC0000005);
    if ((bad = run_child(W("left-behind"), &code)))
        return bad;
    CHECK(code == 33);
    return 0;
}

static u32 killed_child(void)
{
    struct started child;
    u32 code;
    CHECK(CreateProcessW(W("\\guest.exe"), W("spin"), 0, 0, 0, 0, 0, 0, 0, &child));
    CHECK(WaitForSingleObject(child.process, 20) == 0x102);
    CHECK(TerminateProcess(child.process, 77));
    CHECK(WaitForSingleObject(child.process, 10000) == 0);
    CHECK(GetExitCodeProcess(child.process, &code) && code == 77);
    return 0;
}

static volatile u32 *shared(void)
{
    void *mapping = CreateFileMappingW((void *)-1, 0, 4, 0, 0x3000, W("shared"));
    return mapping ? MapViewOfFile(mapping, 2, 0, 0, 0) : 0;
}

static u32 share_write(void)
{
    volatile u32 *view = shared();
    CHECK(view && view[0x800] == 0x1234);
    view[0x801] = 0x5678;
    return 0;
}

static u32 sharing(void)
{
    volatile u32 *view = shared();
    u32 code, bad;
    CHECK(view && view[0x800] == 0);
    view[0x800] = 0x1234;
    if ((bad = run_child(W("share-write"), &code)))
        return bad;
    CHECK(code == 0);
    CHECK(view[0x801] == 0x5678);
    return 0;
}

static u32 forty_two(void) { return 42; }
static u32 spin(void) { OutputDebugStringW(W("spin")); return forever(0); }
static u32 sleeping(void) { OutputDebugStringW(W("sleeping")); Sleep(FOREVER); return 0; }

const struct scenario process_scenarios[] = {
    {W("forty-two"), forty_two},
    {W("children"), children},
    {W("killed-child"), killed_child},
    {W("share-write"), share_write},
    {W("sharing"), sharing},
    {W("spin"), spin},
    {W("sleeping"), sleeping},
    {0, 0},
};
