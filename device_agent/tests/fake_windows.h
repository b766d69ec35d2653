/* A performance counter that the tests set, for agent/clock.c. */
#ifndef CEA_FAKE_WINDOWS_H
#define CEA_FAKE_WINDOWS_H

#include <stdint.h>

extern uint64_t fake_rate, fake_counter; /* a rate of 0: there is no such counter */

#endif
