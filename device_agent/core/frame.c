#include "frame.h"

size_t cea_frame_encode(uint8_t *out, const uint8_t *body, size_t length, const uint8_t *check, size_t check_length,
                        bool idle)
{
    uint8_t *at = out;
    if (idle) {
        *at++ = 0;
    }
    uint8_t *code = at++;
    uint8_t run = 1;
    for (size_t i = 0; i < length + check_length; i++) {
        uint8_t byte = i < length ? body[i] : check[i - length];
        if (run == 0xFF) { /* a full block stands for no zero */
            *code = run;
            code = at++;
            run = 1;
        }
        if (byte) {
            *at++ = byte;
            run++;
        } else {
            *code = run;
            code = at++;
            run = 1;
        }
    }
    *code = run;
    *at++ = 0;
    return (size_t)(at - out);
}

static void collect(struct cea_decoder *decoder, uint8_t byte)
{
    if (decoder->length == CEA_UNSTUFFED) {
        decoder->bad = true;
    } else {
        decoder->bytes[decoder->length++] = byte;
    }
}

bool cea_frame_take(struct cea_decoder *decoder, uint8_t byte)
{
    if (!byte) {
        if (!decoder->bad && !decoder->left && decoder->length >= CEA_UNSTUFFED_LEAST) {
            return true;
        }
        cea_frame_restart(decoder);
    } else if (decoder->bad) {
        return false;
    } else if (decoder->left) {
        decoder->left--;
        collect(decoder, byte);
    } else {
        if (decoder->block && decoder->block != 0xFF) {
            collect(decoder, 0);
        }
        decoder->block = byte;
        decoder->left = (uint8_t)(byte - 1);
    }
    return false;
}

void cea_frame_restart(struct cea_decoder *decoder)
{
    decoder->length = 0;
    decoder->block = 0;
    decoder->left = 0;
    decoder->bad = false;
}
