/* Settings: `key=value` words of the command line, or lines of ceagent.ini
 * beside the executable. The command line wins.
 *
 *     link=COM1:       a serial port (the default), or
 *     link=tcp:5555    a TCP port to listen on
 *     baud=115200      of the serial port
 */
#ifndef CEA_SETTINGS_H
#define CEA_SETTINGS_H

#include "platform.h"

enum { SETTING = 32, PATH = 260 };

struct settings {
    WCHAR port[SETTING]; /* of a serial link; empty for TCP */
    uint16_t tcp;
    DWORD baud;
    DWORD worker;        /* not 0: this process is the worker of that agent */
    WCHAR image[PATH];   /* full path of the executable */
};

/* False, with a debug message, when a word makes no sense. */
bool settings_read(struct settings *settings, const WCHAR *words);

#endif
