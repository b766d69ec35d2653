/* One agent replaces another on the same link. The old one lets go of the link, starts the new one, its heir, and
 * waits: an heir that has executed a program stays, and the old one ends. One that has not in time, or that has
 * ended, costs nothing: the old one takes the link back. It is asked for by a program, which leaves the request in a
 * file mapping, "ceagent-1a2b3c4d-heir", and sets the event "ceagent-1a2b3c4d-renew" (docs/agent.md). */
#ifndef CEA_HANDOVER_H
#define CEA_HANDOVER_H

#include "settings.h"

/* Makes this agent one that can be replaced. False, with the last error, when it cannot be prepared. */
bool handover_prepare(const struct settings *settings, uint32_t boot);

/* Auto-reset event: somebody wants this agent replaced. */
HANDLE handover_wanted(void);

/* Tries it. True: there is an heir, and this agent is to end. False: it has its link again. */
bool handover(void);

/* This agent has executed a program: the one it was started to replace ends. */
void handover_proven(void);

#endif
