/* A Winsock service provider of our own, for what only a provider can provoke.
 *
 * It does what the catalog entry says that it was installed with (settings.h), and writes down everything it
 * is passed (record.h), before it relies on any of it. Windows CE publishes neither the layout of the upcall
 * table, which WSPStartup gets by value, nor that of the procedure table: whoever installs an entry has to
 * say how many upcalls there are and which entry is which, and finds that out with entries that say less. */
#ifndef CEP_PROVIDER_H
#define CEP_PROVIDER_H

#include "win.h"

#define INVALID_SOCKET UINT32_C(0xFFFFFFFF)

enum {
    MOST_WORDS = 64,   /* of the arguments of WSPStartup, from the first upcall on */
    MOST_UPCALLS = 32, /* the Win32 table has 15 */
    MOST_ENTRIES = 40, /* of a procedure table; the Win32 table has 30 */
    MOST_INSTANCES = 4,

    WSAEFAULT = 10014,
    WSAEINVAL = 10022,
    WSAEOPNOTSUPP = 10045,
    WSAEPROCLIM = 10067,
    WSASYSNOTREADY = 10091
};

/* WSAPROTOCOL_INFOW: 628 bytes. */
struct protocol_info {
    DWORD service_flags[4], provider_flags;
    uint8_t provider[16];
    DWORD catalog_entry;
    int32_t chain_length;
    DWORD chain[7];
    int32_t version, family, longest_address, shortest_address, type, protocol, protocol_range, byte_order,
        security;
    DWORD message_size, reserved;
    WCHAR name[256];
};

/* WSPDATA. */
struct wsp_data {
    uint16_t version, highest_version;
    WCHAR description[257];
};

#endif
