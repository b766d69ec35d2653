/* CRC-32 of Ethernet, gzip and zlib (reflected, polynomial 0xEDB88320). */
#ifndef CEA_CRC32_H
#define CEA_CRC32_H

#include "cea.h"

/* Fills the table. Once in every process, before its second thread. */
void cea_crc32_prepare(void);

/* The check of `length` bytes; `start` is 0, or the check of the bytes before. */
uint32_t cea_crc32(uint32_t start, const uint8_t *bytes, size_t length);

#endif
