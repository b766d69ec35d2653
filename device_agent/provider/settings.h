/* What a catalog entry says about how the provider is to behave: words in its szProtocol, such as
 * "ceharness-provider upcalls=8 entries=30 socket=28 create=3 fail=10050". */
#ifndef CEP_SETTINGS_H
#define CEP_SETTINGS_H

#include "provider.h"

#define NOT_SAID UINT32_C(0xFFFFFFFF)

enum { FILLED, UNTOUCHED, EMPTY };

struct settings {
    uint32_t upcalls; /* number of upcalls; not said: write nothing anywhere, WSPStartup fails */
    uint32_t entries; /* entries of the procedure table to fill, from the first on */
    uint32_t socket;  /* which of them is WSPSocket; not said: every entry only says that it was called */
    uint32_t create;  /* which upcall is to make descriptors; not said: WSPSocket fails */
    uint32_t close;   /* which entry of the procedure table is WSPCloseSocket; not said: none does anything */
    uint32_t release; /* which upcall WSPCloseSocket gives the descriptor back with; not said: it stays */
    uint32_t fail;    /* code that WSPSocket fails with; 0: it succeeds */
    uint32_t version; /* that WSPStartup returns: high byte minor, low byte major */
    uint32_t startup; /* code that WSPStartup returns */
    uint32_t table;   /* FILLED, UNTOUCHED, EMPTY: what becomes of the procedure table */
    uint32_t missing; /* an entry of it that stays NULL */
    uint32_t fault;   /* not 0: an address that WSPSocket writes to, where nothing is */
    uint32_t hang;    /* not 0: WSPSocket never returns */
    uint32_t once;    /* not 0: a structure with a dwProviderReserved is good for one socket */
};

/* False: the entry is not one of ours. */
int read_settings(const WCHAR *text, struct settings *settings);

#endif
