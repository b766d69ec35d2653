#include "words.h"

#include <string.h>

#include "posix.h"

enum { ROOM = 1 << 17, LINE = 2 * ROOM + 100 };

static uint8_t *guard; /* end of the input area */
static char output[4 * ROOM];
static size_t written;

void words_prepare(void)
{
    guard = os_guarded(ROOM);
}

void put_text(const char *text)
{
    while (*text) {
        output[written++] = *text++;
    }
}

void put_number(uint32_t number)
{
    char digits[11], *at = digits + sizeof digits - 1;
    *at = 0;
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    put_text(at);
}

void put_bytes(const uint8_t *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    if (!length) {
        put_text("-");
    }
    for (size_t i = 0; i < length; i++) {
        output[written++] = digits[bytes[i] >> 4];
        output[written++] = digits[bytes[i] & 15];
    }
}

static uint8_t digit(char c)
{
    return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

uint32_t number_of(const char *word)
{
    uint32_t number = 0;
    for (; *word; word++) {
        number = number * 10 + digit(*word);
    }
    return number;
}

const uint8_t *input(const char *word, size_t *length)
{
    *length = *word == '-' ? 0 : strlen(word) / 2;
    uint8_t *start = guard - *length;
    for (size_t i = 0; i < *length; i++) {
        start[i] = (uint8_t)(digit(word[2 * i]) << 4 | digit(word[2 * i + 1]));
    }
    return start;
}

size_t small(const char *word, uint8_t *out, size_t room)
{
    size_t length = *word == '-' ? 0 : strlen(word) / 2;
    for (size_t i = 0; i < length && i < room; i++) {
        out[i] = (uint8_t)(digit(word[2 * i]) << 4 | digit(word[2 * i + 1]));
    }
    return length;
}

/* The next line of standard input, its end replaced by 0; null when there is none. */
static char *next_line(void)
{
    static char line[LINE];
    size_t length = 0;
    while (length < LINE) {
        size_t got = os_read(line + length, LINE - length);
        length += got;
        if (!got || line[length - 1] == '\n') {
            break;
        }
    }
    if (!length) {
        return NULL;
    }
    line[length - 1] = 0;
    return line;
}

bool next_words(char *word[WORDS])
{
    static char nothing[] = "-";
    char *line = next_line();
    for (int i = 0; line && i < WORDS; i++) {
        word[i] = *line ? line : nothing;
        while (*line && *line != ' ') {
            line++;
        }
        if (*line) {
            *line++ = 0;
        }
    }
    return line != NULL;
}

bool is(const char *word, const char *command)
{
    return strlen(word) == strlen(command) && memcmp(word, command, strlen(word)) == 0;
}

void end_line(void)
{
    put_text("\n");
    os_write(output, written);
    written = 0;
}
