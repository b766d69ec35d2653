#include "check.h"

#include <string.h>

#include "buffers.h"
#include "compile.h"
#include "exports.h"
#include "reader.h"
#include "skip.h"

enum { STEPS, BUFFERS, EXPORTS, OPTIONS, PARTS, HEAD = 2 };

struct message {
    const uint8_t *body, *end;
    const uint8_t *part[PARTS]; /* null: left out */
};

/* Finds the parts. False, and *bad at the item that is wrong. */
static bool split(struct message *message, const uint8_t *body, size_t length, const uint8_t **bad)
{
    const uint8_t *at = body, *end = body + length;
    memset(message, 0, sizeof *message);
    message->body = body;
    message->end = end;
    size_t parts = cea_skip_header(&at, end, 4);
    bool good = parts > HEAD && parts <= HEAD + PARTS;
    for (size_t i = 0; good && i < parts; i++) {
        if (i >= HEAD) {
            message->part[i - HEAD] = at;
        }
        good = cea_skip(&at, end);
    }
    *bad = at;
    return good && at == end;
}

/* The reader at one part of the message; null if it was left out. */
static struct cea_reader *look_at(struct cea_reader *reader, const struct message *message, unsigned part)
{
    if (!message->part[part]) {
        return NULL;
    }
    cea_read(reader, message->part[part], message->end);
    return reader;
}

static bool options(struct cea_program *program, struct cea_reader *reader)
{
    uint32_t key;
    program->deadline = 5000;
    program->fresh = false;
    if (!reader) {
        return true;
    }
    if (!zcbor_map_start_decode(reader->cbor)) {
        return false;
    }
    for (uint32_t expected = 0; cea_more(reader); expected = key + 1) {
        const uint8_t *start = reader->cbor->payload;
        if (!cea_below(reader, 2, &key)) {
            return false;
        }
        if (key < expected) {
            return cea_wrong(reader, start);
        }
        if (key == 0 ? !cea_number(reader, &program->deadline) : !zcbor_bool_decode(reader->cbor, &program->fresh)) {
            return false;
        }
    }
    return zcbor_map_end_decode(reader->cbor);
}

enum cea_error cea_check(struct cea_program *program, struct cea_shared *shared, const uint8_t *body, size_t length,
                         uint32_t *detail)
{
    struct message message;
    struct cea_reader reader;
    const uint8_t *bad;
    if (!split(&message, body, length, &bad)) {
        *detail = (uint32_t)(bad - body);
        return CEA_MALFORMED;
    }
    /* Each part is checked against those before it in this order. */
    if (options(program, look_at(&reader, &message, OPTIONS)) &&
        cea_buffers_check(program, look_at(&reader, &message, BUFFERS), body) &&
        cea_exports_read(program, look_at(&reader, &message, EXPORTS), NULL) &&
        cea_compile(program, shared, look_at(&reader, &message, STEPS))) {
        program->exports_at = message.part[EXPORTS] ? (uint32_t)(message.part[EXPORTS] - body) : 0;
        return CEA_OK;
    }
    *detail = reader.error == CEA_LIMIT ? (uint32_t)reader.limit : (uint32_t)(reader.cbor->payload - body);
    return reader.error;
}

void cea_load(struct cea_program *program, struct cea_shared *shared, const uint8_t *body, size_t length)
{
    if (program->exports_at) {
        struct cea_reader reader;
        cea_read(&reader, body + program->exports_at, body + length);
        cea_exports_read(program, &reader, shared);
        memcpy(program->defined, program->checked_defined, sizeof program->defined);
    }
    cea_buffers_fill(program, shared, body);
    memset(&program->end, 0, sizeof program->end);
    for (unsigned i = 0; i <= CEA_THREADS; i++) {
        shared->current[i] = 0;
    }
    for (unsigned i = 0; i < CEA_THREADS; i++) {
        shared->thread[i] = 0;
    }
    shared->joining = shared->runs = 0;
    shared->outcome = shared->outcome_call = shared->outcome_detail = 0;
    memset(shared->slot, 0, program->slots * sizeof shared->slot[0]);
}

void cea_forget_worker(struct cea_program *program, struct cea_shared *shared)
{
    program->keeping.count = 0;
    /* Without addresses, and without what its last program may have written there. */
    memcpy(shared->exports, program->exports, sizeof shared->exports);
}

void cea_forget_session(struct cea_program *program)
{
    memset(program->defined, 0, sizeof program->defined);
}
