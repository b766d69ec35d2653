/* Settings: `key=value` words of the command line, or lines of ceagent.ini
 * beside the executable. The command line wins.
 *
 *     link=COM1:             a serial port (the default), or
 *     link=tcp:5555          a TCP port to listen on, or
 *     link=tcp:HOST:5555     a controller to connect to
 *     baud=115200            of the serial port
 *     key=\Keys\panel.key    file with the key, instead of ceagent.key
 */
#ifndef CEA_SETTINGS_H
#define CEA_SETTINGS_H

#include "files.h"

enum { SETTING = 32, HOST = 128 };

struct settings {
    WCHAR port[SETTING]; /* of a serial link; empty for TCP */
    char host[HOST];     /* to connect to; empty: listen */
    uint16_t tcp;
    DWORD baud;
    DWORD worker;        /* not 0: this process is the worker of that agent */
    WCHAR image[PATH];   /* full path of the executable */
    WCHAR key[PATH];     /* path of the key's file; empty: ceagent.key */
};

/* False, with a debug message, when a word makes no sense. */
bool settings_read(struct settings *settings, const WCHAR *words);

#endif
