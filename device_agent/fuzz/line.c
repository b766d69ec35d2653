/* Fuzzes what arrives on the line: frames, sessions, handshakes, and the programs that get through.
 *
 * An input begins with one byte of settings (bit 0: the agent has a key; bit 1: a controller with the right key, or
 * none where none is needed, has opened a session; bit 2: no random bytes are to be had afterwards). Actions follow,
 * one byte each, and what each needs:
 *
 *     0  length, bytes          go to the decoder as they are
 *     1  length, body           a frame with an open check
 *     2  length, offset, body   a frame of the session, its number that far (signed) from the next one
 *     3                         the oldest run that is held is executed and answered
 *     4                         what was sent as action 2 last, once more
 *
 * Lengths are two bytes, little-endian; in action 0 the highest bit says that one byte follows, to be repeated. Whatever arrives: without a good handshake an agent with a key executes
 * nothing, programs are executed in the order of their numbers, each once, and every reply is one CBOR item. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "crc32.h"
#include "machine.h"
#include "session.h"

enum { SESSION = 0x1A2B3C4D, BOOT = 0xB007 };

static const uint8_t key[CEA_KEY] = "fuzzing";
static const char *const missing[] = {"ws2"};
static struct cea_session session;
static struct cea_program program;
static struct cea_shared shared;
static struct cea_decoder decoder;
static uint8_t last[CEA_FRAME]; /* body of the last frame of the session */
static size_t last_length;
static uint32_t last_number;
static bool dry;           /* there are no random bytes now */
static bool may_open;      /* the harness itself shows the key now */
static size_t patience;    /* bytes that may still be repeated, or inputs get slow */
static uint32_t executing; /* number of the program that is to be executed next */

/* Of the handshake that is none of the input's, the input may know the proof; it is good for that one alone. */
static bool draw(uint8_t *bytes, size_t length)
{
    memset(bytes, may_open ? 0x5A : 0xA5, length);
    return !dry;
}

static void expect(bool good)
{
    if (!good) {
        abort();
    }
}

static void receive(const uint8_t *bytes, size_t length)
{
    struct cea_reply reply;
    enum cea_reaction reaction = cea_session_receive(&session, bytes, length, &reply);
    if (reply.length) {
        fuzz_expect_cbor(reply.body, reply.length);
        expect(reply.check_length == CEA_CHECK_OPEN || reply.check_length == CEA_CHECK_KEYED);
    }
    if (reaction == CEA_OPENED || reaction == CEA_RESUMED) {
        expect(!session.key || may_open);
    }
    if (reaction == CEA_OPENED) {
        cea_forget_worker(&program, &shared);
        cea_forget_session(&program);
        executing = 0;
    }
    expect(session.next - session.oldest <= CEA_WINDOW);
}

static void arrive(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (cea_frame_take(&decoder, bytes[i])) {
            receive(decoder.bytes, decoder.length);
            cea_frame_restart(&decoder);
        }
    }
}

static void send_frame(const uint8_t *body, size_t length, const uint8_t *check, uint32_t check_length)
{
    static uint8_t frame[CEA_STUFFED];
    arrive(frame, cea_frame_encode(frame, body, length, check, check_length, true));
}

static void send_open(const uint8_t *body, size_t length)
{
    uint8_t check[CEA_CHECK_KEYED];
    uint32_t check_length = cea_open_check(body, length, check);
    send_frame(body, length, check, check_length);
}

static void send_sealed(const uint8_t *body, size_t length, uint32_t number)
{
    uint8_t check[CEA_CHECK_KEYED];
    if (session.seal.size) {
        uint32_t check_length = cea_seal_check(&session.seal, CEA_BY_CONTROLLER, number, body, length, check);
        send_frame(body, length, check, check_length);
    }
}

static void execute(void)
{
    struct cea_reply reply;
    const struct cea_message *run = cea_session_waiting(&session);
    if (!run) {
        return;
    }
    expect(session.seal.size == (session.key ? CEA_CHECK_KEYED : CEA_CHECK_OPEN));
    expect(run->number == executing++);
    struct cea_message *answer = cea_session_answer(&session);
    answer->length =
        (uint32_t)fuzz_run(&program, &shared, run->body, run->length, (uint8_t)answer->number, 0, answer->body);
    cea_session_answered(&session, &reply);
    fuzz_expect_cbor(reply.body, reply.length);
}

