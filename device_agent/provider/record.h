/* What the provider was passed, in a file beside it: its own path with ".log" at the end. A record is its kind,
 * the number of bytes that follow, and these; all numbers are 32-bit words, lowest byte first. */
#ifndef CEP_RECORD_H
#define CEP_RECORD_H

#include "provider.h"

enum record_kind {
    RECORD_STARTUP = 1, /* version, lpWSPData, lpProtocolInfo, n, n following words, then for each of the 3 + n
                           words the protection of the page it points to (0: none) and the base of its memory */
    RECORD_ENTRY,       /* the WSAPROTOCOL_INFOW that WSPStartup got */
    RECORD_SOCKET,      /* catalog entry, af, type, protocol, lpProtocolInfo, g, dwFlags, lpErrno, and the
                           WSAPROTOCOL_INFOW of the caller when there is one */
    RECORD_CALLED,      /* an entry of the procedure table: which, and its first four words */
    RECORD_CREATED      /* what the upcall returned, and the code it left */
};

/* The module's handle, before anything is recorded. */
void record_beside(HANDLE module);

/* Two parts, the second of which may be empty. It is in the file when this returns, if the file can be written:
 * what comes next may end the process. */
void record(enum record_kind kind, const void *first, DWORD first_size, const void *second, DWORD second_size);

#endif
