/* Frames on the line: COBS of body and check, then a zero byte. Whether a check is good is for the session to say. */
#ifndef CEA_FRAME_H
#define CEA_FRAME_H

#include "seal.h"

enum {
    CEA_UNSTUFFED_LEAST = 1 + CEA_CHECK_OPEN,          /* the shortest body and check */
    CEA_UNSTUFFED = CEA_FRAME + CEA_CHECK_KEYED,       /* the longest */
    CEA_STUFFED = CEA_UNSTUFFED + CEA_UNSTUFFED / 254 + 3 /* longest frame, both zeros included */
};

/* Writes one frame to `out` (CEA_STUFFED bytes are always enough) and returns
 * its length. `out` must not overlap `body`. `idle` puts a zero in front. */
size_t cea_frame_encode(uint8_t *out, const uint8_t *body, size_t length, const uint8_t *check, size_t check_length,
                        bool idle);

/* Collects a frame out of single bytes. Zero it to start or to start over. */
struct cea_decoder {
    uint32_t length; /* bytes collected */
    uint8_t block;   /* code byte of the present block, 0 before the first */
    uint8_t left;    /* bytes left in it */
    bool bad;        /* drop everything up to the next zero */
    uint8_t bytes[CEA_UNSTUFFED];
};

/* Takes one byte. True when it ended something that may be body and check (CEA_UNSTUFFED_LEAST to
 * CEA_UNSTUFFED bytes): hand bytes and length to cea_session_receive, then call cea_frame_restart. */
bool cea_frame_take(struct cea_decoder *decoder, uint8_t byte);

void cea_frame_restart(struct cea_decoder *decoder);

#endif
