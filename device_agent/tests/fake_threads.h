/* Threads of Linux, by system calls, for the programs of the unit tests: they really run at once. */
#ifndef CEA_FAKE_THREADS_H
#define CEA_FAKE_THREADS_H

#include "cea.h"

/* As struct cea_machine wants them. */
cea_word fake_thread_begin(uint32_t (*body)(void *), void *context, volatile uint32_t *id);
void fake_thread_join(cea_word thread);
void fake_lock(void);
void fake_unlock(void);

/* Which thread calls: 0 for the main one, else 1 to CEA_THREADS. */
unsigned fake_thread(void);

/* Waits until `count` threads are here; false when they do not come for a long time. */
bool fake_meet(uint32_t count);

#endif
