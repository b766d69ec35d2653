/* Settings: `key=value` words of the command line, or lines of ceagent.ini
 * beside the executable. The command line wins.
 *
 *     link=COM1:             a serial port (the default), or
 *     link=tcp:5555          a TCP port to listen on, or
 *     link=tcp:HOST:5555     a controller to connect to
 *     baud=115200            of the serial port
 *     key=\Keys\panel.key    file with the key, instead of ceagent.key
 *
 * A number alone is what the kernel says to a process that it starts at boot (page aa450898).
 * `install` and `uninstall` are what the shell says to the autorun.exe of a storage card. It has been copied to
 * \Windows by then: its files are beside the original.
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
    DWORD replaces;      /* not 0: boot number of the agent that started this one to take its place */
    DWORD sequence;      /* not 0: the kernel has started this process at boot, as the entry of that number in HKLM\Init */
    bool uninstall;      /* the card was removed: there is nothing to do */
    const WCHAR *words;  /* the command line */
    WCHAR image[PATH];   /* full path of the executable */
    WCHAR home[PATH];    /* path of the executable that the agent's files are beside */
    WCHAR key[PATH];     /* path of the key's file; empty: ceagent.key */
};

/* Whether these words begin so. */
bool settings_begin(const WCHAR *words, const char *with);

/* False, with a debug message, when a word makes no sense. */
bool settings_read(struct settings *settings, const WCHAR *words);

#endif
