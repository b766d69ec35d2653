/* The line of steps that is read, and the results that are written. */
#ifndef TEXT_H
#define TEXT_H

#include <winsock2.h>

extern const char *at; /* the next character of the line */

void say(const char *text);
void say_hex(DWORD value);
BOOL same(const char *one, const char *other);

/* Ends the process: the line is none that the witness knows. */
void wrong(const char *what);
BOOL end_of_step(void);
/* Good until the next one is asked for. */
const char *word(void);
long long number(void);
/* Decimal, or hexadecimal with 0x, with a minus sign in front if need be; `text` ends up behind it. */
long long number_of(const char **text);

/* In front of a call whose error is told; what is told is the error as it is then. */
void before(void);
void next_result(void);
void say_error(int error);
void tell_value(long long value, BOOL failed);
void tell_int(int value);

void *memset(void *to, int value, size_t size);
void *memcpy(void *to, const void *from, size_t size);

#endif
