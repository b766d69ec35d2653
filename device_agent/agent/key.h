/* The pre-shared key: 64 hexadecimal digits in a file, blanks and lines that begin with # do not count. */
#ifndef CEA_KEY_H
#define CEA_KEY_H

#include "seal.h"
#include "settings.h"

enum key_state {
    KEY_THERE,
    KEY_NONE, /* no file, and none was asked for */
    KEY_BAD   /* *what and *why say what is wrong; the last error too */
};

/* Reads the file that the settings name, or ceagent.key beside the executable. */
enum key_state key_read(uint8_t key[CEA_KEY], const struct settings *settings, const WCHAR **what, const WCHAR **why);

#endif
