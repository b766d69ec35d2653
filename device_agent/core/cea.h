/* What every part of the agent agrees on: the machine word, the limits it
 * tells the controller, and the one error enum.
 *
 * The core allocates nothing and calls no library: the caller owns every
 * structure and passes it in. All of it is plain C99 for little-endian
 * machines with 32-bit or 64-bit pointers. */
#ifndef CEA_H
#define CEA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One argument, one returned value, one slot. */
typedef uintptr_t cea_word;

enum { CEA_VERSION = 2 };

/* The limits of `welcome`, in its order. Changing one changes memory only. */
enum {
    CEA_WORD = sizeof(cea_word),
    CEA_FRAME = 8192,
    CEA_WINDOW = 8,
    CEA_ARENA = 128 * 1024,
    CEA_SLOTS = 1024,
    CEA_BUFFERS = 64,
    CEA_KEPT = 16,
    CEA_EXPORTS = 256,
    CEA_DEPTH = 8,
    CEA_ARITY = 16,
    CEA_THREADS = 4
};

/* Places in `limits`, the detail of a CEA_LIMIT refusal. */
enum cea_limit {
    CEA_IN_FRAME = 1,
    CEA_IN_WINDOW,
    CEA_IN_ARENA,
    CEA_IN_SLOTS,
    CEA_IN_BUFFERS,
    CEA_IN_KEPT,
    CEA_IN_EXPORTS,
    CEA_IN_DEPTH,
    CEA_IN_ARITY,
    CEA_IN_THREADS
};

/* Why a message was refused. The numbers are those of `reason` on the wire. */
enum cea_error {
    CEA_OK = 0,
    CEA_BAD_VERSION = 1,
    CEA_MALFORMED = 2,
    CEA_LIMIT = 3,
    CEA_SEQUENCE = 4,
    CEA_NO_SESSION = 5,
    CEA_NO_WORKER = 6,
    CEA_BAD_KEY = 7,
    CEA_BAD_PROOF = 8
};

/* Message types, the first element of every message. */
enum { CEA_HELLO = 0, CEA_WELCOME, CEA_RUN, CEA_ANSWER, CEA_REFUSAL, CEA_WORKING, CEA_CHALLENGE, CEA_PROOF };

#endif
