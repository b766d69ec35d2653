/* The messages but `run` and `answer`: see check.h and answer.h for those. */
#ifndef CEA_MESSAGE_H
#define CEA_MESSAGE_H

#include "seal.h"

/* The first elements of a message from the controller. */
struct cea_head {
    uint8_t type;         /* CEA_HELLO, CEA_RUN or CEA_PROOF */
    uint8_t seq;          /* of a run */
    uint32_t version;     /* of a hello */
    uint32_t session;     /* of a hello of our version and of a proof; never 0 */
    const uint8_t *nonce; /* of a hello: CEA_NONCE bytes in the message, or null when it has none */
    const uint8_t *mac;   /* of a proof: CEA_MAC bytes in the message */
};

/* Reads them. CEA_OK; CEA_BAD_VERSION (version is set); CEA_MALFORMED for a
 * hello or a proof that says no more, *detail is the offset of the bad item. For anything else, a run without a
 * readable number included, *answerable is false: no refusal could name it. */
enum cea_error cea_message_head(struct cea_head *head, const uint8_t *body, size_t length, bool *answerable,
                                uint32_t *detail);

enum { CEA_SHORT = 512 };

/* Each writes one message to `out` (of CEA_SHORT bytes) and returns its length. `missing` is a
 * list of `missing_count` texts; they and `build` are the agent's own, and short. */
size_t cea_message_welcome(uint8_t *out, uint32_t session, uint32_t boot, uint32_t next, const char *build,
                           const char *const *missing, size_t missing_count);
size_t cea_message_challenge(uint8_t *out, uint32_t session, uint32_t boot, const uint8_t nonce[CEA_NONCE]);
size_t cea_message_refusal(uint8_t *out, uint8_t seq, enum cea_error reason, uint32_t detail);
size_t cea_message_working(uint8_t *out, uint8_t seq);

#endif
