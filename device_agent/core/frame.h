/* Frames on the line: COBS of (body, CRC-32 XOR tag), then a zero byte. */
#ifndef CEA_FRAME_H
#define CEA_FRAME_H

#include "cea.h"

enum {
    CEA_CHECK = 4,                                     /* bytes of the check */
    CEA_UNSTUFFED = CEA_FRAME + CEA_CHECK,             /* body and check */
    CEA_STUFFED = CEA_UNSTUFFED + CEA_UNSTUFFED / 254 + 3 /* longest frame, both zeros included */
};

/* Writes one frame to `out` (CEA_STUFFED bytes are always enough) and returns
 * its length. `out` must not overlap `body`. `idle` puts a zero in front. */
size_t cea_frame_encode(uint8_t *out, const uint8_t *body, size_t length, uint32_t tag, bool idle);

/* Collects a frame out of single bytes. Zero it to start or to start over. */
struct cea_decoder {
    uint32_t length; /* bytes collected */
    uint8_t block;   /* code byte of the present block, 0 before the first */
    uint8_t left;    /* bytes left in it */
    bool bad;        /* drop everything up to the next zero */
    uint8_t bytes[CEA_UNSTUFFED];
};

/* Takes one byte. True when it ended something with at least a one-byte body
 * and a check: then call cea_frame_check, then cea_frame_restart. */
bool cea_frame_take(struct cea_decoder *decoder, uint8_t byte);

/* Whether the collected check belongs to the body and `tag`. The body is the first
 * `length - CEA_CHECK` of `bytes`. */
bool cea_frame_check(const uint8_t *bytes, size_t length, uint32_t tag);

void cea_frame_restart(struct cea_decoder *decoder);

#endif
