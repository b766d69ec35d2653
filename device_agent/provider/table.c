/* Every entry but WSPSocket only says that it was called: a function for each, so that it knows which it is. */
#include "table.h"

#include "record.h"

static uint32_t answer;
static struct {
    uint32_t which;
    release_handle release;
} closing;

/* Its arguments are whatever the caller passed, which may be fewer: the caller cleans up, and words of its
 * stack can be read. */
static uint32_t called(uint32_t which, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    uint32_t words[5];
    words[0] = which;
    words[1] = a;
    words[2] = b;
    words[3] = c;
    words[4] = d;
    record(RECORD_CALLED, words, sizeof words, NULL, 0);
    if (closing.release && which == closing.which) {
        return closing.release(a, b, b); /* WSPCloseSocket(s, lpErrno) */
    }
    return answer;
}

#define ENTRY(n) \
    static uint32_t entry_##n(uint32_t a, uint32_t b, uint32_t c, uint32_t d) \
    { \
        return called(1##n - 100, a, b, c, d); /* 1##n: "08" alone would be an octal number */ \
    }
#define NAME(n) entry_##n,
#define TEN(what, d) \
    what(d##0) what(d##1) what(d##2) what(d##3) what(d##4) what(d##5) what(d##6) what(d##7) what(d##8) what(d##9)
#define FORTY(what) TEN(what, 0) TEN(what, 1) TEN(what, 2) TEN(what, 3)

FORTY(ENTRY)

static const entry entries[MOST_ENTRIES] = {FORTY(NAME)};

void fill_table(entry *table, const struct settings *settings, entry socket, release_handle release)
{
    uint32_t i;
    closing.which = settings->close;
    closing.release = release;
    /* While nobody knows which entry is WSPSocket, each may be: failing is right for nearly all of them. */
    answer = settings->socket == NOT_SAID ? INVALID_SOCKET : 0;
    if (settings->table == UNTOUCHED) {
        return;
    }
    for (i = 0; i < settings->entries && i < MOST_ENTRIES; i++) {
        if (settings->table == EMPTY || i == settings->missing) {
            table[i] = NULL;
        } else {
            table[i] = i == settings->socket ? socket : entries[i];
        }
    }
}
