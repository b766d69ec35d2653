/* One kind of line: serial port or TCP. */
#ifndef CEA_MEDIUM_H
#define CEA_MEDIUM_H

#include "settings.h"

struct medium {
    /* False: *what names the call that failed, last error says why. */
    bool (*open)(const struct settings *settings, const WCHAR **what);
    /* Blocks until there are bytes. 0: a new line; what came before it belongs to another one. */
    DWORD (*read)(uint8_t *bytes, DWORD room);
    void (*write)(const uint8_t *bytes, DWORD length);
};

extern const struct medium medium_serial, medium_tcp;

#endif
