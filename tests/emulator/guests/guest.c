/* A program of many small scenarios; the command line names one. What it finds out is its exit code, or what
   it writes to the debug console. 1000 + line means: the check on that line failed. */

typedef unsigned int u32;
typedef unsigned short u16;
typedef unsigned char u8;
typedef u32 (*function)(u32, u32, u32, u32);

void *CreateThread(void *, u32, u32 (*)(void *), void *, u32, u32 *);
void *CreateEventW(void *, int, int, const u16 *);
void *CreateMutexW(void *, int, const u16 *);
void *CreateFileW(const u16 *, u32, u32, void *, u32, u32, void *);
void *CreateFileMappingW(void *, void *, u32, u32, u32, const u16 *);
void *MapViewOfFile(void *, u32, u32, u32, u32);
void *LoadLibraryW(const u16 *);
void *GetProcAddressW(void *, const u16 *);
void *VirtualAlloc(void *, u32, u32, u32);
int CreateProcessW(const u16 *, const u16 *, void *, void *, int, u32, void *, void *, void *, void *);
int TerminateProcess(void *, u32);
int TerminateThread(void *, u32);
int GetExitCodeProcess(void *, u32 *);
int EventModify(void *, u32);
int ReadFile(void *, void *, u32, u32 *, void *);
int WriteFile(void *, const void *, u32, u32 *, void *);
int SetCommTimeouts(void *, void *);
int CloseHandle(void *);
int VirtualFree(void *, u32, u32);
int VirtualProtect(void *, u32, u32, u32 *);
int FreeLibrary(void *);
int wsprintfW(u16 *, const u16 *, ...);
u32 WaitForSingleObject(void *, u32);
u32 WaitForMultipleObjects(u32, void **, int, u32);
u32 GetTickCount(void);
u32 GetLastError(void);
int InterlockedIncrement(volatile int *);
void InitializeCriticalSection(void *);
void EnterCriticalSection(void *);
void LeaveCriticalSection(void *);
void OutputDebugStringW(const u16 *);
void RaiseException(u32, u32, u32, void *);
void ExitThread(u32);
void Sleep(u32);
void qsort(void *, u32, u32, int (*)(const void *, const void *));

#define W(text) ((const u16 *)L##text)
#define CHECK(truth) do { if (!(truth)) return 1000 + __LINE__; } while (0)
#define FOREVER 0xFFFFFFFFu
#define THIS_PROCESS ((void *)0x42)

#if defined(__x86_64__)
#error "no such Windows CE"
#endif

static int same(const u16 *left, const u16 *right)
{
    while (*left && *left == *right) {
        left++;
        right++;
    }
    return *left == *right;
}

/* --- faults ------------------------------------------------------------------------------------------ */

static volatile u32 aligned_bytes[4] = {0x44332211, 0x88776655, 0, 0};

static volatile u8 *odd_address(void)
{
    volatile u8 *place = (volatile u8 *)aligned_bytes + 1;
    __asm__ volatile("" : "+r"(place)); /* or the compiler, which knows better, loads single bytes */
    return place;
}

static u32 unaligned_word(void)
{
    return *(volatile u32 *)odd_address() == 0x55443322 ? 7 : 8;
}

static u32 unaligned_half_store(void)
{
    *(volatile u16 *)odd_address() = 0x1234;
    return 7;
}

static u32 illegal(void)
{
#if defined(__i386__)
    __asm__ volatile("ud2");
#elif defined(__mips__)
    __asm__ volatile(".word 0xFC000000");
#elif defined(__thumb__)
    __asm__ volatile("udf #0");
#else
    __asm__ volatile(".word 0xE7FFDEFE");
#endif
    return 0;
}

static u32 divide(void)
{
#if defined(__i386__)
    u32 low = 1, high = 0, zero = 0;
    __asm__ volatile("divl %2" : "+a"(low), "+d"(high) : "r"(zero));
#elif defined(__mips__)
    __asm__ volatile("teq $0, $0, 7");
#else
    RaiseException(0xC0000094, 0, 0, 0);
#endif
    return 0;
}

static u32 deep(volatile u32 *above)
{
    volatile u32 room[64];
    room[0] = *above + 1;
    return deep(room) + room[0];
}

static u32 null_read(void) { return *(volatile u32 *)0x10; }
static u32 null_write(void) { *(volatile u32 *)0x10 = 1; return 0; }
static u32 code_write(void) { *(volatile u32 *)((u32)null_read & ~3u) = 1; return 0; }
static u32 null_call(void) { return ((function)*(volatile u32 *)&aligned_bytes[2])(0, 0, 0, 0); }
static u32 wild_call(void) { return ((function)0x30000000)(0, 0, 0, 0); }
static u32 stack_overflow(void) { volatile u32 start = 0; return deep(&start); }

/* Mapping, protecting and unmapping while the code that asks for it runs; the last access must fault. */
static u32 pages(void)
{
    volatile u32 *page = 0;
    u32 turn, old;
    for (turn = 0; turn < 100; turn++) {
        page = VirtualAlloc(0, 0x10000, 0x2000, 0x01);
        CHECK(page && VirtualAlloc((void *)page, 0x3000, 0x1000, 0x04));
        page[0x400] = turn;
        CHECK(VirtualProtect((void *)page, 0x1000, 0x02, &old) && old == 0x04);
        page[0x800] = page[0x400] + page[0];
        CHECK(page[0x800] == turn);
        CHECK(VirtualFree((void *)page, 0, 0x4000) && VirtualFree((void *)page, 0, 0x8000));
    }
    return page[0x400];
}

