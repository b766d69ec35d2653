/* The line protocol of the test driver: words in, words out. Numbers are decimal, bytes hexadecimal, "-" for none. */
#ifndef CEA_WORDS_H
#define CEA_WORDS_H

#include "cea.h"

enum { WORDS = 6 };

/* Once, at start. */
void words_prepare(void);

/* The words of the next line, "-" for those that it does not have. False at the end of the input. */
bool next_words(char *word[WORDS]);

bool is(const char *word, const char *command);
uint32_t number_of(const char *word);

/* The bytes of a word, until the next call. They lie right before a page that cannot be touched. */
const uint8_t *input(const char *word, size_t *length);

/* The first `room` bytes of a word, to `out`; how many it has. */
size_t small(const char *word, uint8_t *out, size_t room);

/* The answer: its parts, then its end, which sends it. */
void put_text(const char *text);
void put_number(uint32_t number);
void put_bytes(const uint8_t *bytes, size_t length);
void end_line(void);

#endif
