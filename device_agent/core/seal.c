#include "seal.h"

#include <string.h>

#include "crc32.h"

enum { NUMBER = 4 };

static uint8_t *put(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < NUMBER; i++, value >>= 8) {
        *at++ = (uint8_t)value;
    }
    return at;
}

bool cea_same(const uint8_t *one, const uint8_t *other, size_t length)
{
    /* Volatile: no compiler may find out that the end is known before the end. */
    volatile uint8_t differences = 0;
    for (size_t i = 0; i < length; i++) {
        differences |= one[i] ^ other[i];
    }
    return differences == 0;
}

void cea_seal_plain(struct cea_seal *seal, uint32_t session, uint32_t boot)
{
    uint8_t place[2 * NUMBER];
    put(put(place, session), boot);
    memset(seal, 0, sizeof *seal);
    seal->size = CEA_CHECK_OPEN;
    seal->place = cea_crc32(0, place, sizeof place);
}

void cea_seal_keyed(struct cea_seal *seal, const uint8_t session_key[CEA_KEY])
{
    seal->size = CEA_CHECK_KEYED;
    seal->place = 0;
    cea_blake2s_ready(&seal->key, CEA_CHECK_KEYED, session_key, CEA_KEY);
}

uint32_t cea_seal_check(const struct cea_seal *seal, enum cea_role role, uint32_t number, const uint8_t *body,
                        size_t length, uint8_t check[CEA_CHECK_KEYED])
{
    uint8_t place[1 + NUMBER + 1]; /* role, number, role: keyed is what begins at the first, plain at the number */
    place[0] = place[1 + NUMBER] = (uint8_t)role;
    put(place + 1, number);
    if (seal->size == CEA_CHECK_KEYED) {
        struct cea_blake2s digest = seal->key;
        cea_blake2s_add(&digest, place, 1 + NUMBER);
        cea_blake2s_add(&digest, body, length);
        cea_blake2s_end(&digest, check);
    } else {
        put(check, cea_crc32(0, body, length) ^ cea_crc32(seal->place, place + 1, NUMBER + 1));
    }
    return seal->size;
}

bool cea_seal_good(const struct cea_seal *seal, enum cea_role role, uint32_t number, const uint8_t *bytes,
                   size_t length)
{
    uint8_t check[CEA_CHECK_KEYED];
    if (!seal->size || length <= seal->size) {
        return false;
    }
    size_t body = length - seal->size;
    return cea_same(bytes + body, check, cea_seal_check(seal, role, number, bytes, body, check));
}

uint32_t cea_open_check(const uint8_t *body, size_t length, uint8_t check[CEA_CHECK_KEYED])
{
    put(check, cea_crc32(0, body, length));
    return CEA_CHECK_OPEN;
}

bool cea_open_good(const uint8_t *bytes, size_t length)
{
    uint8_t check[CEA_CHECK_KEYED];
    if (length <= CEA_CHECK_OPEN) {
        return false;
    }
    size_t body = length - CEA_CHECK_OPEN;
    return cea_same(bytes + body, check, cea_open_check(bytes, body, check));
}

static void derive(const uint8_t key[CEA_KEY], const uint8_t *text, size_t length, uint32_t size, uint8_t *out)
{
    struct cea_blake2s digest;
    cea_blake2s_begin(&digest, size, key, CEA_KEY);
    cea_blake2s_add(&digest, text, length);
    cea_blake2s_end(&digest, out);
}

void cea_prove(const uint8_t key[CEA_KEY], uint32_t session, uint32_t boot, const uint8_t nonce_c[CEA_NONCE],
               const uint8_t nonce_a[CEA_NONCE], uint8_t proof[CEA_MAC], uint8_t session_key[CEA_KEY])
{
    enum { LABEL = 8 };
    uint8_t text[LABEL + 1 + 2 * NUMBER + 2 * CEA_NONCE];
    text[LABEL] = CEA_VERSION;
    uint8_t *at = put(put(text + LABEL + 1, session), boot);
    memcpy(at, nonce_c, CEA_NONCE);
    memcpy(at + CEA_NONCE, nonce_a, CEA_NONCE);
    memcpy(text, "ceaproof", LABEL);
    derive(key, text, sizeof text, CEA_MAC, proof);
    memcpy(text, "ceasessn", LABEL);
    derive(key, text, sizeof text, CEA_KEY, session_key);
}
