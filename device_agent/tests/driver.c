/* The core behind a line protocol, for the Python tests: one command a line, one line back.
 *
 * The next command may be sent when the answer to the last one is there.
 *
 *     encode IDLE BODY CHECK    the frame
 *     decode BYTES              what may be frames in BYTES, body and check each, blank between
 *     blake2s SIZE KEY BYTES    the digest, made byte by byte, and made at once after the key ("-" for no BYTES)
 *     open BODY                 checks, as each kind makes them
 *     plain SESSION BOOT ROLE NUMBER BODY
 *     keyed KEY ROLE NUMBER BODY
 *     prove KEY SESSION BOOT NONCE NONCE    "PROOF SESSION-KEY"
 *     program BODY              checks and runs: "answer BODY" or "refused REASON DETAIL"
 *     scribble VALUE BODY       like program, but every byte the worker can write is VALUE before the answer is made
 *     ended OUTCOME JOINING THREAD BODY   like program, but as if the worker had ended, or been ended, like that
 *     check BODY                only checks: "good CALLS" or "refused REASON DETAIL"
 *     worker                    forgets what a new worker would not know
 *     slept                     milliseconds slept since the last time
 *     crc START BYTES           a check
 *     clock RATE SECONDS        microseconds that so many seconds of a performance counter come to
 *     session BOOT KEY          starts over, "-" for no key
 *     fresh BYTES               the 16 random bytes that can be had next, once; "-" for none, as at the start
 *     receive BYTES             a frame, body and check: "REACTION BODY CHECK" of the reply
 *     execute                   runs the oldest run that is held: "BODY CHECK" of the reply, or "none"
 *     advance NUMBER            the number expected next, as if all before had been answered long ago
 *     save, restore             the device's memory, as a snapshot of it does
 *
 * Numbers are decimal, bytes hexadecimal, "-" for none. Input lies right before a page that cannot be
 * touched: to read one byte too many ends the process. */
#include <string.h>

#include "answer.h"
#include "check.h"
#include "clock.h"
#include "crc32.h"
#include "fake_exports.h"
#include "fake_windows.h"
#include "frame.h"
#include "session.h"
#include "words.h"

static struct cea_program program;
static struct cea_shared shared;
static struct cea_session session;
static uint8_t shared_key[CEA_KEY], fresh[CEA_NONCE];
static size_t fresh_length;

static void encode(bool idle, const uint8_t *body, size_t length, const char *check_word)
{
    uint8_t out[CEA_STUFFED], check[CEA_CHECK_KEYED];
    size_t check_length = small(check_word, check, sizeof check);
    put_bytes(out, cea_frame_encode(out, body, length, check, check_length, idle));
}

static void decode(const uint8_t *bytes, size_t length)
{
    static struct cea_decoder decoder;
    memset(&decoder, 0, sizeof decoder);
    for (size_t i = 0; i < length; i++) {
        if (cea_frame_take(&decoder, bytes[i])) {
            put_bytes(decoder.bytes, decoder.length);
            put_text(" ");
            cea_frame_restart(&decoder);
        }
    }
}

static void digest(uint32_t size, const char *key_word, const uint8_t *bytes, size_t length)
{
    struct cea_blake2s made;
    uint8_t key[CEA_BLAKE2S_MOST], out[CEA_BLAKE2S_MOST];
    size_t key_length = small(key_word, key, sizeof key);
    cea_blake2s_begin(&made, size, key, key_length);
    for (size_t i = 0; i < length; i++) {
        cea_blake2s_add(&made, bytes + i, 1);
    }
    cea_blake2s_end(&made, out);
    put_bytes(out, size);
    put_text(" ");
    if (length) {
        cea_blake2s_ready(&made, size, key, key_length);
        cea_blake2s_add(&made, bytes, length);
        cea_blake2s_end(&made, out);
    }
    put_bytes(out, length ? size : 0);
}

static void put_check(const struct cea_seal *seal, const char *role, const char *number, const char *body_word)
{
    size_t length;
    const uint8_t *body = input(body_word, &length);
    uint8_t check[CEA_CHECK_KEYED];
    put_bytes(check, cea_seal_check(seal, (enum cea_role)number_of(role), number_of(number), body, length, check));
}

