/* The procedure table that WSPStartup hands over. */
#ifndef CEP_TABLE_H
#define CEP_TABLE_H

#include "settings.h"

typedef uint32_t (*entry)(uint32_t, uint32_t, uint32_t, uint32_t);

/* An upcall that gives a descriptor back: WPUCloseSocketHandle has two parameters. The third is for those that are
 * tried in its place. */
typedef uint32_t (*release_handle)(uint32_t handle, uint32_t error, uint32_t error_again);

/* Writes the entries of a table as the settings say. `socket` is what stands for WSPSocket; `release`, unless it is
 * null, is called by WSPCloseSocket. */
void fill_table(entry *table, const struct settings *settings, entry socket, release_handle release);

#endif
