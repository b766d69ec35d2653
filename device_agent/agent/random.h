/* Bytes that nobody can foretell, for nonces and boot numbers. */
#ifndef CEA_RANDOM_H
#define CEA_RANDOM_H

#include "platform.h"

/* Once, before the others. Null, or the name of what the system lacks: then clocks, counters and addresses are all
 * there is, which keeps numbers apart but may be guessed by who knows the device well. */
const char *random_prepare(void);

/* Fills in `length` bytes. They depend on the system's generator, on everything drawn before, and on the time of day
 * and the counters at this moment: so a device that was set back to a snapshot does not draw the same again. */
bool random_bytes(uint8_t *bytes, size_t length);

#endif
