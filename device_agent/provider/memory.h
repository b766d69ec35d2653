/* Memory that is looked at before it is touched. */
#ifndef CEP_MEMORY_H
#define CEP_MEMORY_H

#include "provider.h"

/* Protection of the page at an address (PAGE_READWRITE ...), 0 when there is none, and where the memory begins
 * that it belongs to. */
DWORD protection_of(const void *address, uint32_t *base);

/* Bytes from an address on that are there and can be read, up to the end of equal pages. */
DWORD readable(const void *address);

/* Can so many bytes be written? */
int writable(const void *address, DWORD size);

#endif
