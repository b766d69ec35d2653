/* What only the provider needs of COREDLL; all else is in win.h. */
#ifndef CEP_CE_H
#define CEP_CE_H

#include "win.h"

enum { MEM_COMMIT = 0x1000, PAGE_NOACCESS = 1, PAGE_WRITECOPY = 8, PAGE_EXECUTE_READWRITE = 0x40, PAGE_GUARD = 0x100 };

typedef struct {
    void *base, *allocation_base;
    DWORD allocation_protection, size, state, protection, type;
} MEMORY_BASIC_INFORMATION;

IMPORT DWORD SetFilePointer(HANDLE, int32_t distance, int32_t *high, DWORD from);
IMPORT DWORD VirtualQuery(const void *, MEMORY_BASIC_INFORMATION *, DWORD size);

#endif
