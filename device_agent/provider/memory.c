#include "memory.h"

#include "ce.h"

static int query(const void *address, MEMORY_BASIC_INFORMATION *found)
{
    return VirtualQuery(address, found, sizeof *found) == sizeof *found && found->state == MEM_COMMIT &&
           !(found->protection & (PAGE_NOACCESS | PAGE_GUARD));
}

DWORD protection_of(const void *address, uint32_t *base)
{
    MEMORY_BASIC_INFORMATION found;
    *base = 0;
    if (!query(address, &found)) {
        return 0;
    }
    *base = (uint32_t)(uintptr_t)found.allocation_base;
    return found.protection;
}

static DWORD left(const void *address, const MEMORY_BASIC_INFORMATION *found)
{
    return found->size - (DWORD)((uintptr_t)address - (uintptr_t)found->base);
}

DWORD readable(const void *address)
{
    MEMORY_BASIC_INFORMATION found;
    return query(address, &found) ? left(address, &found) : 0;
}

int writable(const void *address, DWORD size)
{
    MEMORY_BASIC_INFORMATION found;
    return query(address, &found) && left(address, &found) >= size &&
           (found.protection & (PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE)) != 0;
}
