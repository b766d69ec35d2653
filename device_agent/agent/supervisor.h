/* The supervisor process: owns the line, checks programs, watches the worker that runs them. It never
 * makes a test call itself. */
#ifndef CEA_SUPERVISOR_H
#define CEA_SUPERVISOR_H

#include "settings.h"

/* Returns when the agent cannot work, with the last error, or when another one has taken its place: 0. */
DWORD supervisor_main(const struct settings *settings);

#endif
