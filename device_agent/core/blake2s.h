/* Keyed BLAKE2s (RFC 7693). */
#ifndef CEA_BLAKE2S_H
#define CEA_BLAKE2S_H

#include "cea.h"

enum {
    CEA_BLAKE2S_BLOCK = 64,
    CEA_BLAKE2S_MOST = 32 /* bytes of the longest key and of the longest digest */
};

/* A digest in the making. A copy of one goes on by itself. */
struct cea_blake2s {
    uint32_t chain[8];
    uint32_t low, high; /* bytes compressed so far */
    uint32_t size;      /* bytes of the digest */
    uint32_t filled;    /* bytes in `block` */
    union {
        uint8_t bytes[CEA_BLAKE2S_BLOCK];
        uint32_t words[CEA_BLAKE2S_BLOCK / 4];
    } block;
};

/* Begins a digest of `size` bytes, 1 to 32. `length`: of the key, 0 to 32. */
void cea_blake2s_begin(struct cea_blake2s *digest, uint32_t size, const uint8_t *key, size_t length);

/* Begins one that at least one byte will be added to. The key's block is dealt with here and now: when many messages
 * are digested with the same key, keep what this makes and start each one with a copy of it. A message of up to 64 bytes then
 * costs one compression. */
void cea_blake2s_ready(struct cea_blake2s *digest, uint32_t size, const uint8_t *key, size_t length);

void cea_blake2s_add(struct cea_blake2s *digest, const uint8_t *bytes, size_t length);

/* Writes the `size` bytes of the digest, which is used up. */
void cea_blake2s_end(struct cea_blake2s *digest, uint8_t *out);

#endif
