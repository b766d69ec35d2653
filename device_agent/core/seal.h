/* What a frame bears behind its body: open, plain and keyed checks, and the proof from which a session's key
 * comes. See docs/protocol.md, "Frames" and "Keys". */
#ifndef CEA_SEAL_H
#define CEA_SEAL_H

#include "blake2s.h"

enum {
    CEA_KEY = 32,       /* bytes of a pre-shared key and of a session key */
    CEA_NONCE = 16,
    CEA_MAC = 16,       /* of a proof */
    CEA_CHECK_OPEN = 4, /* bytes of an open and of a plain check */
    CEA_CHECK_KEYED = 8
};

enum cea_role { CEA_BY_CONTROLLER = 0, CEA_BY_AGENT = 1, CEA_BY_WELCOME = 2 };

/* The checks of one session. All zero: of none, its checks are never good. */
struct cea_seal {
    uint32_t size;          /* bytes of a check: CEA_CHECK_OPEN, CEA_CHECK_KEYED, 0 for none */
    uint32_t place;         /* plain: CRC-32 of session and boot */
    struct cea_blake2s key; /* keyed: begun with the session key */
};

void cea_seal_plain(struct cea_seal *seal, uint32_t session, uint32_t boot);
void cea_seal_keyed(struct cea_seal *seal, const uint8_t session_key[CEA_KEY]);

/* Writes the check of `body` and returns how many bytes it has (seal->size). `number` is the program's, all 32 bits. */
uint32_t cea_seal_check(const struct cea_seal *seal, enum cea_role role, uint32_t number, const uint8_t *body,
                        size_t length, uint8_t check[CEA_CHECK_KEYED]);

/* Whether the last bytes of a frame are the check of those before. The body has length - seal->size bytes. Takes
 * the same time wherever the two differ. */
bool cea_seal_good(const struct cea_seal *seal, enum cea_role role, uint32_t number, const uint8_t *bytes,
                   size_t length);

/* The same for what belongs to no session: CRC-32 of the body. */
uint32_t cea_open_check(const uint8_t *body, size_t length, uint8_t check[CEA_CHECK_KEYED]);
bool cea_open_good(const uint8_t *bytes, size_t length);

/* What both sides compute of a handshake. nonce_c is the controller's, nonce_a the agent's. */
void cea_prove(const uint8_t key[CEA_KEY], uint32_t session, uint32_t boot, const uint8_t nonce_c[CEA_NONCE],
               const uint8_t nonce_a[CEA_NONCE], uint8_t proof[CEA_MAC], uint8_t session_key[CEA_KEY]);

/* Whether both are equal. Takes the same time wherever they differ. */
bool cea_same(const uint8_t *one, const uint8_t *other, size_t length);

#endif