static void plain(char *word[WORDS])
{
    struct cea_seal seal;
    cea_seal_plain(&seal, number_of(word[1]), number_of(word[2]));
    put_check(&seal, word[3], word[4], word[5]);
}

static void keyed(char *word[WORDS])
{
    struct cea_seal seal;
    uint8_t key[CEA_KEY];
    small(word[1], key, sizeof key);
    cea_seal_keyed(&seal, key);
    put_check(&seal, word[2], word[3], word[4]);
}

static void prove(char *word[WORDS])
{
    uint8_t key[CEA_KEY], nonce_c[CEA_NONCE], nonce_a[CEA_NONCE], proof[CEA_MAC], made[CEA_KEY];
    small(word[1], key, sizeof key);
    small(word[4], nonce_c, sizeof nonce_c);
    small(word[5], nonce_a, sizeof nonce_a);
    cea_prove(key, number_of(word[2]), number_of(word[3]), nonce_c, nonce_a, proof, made);
    put_bytes(proof, sizeof proof);
    put_text(" ");
    put_bytes(made, sizeof made);
}

static bool checked(const uint8_t *body, size_t length)
{
    uint32_t detail = 0;
    enum cea_error error = cea_check(&program, &shared, body, length, &detail);
    if (error) {
        put_text("refused ");
        put_number(error);
        put_text(" ");
        put_number(detail);
    }
    return error == CEA_OK;
}

/* What the supervisor and its worker do with a program that was checked. */
static void execute(const uint8_t *body, size_t length)
{
    if (program.fresh) {
        cea_forget_worker(&program, &shared);
    }
    cea_load(&program, &shared, body, length);
    cea_interpret(&shared, &fake_machine);
}

static void put_answer(const uint8_t *body)
{
    uint8_t out[CEA_FRAME];
    put_text("answer ");
    put_bytes(out, cea_answer(out, &program, &shared, body[2] == 0x18 ? body[3] : body[2]));
}

static void run(const uint8_t *body, size_t length)
{
    if (checked(body, length)) {
        execute(body, length);
        put_answer(body);
    }
}

static void scribble(const uint8_t *body, size_t length, uint8_t value)
{
    if (checked(body, length)) {
        execute(body, length);
        memset(&shared, value, sizeof shared);
        put_answer(body);
    }
}

/* As if the worker had come to its end while its main thread waited for thread `joining` (in `current`, or 0). What faulted is
 * thread `thread` (likewise), at an address with a bit in every byte. */
static void end(const uint8_t *body, size_t length, enum cea_outcome outcome, uint32_t joining, uint32_t thread)
{
    if (checked(body, length)) {
        execute(body, length);
        shared.joining = joining;
        program.end.outcome = outcome;
        program.end.detail = UINT32_C(0xC0000005);
        program.end.thread = thread ? shared.thread[thread - 1] : 0;
        program.end.located = thread != 0;
        program.end.address = (cea_word)UINT64_C(0x8070605040302010);
        put_answer(body);
    }
}

static void check(const uint8_t *body, size_t length)
{
    if (checked(body, length)) {
        put_text("good ");
        put_number(program.calls);
    }
}

static void tell_time(uint32_t rate, uint32_t seconds)
{
    fake_rate = rate;
    fake_counter = UINT64_C(0xFFFFFFFF);
    clock_prepare();
    uint32_t start = clock_ticks();
    fake_counter += (uint64_t)rate * seconds;
    put_number(clock_microseconds(clock_ticks() - start));
}

static bool draw(uint8_t *bytes, size_t length)
{
    bool enough = fresh_length == length;
    if (enough) {
        memcpy(bytes, fresh, length);
    }
    fresh_length = 0;
    return enough;
}

static void start_session(uint32_t boot, const char *key_word)
{
    static const char *const missing[] = {"ws2"};
    memset(&session, 0, sizeof session);
    memset(&program, 0, sizeof program);
    session.boot = boot;
    session.key = small(key_word, shared_key, sizeof shared_key) ? shared_key : NULL;
    session.random = draw;
    session.build = "ceagent test";
    session.missing = missing;
    session.missing_count = 1;
    fresh_length = 0;
}

static void advance(uint32_t number)
{
    session.next = session.oldest = number;
    memset(session.messages, 0, sizeof session.messages);
}

