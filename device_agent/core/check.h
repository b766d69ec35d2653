/* From a `run` message to a checked program. */
#ifndef CEA_CHECK_H
#define CEA_CHECK_H

#include "program.h"

/* Checks all of `body` (a message whose first two elements were read by
 * cea_message_head) and turns it into a program in `shared`.
 *
 * CEA_OK: the program can run; exports are defined, buffers are filled.
 * CEA_MALFORMED, CEA_LIMIT: nothing of the message took effect, exports and
 * kept buffers are as they were; *detail is the offset of the bad item in the
 * body, or the limit (enum cea_limit). */
enum cea_error cea_check(struct cea_shared *shared, const uint8_t *body, size_t length, uint32_t *detail);

#endif
