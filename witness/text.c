#include "text.h"

const char *at;

static BOOL first = TRUE;

/* --- what a C library would have ------------------------------------------------------------------- */

void *memset(void *to, int value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((volatile char *)to)[i] = (char)value;
    }
    return to;
}

void *memcpy(void *to, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((volatile char *)to)[i] = ((const char *)from)[i];
    }
    return to;
}

void say(const char *text)
{
    DWORD length = 0, written;
    while (text[length]) {
        length++;
    }
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, length, &written, NULL);
}

static void say_number(long long value)
{
    char text[24], *start = text + sizeof text - 1;
    unsigned long long rest = value < 0 ? 0 - (unsigned long long)value : (unsigned long long)value;
    *start = 0;
    do {
        *--start = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0) {
        *--start = '-';
    }
    say(start);
}

void say_hex(DWORD value)
{
    char text[] = "0x00000000";
    for (int place = 9; place >= 2; place--, value >>= 4) {
        text[place] = "0123456789ABCDEF"[value & 15];
    }
    say(text);
}

BOOL same(const char *one, const char *other)
{
    while (*one && *one == *other) {
        one++;
        other++;
    }
    return *one == *other;
}

/* --- the line --------------------------------------------------------------------------------------- */

void wrong(const char *what)
{
    say(first ? "wrong: " : "; wrong: ");
    say(what);
    ExitProcess(2);
}

BOOL end_of_step(void)
{
    while (*at == ' ') {
        at++;
    }
    return !*at || *at == ';';
}

const char *word(void)
{
    static char text[64];
    size_t length = 0;
    if (end_of_step()) {
        wrong("a word is missing");
    }
    while (*at && *at != ' ' && *at != ';' && length < sizeof text - 1) {
        text[length++] = *at++;
    }
    text[length] = 0;
    return text;
}

long long number_of(const char **text)
{
    const char *digits = *text;
    BOOL minus = *digits == '-';
    unsigned base = 10;
    unsigned long long value = 0;
    digits += minus;
    if (digits[0] == '0' && digits[1] == 'x') {
        base = 16;
        digits += 2;
    }
    for (;; digits++) {
        unsigned digit = *digits >= 'a' ? (unsigned)(*digits - 'a') + 10
                         : *digits >= 'A' ? (unsigned)(*digits - 'A') + 10
                                          : (unsigned)(*digits - '0');
        if (*digits < '0' || digit >= base) {
            break;
        }
        value = value * base + digit;
    }
    *text = digits;
    return (long long)(minus ? 0 - value : value);
}

long long number(void)
{
    const char *text = word();
    long long value = number_of(&text);
    if (*text) {
        wrong("no number");
    }
    return value;
}

/* --- results ---------------------------------------------------------------------------------------- */

void next_result(void)
{
    if (!first) {
        say("; ");
    }
    first = FALSE;
}

void before(void)
{
    WSASetLastError(0);
}

void say_error(int error)
{
    say(" (");
    if (error) {
        say_number(error);
    } else {
        say("no error");
    }
    say(")");
}

void tell_value(long long value, BOOL failed)
{
    int error = WSAGetLastError();
    next_result();
    say_number(value);
    if (failed) {
        say_error(error);
    }
}

void tell_int(int value)
{
    tell_value(value, value == SOCKET_ERROR);
}
