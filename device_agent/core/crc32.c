#include "crc32.h"

/* Made at start instead of being written out: 1 KiB less to carry to a device. */
static uint32_t table[256];

void cea_crc32_prepare(void)
{
    const volatile uint32_t polynomial = UINT32_C(0xEDB88320); /* else the compiler makes the table, and carries it */
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++) {
            value = value & 1 ? value >> 1 ^ polynomial : value >> 1;
        }
        table[i] = value;
    }
}

uint32_t cea_crc32(uint32_t start, const uint8_t *bytes, size_t length)
{
    uint32_t value = ~start;
    for (const uint8_t *end = bytes + length; bytes < end; bytes++) {
        value = value >> 8 ^ table[(value ^ *bytes) & 0xFF];
    }
    return ~value;
}
