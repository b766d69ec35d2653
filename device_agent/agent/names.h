/* Names of kernel objects by which processes of an agent, and agents, find each other: "ceagent-1a2b3c4d-memory". */
#ifndef CEA_NAMES_H
#define CEA_NAMES_H

#include "platform.h"

enum { OBJECT_NAME = 32 }; /* WCHARs */

/* Writes the name of a number's object, and returns it. */
const WCHAR *object_name(WCHAR name[OBJECT_NAME], uint32_t number, const WCHAR *ending);

/* Eight hexadecimal digits. */
void hexadecimal(WCHAR digits[8], uint32_t number);

#endif
