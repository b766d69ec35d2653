/* Gives a program the modem lines that a pseudo terminal lacks, and writes down what becomes of them.
 * For LD_PRELOAD; MODEM_LINES_LOG names the file: "dtr=1 rts=0" each time they are set. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>

static int lines = TIOCM_CTS | TIOCM_DSR | TIOCM_CAR;

static void tell(void)
{
    const char *name = getenv("MODEM_LINES_LOG");
    FILE *log = name != NULL ? fopen(name, "a") : NULL;
    if (log != NULL) {
        fprintf(log, "dtr=%d rts=%d\n", (lines & TIOCM_DTR) != 0, (lines & TIOCM_RTS) != 0);
        fclose(log);
    }
}

static int set(int value)
{
    const int ours = TIOCM_DTR | TIOCM_RTS;
    lines = (lines & ~ours) | (value & ours);
    tell();
    return 0;
}

int ioctl(int descriptor, unsigned long request, ...)
{
    int (*real)(int, unsigned long, void *) = (int (*)(int, unsigned long, void *))dlsym(RTLD_NEXT, "ioctl");
    va_list rest;
    void *argument;
    int *value;

    va_start(rest, request);
    argument = va_arg(rest, void *);
    va_end(rest);
    value = argument;
    switch (request) {
    case TIOCMGET:
        *value = lines;
        return 0;
    case TIOCMSET:
        return set(*value);
    case TIOCMBIS:
        return set(lines | *value);
    case TIOCMBIC:
        return set(lines & ~*value);
    default:
        return real(descriptor, request, argument);
    }
}