static u32 data_call(void)
{
    u32 *page = VirtualAlloc(0, 4096, 0x1000, 0x04);
    return ((function)page)(0, 0, 0, 0);
}

/* --- threads -------------------------------------------------------------------------------------------- */

static u32 section[6];
static volatile int counter, protected_counter;

static u32 count_up(void *turns)
{
    u32 i;
    for (i = 0; i < (u32)turns; i++) {
        int seen;
        EnterCriticalSection(section);
        seen = protected_counter;
        InterlockedIncrement(&counter);
        protected_counter = seen + 1;
        LeaveCriticalSection(section);
    }
    return 5;
}

static u32 threads(void)
{
    void *handles[4];
    u32 i;
    InitializeCriticalSection(section);
    for (i = 0; i < 4; i++)
        CHECK((handles[i] = CreateThread(0, 0, count_up, (void *)4000, 0, 0)));
    for (i = 0; i < 4; i++)
        CHECK(WaitForSingleObject(handles[i], FOREVER) == 0);
    CHECK(counter == 16000);
    CHECK(protected_counter == 16000);
    return 0;
}

static u32 no_call_twice(void)
{
    int i;
    for (i = 1; i <= 40000; i++)
        CHECK(InterlockedIncrement(&counter) == i);
    return 0;
}

static void *ping, *pong;

static u32 answer(void *turns)
{
    u32 i;
    for (i = 0; i < (u32)turns; i++) {
        WaitForSingleObject(ping, FOREVER);
        counter++;
        EventModify(pong, 3);
    }
    return 0;
}

static u32 ping_pong(void)
{
    void *thread;
    u32 i;
    ping = CreateEventW(0, 0, 0, 0);
    pong = CreateEventW(0, 0, 0, 0);
    thread = CreateThread(0, 0, answer, (void *)500, 0, 0);
    for (i = 0; i < 500; i++) {
        EventModify(ping, 3);
        CHECK(WaitForSingleObject(pong, 10000) == 0);
        CHECK(counter == (int)i + 1);
    }
    CHECK(WaitForSingleObject(thread, 10000) == 0);
    return 0;
}

static u32 forever(void *unused)
{
    (void)unused;
    for (;;)
        counter++;
}

static u32 preempted(void)
{
    void *thread = CreateThread(0, 0, forever, 0, 0, 0);
    while (counter < 1000)
        Sleep(0);
    CHECK(TerminateThread(thread, 9));
    CHECK(WaitForSingleObject(thread, 0) == 0);
    return 0;
}

static u32 left_behind(void)
{
    CreateThread(0, 0, forever, 0, 0, 0);
    ExitThread(33);
    return 0;
}

static u32 take(void *mutex)
{
    return WaitForSingleObject(mutex, FOREVER);
}

static u32 abandoned(void)
{
    void *mutex = CreateMutexW(0, 0, 0);
    void *thread = CreateThread(0, 0, take, mutex, 0, 0);
    CHECK(WaitForSingleObject(thread, 10000) == 0);
    CHECK(WaitForSingleObject(mutex, 0) == 0x80);
    return 0;
}

/* --- processes ---------------------------------------------------------------------------------------------- */

struct started { void *process, *thread; u32 process_id, thread_id; };

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

/* --- calls ---------------------------------------------------------------------------------------------------- */

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

static u32 many_calls(void)
{
    u32 i;
    for (i = 0; i < 200000; i++)
        GetLastError();
    return 0;
}

static u32 forty_two(void) { return 42; }
static u32 spin(void) { OutputDebugStringW(W("spin")); return forever(0); }
static u32 sleeping(void) { OutputDebugStringW(W("sleeping")); Sleep(FOREVER); return 0; }
static u32 raised(void) { RaiseException(0xE0001234, 0, 0, 0); return 0; }

static const struct { const u16 *name; u32 (*run)(void); } scenarios[] = {
    {W("forty-two"), forty_two}, {W("null-read"), null_read}, {W("null-write"), null_write},
    {W("code-write"), code_write}, {W("null-call"), null_call}, {W("wild-call"), wild_call},
    {W("data-call"), data_call}, {W("illegal"), illegal}, {W("divide"), divide},
    {W("stack-overflow"), stack_overflow}, {W("unaligned-word"), unaligned_word},
    {W("unaligned-half-store"), unaligned_half_store}, {W("raised"), raised}, {W("threads"), threads},
    {W("no-call-twice"), no_call_twice}, {W("ping-pong"), ping_pong}, {W("preempted"), preempted},
    {W("left-behind"), left_behind}, {W("abandoned"), abandoned}, {W("children"), children},
    {W("killed-child"), killed_child}, {W("share-write"), share_write}, {W("sharing"), sharing},
    {W("many-arguments"), many_arguments}, {W("callback"), callback}, {W("unimplemented"), unimplemented},
    {W("not-on-ce"), not_on_ce}, {W("echo"), echo}, {W("many-calls"), many_calls}, {W("spin"), spin},
    {W("sleeping"), sleeping}, {W("library"), library},
    {W("pages"), pages},
};

int WinMainCRTStartup(void *instance, void *previous, const u16 *words, int show)
{
    u32 i;
    (void)instance;
    (void)previous;
    (void)show;
    for (i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++)
        if (same(scenarios[i].name, words))
            return (int)scenarios[i].run();
    return 999;
}
