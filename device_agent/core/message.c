#include "message.h"

#include <string.h>

#include "skip.h"
#include "zcbor_decode.h"
#include "zcbor_encode.h"

/* A string of exactly `size` bytes. */
static bool take_bytes(zcbor_state_t *cbor, size_t size, const uint8_t **bytes)
{
    const uint8_t *start = cbor->payload;
    struct zcbor_string string;
    if (!zcbor_bstr_decode(cbor, &string)) {
        return false;
    }
    if (string.len != size) {
        cbor->payload = start;
        return false;
    }
    *bytes = string.value;
    return true;
}

static bool take_session(zcbor_state_t *cbor, uint32_t *session)
{
    const uint8_t *start = cbor->payload;
    if (!zcbor_uint32_decode(cbor, session)) {
        return false;
    }
    if (*session == 0) {
        cbor->payload = start;
        return false;
    }
    return true;
}

enum cea_error cea_message_head(struct cea_head *head, const uint8_t *body, size_t length, bool *answerable,
                                uint32_t *detail)
{
    const uint8_t *at = body, *end = body + length;
    size_t elements = cea_skip_header(&at, end, 4);
    uint32_t type, seq;
    *answerable = false;
    *detail = 0;
    if (elements == SIZE_MAX) {
        return CEA_MALFORMED;
    }
    ZCBOR_STATE_D(cbor, 0, at, (size_t)(end - at), elements, 0);
    if (!zcbor_uint32_decode(cbor, &type)) {
        return CEA_MALFORMED;
    }
    if (type == CEA_RUN) {
        if (!zcbor_uint32_decode(cbor, &seq) || seq > 0xFF) {
            return CEA_MALFORMED;
        }
        *answerable = true;
        head->type = CEA_RUN;
        head->seq = (uint8_t)seq;
        return CEA_OK;
    }
    if (type != CEA_HELLO && type != CEA_PROOF) {
        return CEA_MALFORMED;
    }
    *answerable = true;
    head->type = (uint8_t)type;
    head->nonce = head->mac = NULL;
    bool good;
    if (type == CEA_HELLO) {
        good = zcbor_uint32_decode(cbor, &head->version);
        if (good && head->version != CEA_VERSION) {
            return CEA_BAD_VERSION;
        }
        good = good && take_session(cbor, &head->session) &&
               (elements == 3 || take_bytes(cbor, CEA_NONCE, &head->nonce));
    } else {
        good = take_session(cbor, &head->session) && take_bytes(cbor, CEA_MAC, &head->mac);
    }
    *detail = (uint32_t)(cbor->payload - body);
    return good && cbor->elem_count == 0 && cbor->payload == end ? CEA_OK : CEA_MALFORMED;
}

size_t cea_message_welcome(uint8_t *out, uint32_t session, uint32_t boot, uint32_t next, const char *build,
                           const char *const *missing, size_t missing_count)
{
    static const uint32_t limits[] = {CEA_WORD, CEA_FRAME,   CEA_WINDOW, CEA_ARENA, CEA_SLOTS,  CEA_BUFFERS,
                                      CEA_KEPT, CEA_EXPORTS, CEA_DEPTH,  CEA_ARITY, CEA_THREADS};
    enum { LIMITS = sizeof limits / sizeof limits[0] };
    ZCBOR_STATE_E(cbor, 3, out, CEA_SHORT, 1);
    zcbor_list_start_encode(cbor, 8);
    zcbor_uint32_put(cbor, CEA_WELCOME);
    zcbor_uint32_put(cbor, CEA_VERSION);
    zcbor_uint32_put(cbor, session);
    zcbor_uint32_put(cbor, boot);
    zcbor_uint32_put(cbor, next);
    zcbor_list_start_encode(cbor, LIMITS);
    for (size_t i = 0; i < LIMITS; i++) {
        zcbor_uint32_put(cbor, limits[i]);
    }
    zcbor_list_end_encode(cbor, LIMITS);
    zcbor_tstr_encode_ptr(cbor, build, strlen(build));
    zcbor_list_start_encode(cbor, missing_count);
    for (size_t i = 0; i < missing_count; i++) {
        zcbor_tstr_encode_ptr(cbor, missing[i], strlen(missing[i]));
    }
    zcbor_list_end_encode(cbor, missing_count);
    zcbor_list_end_encode(cbor, 8);
    return (size_t)(cbor->payload - out);
}

size_t cea_message_challenge(uint8_t *out, uint32_t session, uint32_t boot, const uint8_t nonce[CEA_NONCE])
{
    ZCBOR_STATE_E(cbor, 1, out, CEA_SHORT, 1);
    zcbor_list_start_encode(cbor, 4);
    zcbor_uint32_put(cbor, CEA_CHALLENGE);
    zcbor_uint32_put(cbor, session);
    zcbor_uint32_put(cbor, boot);
    zcbor_bstr_encode_ptr(cbor, (const char *)nonce, CEA_NONCE);
    zcbor_list_end_encode(cbor, 4);
    return (size_t)(cbor->payload - out);
}

size_t cea_message_refusal(uint8_t *out, uint8_t seq, enum cea_error reason, uint32_t detail)
{
    ZCBOR_STATE_E(cbor, 1, out, CEA_SHORT, 1);
    zcbor_list_start_encode(cbor, 4);
    zcbor_uint32_put(cbor, CEA_REFUSAL);
    zcbor_uint32_put(cbor, seq);
    zcbor_uint32_put(cbor, reason);
    zcbor_uint32_put(cbor, detail);
    zcbor_list_end_encode(cbor, 4);
    return (size_t)(cbor->payload - out);
}

size_t cea_message_working(uint8_t *out, uint8_t seq)
{
    ZCBOR_STATE_E(cbor, 1, out, CEA_SHORT, 1);
    zcbor_list_start_encode(cbor, 2);
    zcbor_uint32_put(cbor, CEA_WORKING);
    zcbor_uint32_put(cbor, seq);
    zcbor_list_end_encode(cbor, 2);
    return (size_t)(cbor->payload - out);
}