static void snapshot(bool back)
{
    static struct cea_session saved_session;
    static struct cea_program saved_program;
    static struct cea_shared saved_shared;
    memcpy(back ? &session : &saved_session, back ? &saved_session : &session, sizeof session);
    memcpy(back ? &program : &saved_program, back ? &saved_program : &program, sizeof program);
    memcpy(back ? &shared : &saved_shared, back ? &saved_shared : &shared, sizeof shared);
}

static void print_reply(const struct cea_reply *reply)
{
    put_bytes(reply->body, reply->length);
    put_text(" ");
    put_bytes(reply->check, reply->check_length);
}

static void receive(const uint8_t *bytes, size_t length)
{
    struct cea_reply reply;
    enum cea_reaction reaction = cea_session_receive(&session, bytes, length, &reply);
    if (reaction == CEA_OPENED) {
        cea_forget_worker(&program, &shared);
        cea_forget_session(&program);
    }
    put_number(reaction);
    put_text(" ");
    print_reply(&reply);
}

static void execute_held(void)
{
    struct cea_reply reply;
    uint32_t detail = 0;
    const struct cea_message *run = cea_session_waiting(&session);
    if (!run) {
        put_text("none");
        return;
    }
    struct cea_message *answer = cea_session_answer(&session);
    enum cea_error error = cea_check(&program, &shared, run->body, run->length, &detail);
    if (error) {
        answer->length = (uint32_t)cea_message_refusal(answer->body, (uint8_t)answer->number, error, detail);
    } else {
        execute(run->body, run->length);
        answer->length = (uint32_t)cea_answer(answer->body, &program, &shared, (uint8_t)answer->number);
    }
    cea_session_answered(&session, &reply);
    print_reply(&reply);
}

static void obey(char *word[WORDS])
{
    size_t length;
    const uint8_t *bytes;
    if (is(word[0], "encode")) {
        bytes = input(word[2], &length);
        encode(number_of(word[1]) == 1, bytes, length, word[3]);
    } else if (is(word[0], "decode")) {
        bytes = input(word[1], &length);
        decode(bytes, length);
    } else if (is(word[0], "blake2s")) {
        bytes = input(word[3], &length);
        digest(number_of(word[1]), word[2], bytes, length);
    } else if (is(word[0], "open")) {
        uint8_t check[CEA_CHECK_KEYED];
        bytes = input(word[1], &length);
        put_bytes(check, cea_open_check(bytes, length, check));
    } else if (is(word[0], "plain")) {
        plain(word);
    } else if (is(word[0], "keyed")) {
        keyed(word);
    } else if (is(word[0], "prove")) {
        prove(word);
    } else if (is(word[0], "program")) {
        bytes = input(word[1], &length);
        run(bytes, length);
    } else if (is(word[0], "scribble")) {
        bytes = input(word[2], &length);
        scribble(bytes, length, (uint8_t)number_of(word[1]));
    } else if (is(word[0], "ended")) {
        bytes = input(word[4], &length);
        end(bytes, length, (enum cea_outcome)number_of(word[1]), number_of(word[2]), number_of(word[3]));
    } else if (is(word[0], "check")) {
        bytes = input(word[1], &length);
        check(bytes, length);
    } else if (is(word[0], "worker")) {
        cea_forget_worker(&program, &shared);
    } else if (is(word[0], "slept")) {
        put_number(fake_slept());
    } else if (is(word[0], "crc")) {
        bytes = input(word[2], &length);
        put_number(cea_crc32(number_of(word[1]), bytes, length));
    } else if (is(word[0], "clock")) {
        tell_time(number_of(word[1]), number_of(word[2]));
    } else if (is(word[0], "session")) {
        start_session(number_of(word[1]), word[2]);
    } else if (is(word[0], "fresh")) {
        fresh_length = small(word[1], fresh, sizeof fresh);
    } else if (is(word[0], "receive")) {
        bytes = input(word[1], &length);
        receive(bytes, length);
    } else if (is(word[0], "advance")) {
        advance(number_of(word[1]));
    } else if (is(word[0], "save") || is(word[0], "restore")) {
        snapshot(is(word[0], "restore"));
    } else if (is(word[0], "execute")) {
        execute_held();
    } else {
        put_text("what?");
    }
}

int test_main(void)
{
    char *word[WORDS];
    words_prepare();
    cea_crc32_prepare();
    start_session(1, "-");
    while (next_words(word)) {
        obey(word);
        end_line();
    }
    return 0;
}
