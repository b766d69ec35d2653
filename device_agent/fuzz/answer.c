/* Fuzzes what the supervisor does beside a worker that is gone wild: checking, loading and answering a program while
 * somebody writes over the memory that both see.
 *
 * An input begins with two bytes of length (little-endian) and a `run` message. A byte follows (bit 0: the program is
 * executed; bits 1 and 2: what its end was), then seven bytes for each thing that is written:
 *
 *     when                 0: at once; else its square says how many functions of the core are entered before
 *     where                one byte for a part of the memory, two (little-endian) for a place in it
 *     what                 two bytes (little-endian), of which more are made
 *     how much             bytes, times 16 to the power of the part's highest two bits
 *
 * Whatever is written, the answer is whole, no longer than a frame, and one to this program. */
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "check.h"
#include "crc32.h"
#include "machine.h"
#include "message.h"
#include "skip.h"

enum { RECORD = 7, PARTS = 8 };

static struct cea_program program;
static struct cea_shared shared;
static const uint8_t *records, *records_end;
static unsigned functions; /* entered since something was written last */
static bool armed;

/* With -finstrument-functions, at the beginning of every function of the core. */
__attribute__((no_instrument_function)) void __cyg_profile_func_enter(void *function, void *caller);
__attribute__((no_instrument_function)) void __cyg_profile_func_exit(void *function, void *caller);

__attribute__((no_instrument_function)) static void write_over(const uint8_t *record)
{
#define PART(member) {offsetof(struct cea_shared, member), sizeof shared.member}
    static const struct {
        size_t offset, size;
    } parts[PARTS] = {PART(exports), PART(current),
                      /* from `runs` to `outcome_detail` */
                      {offsetof(struct cea_shared, runs), 4 * sizeof shared.runs},
                      PART(call), PART(run), PART(slot), PART(code), PART(arena)};
    unsigned part = record[1] % PARTS, power = record[1] >> 6;
    size_t place = (record[2] | (size_t)record[3] << 8) * 2, count = (size_t)record[6] << (4 * power);
    uint32_t value = record[4] | (uint32_t)record[5] << 8;
    place = parts[part].offset + place % parts[part].size;
    if (power == 3) { /* everything */
        place = 0;
        count = sizeof shared;
    }
    uint8_t *at = (uint8_t *)&shared + place;
    count = count < sizeof shared - place ? count : sizeof shared - place;
    while (count--) {
        *at++ = (uint8_t)value;
        value = value >> 8 | ((value ^ value >> 3 ^ value >> 5) & 0xFF) << 8; /* 0 stays 0 */
    }
}

__attribute__((no_instrument_function)) static void go_on(void)
{
    while (armed && records_end - records >= RECORD && (unsigned)records[0] * records[0] <= functions) {
        write_over(records);
        records += RECORD;
        functions = 0;
    }
    functions++;
}

void __cyg_profile_func_enter(void *function, void *caller)
{
    (void)function;
    (void)caller;
    go_on();
}

void __cyg_profile_func_exit(void *function, void *caller)
{
    (void)function;
    (void)caller;
}

/* [3, seq, values, times, ? details], one item, and no more values than calls. */
static void expect_answer(const uint8_t *body, size_t length, uint8_t seq)
{
    const uint8_t *at = body, *end = body + length;
    fuzz_expect_cbor(body, length);
    size_t elements = cea_skip_header(&at, end, 4);
    if ((elements != 4 && elements != 5) || *at++ != CEA_ANSWER || (seq < 24 ? *at != seq : at[1] != seq)) {
        abort();
    }
    cea_skip(&at, end);
    if (*at++ == 0xD8) { /* a typed array */
        at++;
        size_t bytes = *at == 0x58 ? at[1] : *at == 0x59 ? (size_t)at[1] << 8 | at[2] : *at & 0x1F;
        if (bytes > program.calls * sizeof(cea_word)) {
            abort();
        }
    } else if (program.calls != 1) {
        abort();
    }
}

static void answer(const uint8_t *body, size_t length, uint8_t settings, uint8_t seq)
{
    static struct cea_program before;
    static uint8_t out[CEA_FRAME];
    uint32_t detail = 0;
    armed = !(settings & 1);
    enum cea_error error = cea_check(&program, &shared, body, length, &detail);
    armed = false;
    if (error) {
        fuzz_expect_cbor(out, cea_message_refusal(out, seq, error, detail));
        return;
    }
    armed = !(settings & 1);
    cea_load(&program, &shared, body, length);
    armed = false;
    if (settings & 1) {
        fuzz_interpret(&program, &shared);
    }
    program.end.outcome = (enum cea_outcome)(settings >> 1 & 3);
    program.end.thread = shared.thread[0];
    program.end.located = settings >> 3 & 1;
    memcpy(&before, &program, sizeof before);
    armed = true;
    functions = 0;
    go_on();
    size_t made = cea_answer(out, &program, &shared, seq);
    armed = false;
    expect_answer(out, made, seq);
    if (memcmp(&before, &program, sizeof before) != 0) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cea_head head = {0};
    bool answerable;
    uint32_t detail;
    cea_crc32_prepare();
    memset(&program, 0, sizeof program);
    memset(&shared, 0, sizeof shared);
    if (size < 3) {
        return 0;
    }
    size_t length = data[0] | (size_t)data[1] << 8, rest = size - 3;
    length = length < rest ? length : rest;
    records = data + 2 + length + 1;
    records_end = data + size;
    if (cea_message_head(&head, data + 2, length, &answerable, &detail) == CEA_OK && head.type == CEA_RUN) {
        answer(data + 2, length, data[2 + length], head.seq);
    }
    return 0;
}
