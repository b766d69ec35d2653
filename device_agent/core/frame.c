#include "frame.h"

#include "crc32.h"

size_t cea_frame_encode(uint8_t *out, const uint8_t *body, size_t length, uint32_t tag, bool idle)
{
    uint8_t *at = out;
    if (idle) {
        *at++ = 0;
    }
    uint32_t check = cea_crc32(0, body, length) ^ tag;
    uint8_t *code = at++;
    uint8_t run = 1;
    for (size_t i = 0; i < length + CEA_CHECK; i++) {
        uint8_t byte;
        if (i < length) {
            byte = body[i];
        } else {
            byte = (uint8_t)check;
            check >>= 8;
        }
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
        if (!decoder->bad && !decoder->left && decoder->length > CEA_CHECK) {
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

bool cea_frame_check(const uint8_t *bytes, size_t length, uint32_t tag)
{
    const uint8_t *end = bytes + length - CEA_CHECK;
    uint32_t check = (uint32_t)end[0] | (uint32_t)end[1] << 8 | (uint32_t)end[2] << 16 | (uint32_t)end[3] << 24;
    return check == (cea_crc32(0, bytes, length - CEA_CHECK) ^ tag);
}

void cea_frame_restart(struct cea_decoder *decoder)
{
    decoder->length = 0;
    decoder->block = 0;
    decoder->left = 0;
    decoder->bad = false;
}
