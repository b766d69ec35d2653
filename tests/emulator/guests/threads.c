/* Threads and what they share. */

#include "guest.h"

#define CHECKS 2000

static u32 section[6];
volatile int counter;
static volatile int protected_counter;

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

u32 forever(void *unused)
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

const struct scenario thread_scenarios[] = {
    {W("threads"), threads},
    {W("no-call-twice"), no_call_twice},
    {W("ping-pong"), ping_pong},
    {W("preempted"), preempted},
    {W("left-behind"), left_behind},
    {W("abandoned"), abandoned},
    {0, 0},
};
