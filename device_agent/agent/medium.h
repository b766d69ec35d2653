/* One kind of line: serial port or TCP. The link's reader thread reads, the supervisor's thread does the rest. */
#ifndef CEA_MEDIUM_H
#define CEA_MEDIUM_H

#include "settings.h"

/* Where bytes came from: a number that is given to no other connection afterwards. */
struct origin {
    uint32_t connection;
    bool proven; /* it is the session's; else at most MEDIUM_UNPROVEN bytes come from it */
};

enum {
    MEDIUM_SESSION = 0, /* to write to the session's connection, whichever that is */
    MEDIUM_UNPROVEN = 4096
};
#define MEDIUM_SILENCE MAXDWORD /* no bytes, for a few seconds at most; the line is as it was */

struct medium {
    /* False: *what names the call that failed, last error says why. */
    bool (*open)(const struct settings *settings, const WCHAR **what);
    /* Blocks until there are bytes. 0: a new line; what came before it belongs to another one. MEDIUM_SILENCE. */
    DWORD (*read)(uint8_t *bytes, DWORD room, struct origin *from);
    /* Never blocks for long: what cannot be sent soon is dropped. */
    void (*write)(uint32_t connection, const uint8_t *bytes, DWORD length);
    /* This connection is the session's from now on, the one that was is closed. */
    void (*adopt)(uint32_t connection);
    /* Closes everything; the next read opens it again, again and again until that works. For the reader. */
    void (*close)(void);
};

extern const struct medium medium_serial, medium_tcp;

#endif
