/* Linux on x86, 32 and 64 bits, by system calls. For unit tests only. */
#include "posix.h"

enum { STDIN, STDOUT, PAGE = 4096, READ_WRITE = 3, PRIVATE_ANONYMOUS = 0x22 };

#if defined(__x86_64__)
enum { READ, WRITE, MMAP = 9, MPROTECT = 10, EXIT_ALL = 231 };

static long call(long number, long a, long b, long c, long d, long e)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = 0;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
#else
enum { READ = 3, WRITE = 4, MPROTECT = 125, MMAP = 192, EXIT_ALL = 252 };

/* The sixth argument, in ebp, is the offset of mmap2 and ignored for anonymous memory. */
static long call(long number, long a, long b, long c, long d, long e)
{
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
    return result;
}
#endif

void start(void);
void start(void)
{
    call(EXIT_ALL, test_main(), 0, 0, 0, 0);
}

/* The kernel enters with no return address on an aligned stack; a function expects one. */
#if defined(__x86_64__)
__asm__(".globl _start\n_start: xor %ebp, %ebp\n call start\n");
#else
__asm__(".globl _start\n_start: xor %ebp, %ebp\n and $-16, %esp\n call start\n");
#endif

size_t os_read(char *bytes, size_t room)
{
    long got = call(READ, STDIN, (long)(uintptr_t)bytes, (long)room, 0, 0);
    return got > 0 ? (size_t)got : 0;
}

void os_write(const char *bytes, size_t length)
{
    while (length) {
        long sent = call(WRITE, STDOUT, (long)(uintptr_t)bytes, (long)length, 0, 0);
        if (sent <= 0) {
            call(EXIT_ALL, 2, 0, 0, 0, 0);
        }
        bytes += sent;
        length -= (size_t)sent;
    }
}

uint8_t *os_guarded(size_t room)
{
    long area = call(MMAP, 0, (long)(room + PAGE), READ_WRITE, PRIVATE_ANONYMOUS, -1);
    uint8_t *end = (uint8_t *)(uintptr_t)area + room;
    if (call(MPROTECT, (long)(uintptr_t)end, PAGE, 0, 0, 0)) {
        call(EXIT_ALL, 2, 0, 0, 0, 0);
    }
    return end;
}