/* What a controller does that has the key. */
static void open_session(void)
{
    static const uint8_t plain[] = {0x83, 0, CEA_VERSION, 0x1A, 0x1A, 0x2B, 0x3C, 0x4D};
    uint8_t hello[8 + 1 + CEA_NONCE] = {0x84, 0, CEA_VERSION, 0x1A, 0x1A, 0x2B, 0x3C, 0x4D, 0x50};
    uint8_t proof[7 + 1 + CEA_MAC] = {0x83, 7, 0x1A, 0x1A, 0x2B, 0x3C, 0x4D, 0x50};
    uint8_t nonce[CEA_NONCE], unused[CEA_KEY];
    if (!session.key) {
        send_open(plain, sizeof plain);
        return;
    }
    may_open = true;
    send_open(hello, sizeof hello);
    draw(nonce, sizeof nonce);
    cea_prove(key, SESSION, BOOT, hello + 9, nonce, proof + 8, unused);
    send_open(proof, sizeof proof);
    may_open = false;
    expect(session.id == SESSION);
}

static size_t take(const uint8_t **data, size_t *size, size_t count, const uint8_t **taken)
{
    count = count < *size ? count : *size;
    *taken = *data;
    *data += count;
    *size -= count;
    return count;
}

static size_t length_of(const uint8_t **data, size_t *size)
{
    const uint8_t *bytes;
    size_t got = take(data, size, 2, &bytes), length = got == 2 ? bytes[0] | (size_t)bytes[1] << 8 : 0;
    return length < CEA_FRAME ? length : CEA_FRAME;
}

/* Action 0: bytes as they are, or one of them many times, for frames that never end. */
static void arrive_raw(const uint8_t **data, size_t *size)
{
    const uint8_t *bytes, *high = *data + 1;
    bool repeated = *size >= 2 && *high & 0x80;
    size_t length = length_of(data, size);
    if (!repeated) {
        length = take(data, size, length, &bytes);
        arrive(bytes, length);
    } else if (take(data, size, 1, &bytes) == 1) {
        for (length = *high << 8 & 0x7F00; length && patience; length--, patience--) {
            arrive(bytes, 1);
        }
    }
}

static void act(uint8_t action, const uint8_t **data, size_t *size)
{
    const uint8_t *bytes, *offset;
    size_t length;
    switch (action % 5) {
    case 0:
        arrive_raw(data, size);
        break;
    case 1:
        length = take(data, size, length_of(data, size), &bytes);
        send_open(bytes, length);
        break;
    case 2:
        length = length_of(data, size);
        if (take(data, size, 1, &offset) == 1) {
            last_length = take(data, size, length, &bytes);
            last_number = session.next + (uint32_t)(int8_t)*offset;
            memcpy(last, bytes, last_length);
            send_sealed(last, last_length, last_number);
        }
        break;
    case 3:
        execute();
        break;
    default:
        send_sealed(last, last_length, last_number);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *settings, *action;
    cea_crc32_prepare();
    memset(&session, 0, sizeof session);
    memset(&program, 0, sizeof program);
    memset(&decoder, 0, sizeof decoder);
    cea_forget_worker(&program, &shared);
    cea_forget_session(&program);
    session.boot = BOOT;
    session.build = CEA_BUILD;
    session.missing = missing;
    session.missing_count = sizeof missing / sizeof missing[0];
    session.random = draw;
    executing = 0;
    patience = 3 * CEA_UNSTUFFED;
    last_length = 0;
    last_number = 0;
    if (!take(&data, &size, 1, &settings)) {
        return 0;
    }
    session.key = *settings & 1 ? key : NULL;
    dry = false;
    if (*settings & 2) {
        open_session();
    }
    dry = *settings & 4;
    while (take(&data, &size, 1, &action)) {
        act(*action, &data, &size);
    }
    if (session.key && !(*settings & 2)) {
        expect(session.id == 0 && session.next == 0);
    }
    return 0;
}
