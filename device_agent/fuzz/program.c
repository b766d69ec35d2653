/* Fuzzes checking, loading, executing and answering programs. An input is a row of `run` messages for one
 * session, each behind two bytes of length (little-endian) and one byte that says how wild its calls get. */
#include <string.h>

#include "crc32.h"
#include "check.h"
#include "machine.h"
#include "message.h"

static struct cea_program program;
static struct cea_shared shared;

static void message(const uint8_t *body, size_t length, uint8_t wild)
{
    static uint8_t out[CEA_FRAME];
    struct cea_head head = {0};
    bool answerable;
    uint32_t detail;
    /* The supervisor checks nothing that the session has not taken. */
    if (cea_message_head(&head, body, length, &answerable, &detail) == CEA_OK && head.type == CEA_RUN) {
        fuzz_expect_cbor(out, fuzz_run(&program, &shared, body, length, head.seq, wild, out));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cea_crc32_prepare();
    memset(&program, 0, sizeof program);
    cea_forget_worker(&program, &shared);
    cea_forget_session(&program);
    while (size > 3) {
        size_t length = data[0] | (size_t)data[1] << 8;
        uint8_t wild = data[2];
        data += 3;
        size -= 3;
        length = length < size ? length : size;
        length = length < CEA_FRAME ? length : CEA_FRAME;
        message(data, length, wild);
        data += length;
        size -= length;
    }
    return 0;
}
