/* The procedure table that WSPStartup hands over. */
#ifndef CEP_TABLE_H
#define CEP_TABLE_H

#include "settings.h"

typedef uint32_t (*entry)(uint32_t, uint32_t, uint32_t, uint32_t);

/* Writes the entries of a table as the settings say. `socket` is what stands for WSPSocket. */
void fill_table(entry *table, const struct settings *settings, entry socket);

#endif
