/* Microseconds, from the performance counter where there is one. */
#ifndef CEA_CLOCK_H
#define CEA_CLOCK_H

#include "platform.h"

/* False: no performance counter; the clock counts milliseconds. */
bool clock_prepare(void);

/* A counter that wraps, and what a difference of two readings means. */
uint32_t clock_ticks(void);
uint32_t clock_microseconds(uint32_t ticks);

#endif
