#include "fake_threads.h"

enum { STACK = 1 << 16, PATIENCE = 20000000 };

struct stack {
    uint8_t bytes[STACK];
};

static struct stack stacks[CEA_THREADS] __attribute__((aligned(STACK)));
static volatile uint32_t busy[CEA_THREADS]; /* the kernel clears it at the end of the thread, and wakes who waits */
static uint32_t locked, arrived, meetings;

/* The address space, files and signals of this process; its number to one word, zero to another at its end. */
enum { FLAGS = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000 | 0x100000 | 0x200000, FUTEX_WAIT = 0 };

/* A new thread comes out of the system call with `top` as its stack, where the function and its argument lie. */
#if defined(__x86_64__)
static long clone(void *top, volatile uint32_t *id, volatile uint32_t *end)
{
    register volatile uint32_t *r10 __asm__("r10") = end;
    long result;
    __asm__ volatile("syscall\n test %%rax, %%rax\n jnz 1f\n"
                     "xor %%ebp, %%ebp\n pop %%rax\n pop %%rdi\n call *%%rax\n"
                     "mov $60, %%eax\n xor %%edi, %%edi\n syscall\n1:"
                     : "=a"(result)
                     : "a"(56L), "D"((long)FLAGS), "S"(top), "d"(id), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
}

static void wait(volatile uint32_t *word, uint32_t value)
{
    register long r10 __asm__("r10") = 0;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(202L), "D"(word), "S"((long)FUTEX_WAIT), "d"((long)value), "r"(r10)
                     : "rcx", "r11", "memory");
}

static void yield(void)
{
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(24L) : "rcx", "r11", "memory");
}
#else
static long clone(void *top, volatile uint32_t *id, volatile uint32_t *end)
{
    long result;
    __asm__ volatile("int $0x80\n test %%eax, %%eax\n jnz 1f\n"
                     "pop %%eax\n call *%%eax\n mov $1, %%eax\n xor %%ebx, %%ebx\n int $0x80\n1:"
                     : "=a"(result)
                     : "a"(120), "b"(FLAGS), "c"(top), "d"(id), "S"(0), "D"(end)
                     : "memory");
    return result;
}

static void wait(volatile uint32_t *word, uint32_t value)
{
    long result;
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(240), "b"(word), "c"(FUTEX_WAIT), "d"(value), "S"(0)
                     : "memory");
}

static void yield(void)
{
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(158) : "memory");
}
#endif

cea_word fake_thread_begin(uint32_t (*body)(void *), void *context, volatile uint32_t *id)
{
    unsigned place = 0;
    while (busy[place]) {
        place++;
    }
    /* The argument is aligned as a stack is at a call; on 32-bit x86 it is passed where it lies. */
    cea_word *top = (cea_word *)(void *)(stacks[place].bytes + STACK - 16);
    top[0] = (cea_word)context;
    top[-1] = (cea_word)body;
#if defined(__x86_64__)
    top++; /* both are taken off the stack before the call */
    top[0] = (cea_word)context;
    top[-1] = (cea_word)body;
#endif
    busy[place] = 1;
    if (clone(top - 1, id, &busy[place]) < 0) {
        busy[place] = 0;
        return 0;
    }
    return place + 1;
}

void fake_thread_join(cea_word thread)
{
    while (busy[thread - 1]) {
        wait(&busy[thread - 1], 1);
    }
}

void fake_lock(void)
{
    while (__atomic_exchange_n(&locked, 1, __ATOMIC_ACQUIRE)) {
        yield();
    }
}

void fake_unlock(void)
{
    __atomic_store_n(&locked, 0, __ATOMIC_RELEASE);
}

unsigned fake_thread(void)
{
    uint8_t here;
    uintptr_t distance = (uintptr_t)&here - (uintptr_t)stacks;
    return distance < sizeof stacks ? 1 + (unsigned)(distance / STACK) : 0;
}

bool fake_meet(uint32_t count)
{
    uint32_t meeting = __atomic_load_n(&meetings, __ATOMIC_SEQ_CST);
    if (__atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST) == count) {
        __atomic_store_n(&arrived, 0, __ATOMIC_SEQ_CST);
        __atomic_add_fetch(&meetings, 1, __ATOMIC_SEQ_CST);
        return true;
    }
    for (uint32_t turn = 0; turn < PATIENCE; turn++) {
        if (__atomic_load_n(&meetings, __ATOMIC_SEQ_CST) != meeting) {
            return true;
        }
        yield();
    }
    __atomic_sub_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
    return false;
}
