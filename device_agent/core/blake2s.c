#include "blake2s.h"

#include <string.h>

static const uint32_t start[8] = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                  0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};

enum { ROUNDS = 10 };

/* Which words of the block each round mixes in, RFC 7693, section 2.7. */
static const uint8_t order[ROUNDS][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

static uint32_t turned(uint32_t value, unsigned bits)
{
    return value >> bits | value << (32 - bits);
}

/* The function G of RFC 7693, section 3.1. A macro, so that the sixteen words can be in registers. */
#define MIX(a, b, c, d, place)                                                                                         \
    do {                                                                                                               \
        v[a] += v[b] + words[order[round][2 * (place)]];                                                               \
        v[d] = turned(v[d] ^ v[a], 16);                                                                                \
        v[c] += v[d];                                                                                                  \
        v[b] = turned(v[b] ^ v[c], 12);                                                                                \
        v[a] += v[b] + words[order[round][2 * (place) + 1]];                                                           \
        v[d] = turned(v[d] ^ v[a], 8);                                                                                 \
        v[c] += v[d];                                                                                                  \
        v[b] = turned(v[b] ^ v[c], 7);                                                                                 \
    } while (0)

/* Takes in the block, of which `filled` bytes count. */
static void compress(struct cea_blake2s *digest, bool last)
{
    const uint32_t *words = digest->block.words; /* little-endian, like every machine of ours */
    uint32_t v[16];
    digest->low += digest->filled;
    digest->high += digest->low < digest->filled;
    for (int i = 0; i < 8; i++) {
        v[i] = digest->chain[i];
        v[8 + i] = start[i];
    }
    v[12] ^= digest->low;
    v[13] ^= digest->high;
    v[14] ^= last ? UINT32_MAX : 0;
    for (int round = 0; round < ROUNDS; round++) {
        MIX(0, 4, 8, 12, 0);
        MIX(1, 5, 9, 13, 1);
        MIX(2, 6, 10, 14, 2);
        MIX(3, 7, 11, 15, 3);
        MIX(0, 5, 10, 15, 4);
        MIX(1, 6, 11, 12, 5);
        MIX(2, 7, 8, 13, 6);
        MIX(3, 4, 9, 14, 7);
    }
    for (int i = 0; i < 8; i++) {
        digest->chain[i] ^= v[i] ^ v[8 + i];
    }
    digest->filled = 0;
}

void cea_blake2s_begin(struct cea_blake2s *digest, uint32_t size, const uint8_t *key, size_t length)
{
    memset(digest, 0, sizeof *digest);
    memcpy(digest->chain, start, sizeof start);
    digest->chain[0] ^= UINT32_C(0x01010000) ^ (uint32_t)length << 8 ^ size;
    digest->size = size;
    if (length) {
        memcpy(digest->block.bytes, key, length);
        digest->filled = CEA_BLAKE2S_BLOCK;
    }
}

void cea_blake2s_ready(struct cea_blake2s *digest, uint32_t size, const uint8_t *key, size_t length)
{
    cea_blake2s_begin(digest, size, key, length);
    if (length) {
        compress(digest, false);
    }
}

void cea_blake2s_add(struct cea_blake2s *digest, const uint8_t *bytes, size_t length)
{
    while (length) {
        /* A full block waits for the byte after it: the last one is compressed otherwise. */
        if (digest->filled == CEA_BLAKE2S_BLOCK) {
            compress(digest, false);
        }
        size_t part = CEA_BLAKE2S_BLOCK - digest->filled;
        part = part < length ? part : length;
        memcpy(digest->block.bytes + digest->filled, bytes, part);
        digest->filled += (uint32_t)part;
        bytes += part;
        length -= part;
    }
}

void cea_blake2s_end(struct cea_blake2s *digest, uint8_t *out)
{
    memset(digest->block.bytes + digest->filled, 0, CEA_BLAKE2S_BLOCK - digest->filled);
    compress(digest, true);
    memcpy(out, digest->chain, digest->size);
}
