/* From what a program left behind to an `answer` message. */
#ifndef CEA_ANSWER_H
#define CEA_ANSWER_H

#include "program.h"

/* Writes the answer to run `seq` to `out` (of CEA_FRAME bytes) and returns its length. Of a program that the worker
 * did not get to the end of, program->end tells why. An answer that does not
 * fit says `overflow` (unless it has another outcome to tell) and leaves parts out: outputs first,
 * then runs from the first that does not fit, then all but values and times, then the last of these.
 * Whatever the worker left in `shared`, this is an answer. */
size_t cea_answer(uint8_t *out, const struct cea_program *program, const struct cea_shared *shared, uint8_t seq);

#endif
