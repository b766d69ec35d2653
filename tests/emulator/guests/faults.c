/* What a CPU or a program raises, and what happens to pages. */

#include "guest.h"

#define CHECKS 1000

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
static u32 fault_in_export(void) { return 1 + (u32)GetExitCodeProcess(THIS_PROCESS, (u32 *)0x10); }
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

static u32 raised(void) { RaiseException(0xE0001234, 0, 0, 0); return 0; }

static u32 raised_for_good(void)
{
    u32 values[2] = {3, 4};
    RaiseException(0xE0005678, 1, 2, values); /* noncontinuable */
    return 0;
}

const struct scenario fault_scenarios[] = {
    {W("null-read"), null_read},
    {W("null-write"), null_write},
    {W("fault-in-export"), fault_in_export},
    {W("code-write"), code_write},
    {W("null-call"), null_call},
    {W("wild-call"), wild_call},
    {W("data-call"), data_call},
    {W("illegal"), illegal},
    {W("divide"), divide},
    {W("stack-overflow"), stack_overflow},
    {W("unaligned-word"), unaligned_word},
    {W("unaligned-half-store"), unaligned_half_store},
    {W("raised"), raised},
    {W("raised-for-good"), raised_for_good},
    {W("pages"), pages},
    {0, 0},
};
