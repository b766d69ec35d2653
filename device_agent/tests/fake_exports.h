/* Exports of a module that is called "fake", and a clock that goes on by three at every look: a program that
 * uses nothing else comes to the same answer every time. */
#ifndef CEA_FAKE_EXPORTS_H
#define CEA_FAKE_EXPORTS_H

#include "interpret.h"

extern const struct cea_machine fake_machine;

/* Milliseconds that programs slept since the last call of this. */
uint32_t fake_slept(void);

#endif
