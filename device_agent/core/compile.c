#include "compile.h"

#include <string.h>

#include "compiler.h"
#include "exports.h"

#define NONE UINT32_MAX

static void emit(struct compiler *c, cea_word cell)
{
    *c->code++ = cell;
}

static void emit_operation(struct compiler *c, enum cea_operation operation, uint32_t arity, uint32_t target)
{
    emit(c, (cea_word)operation | (cea_word)arity << 8 | (cea_word)target << 16);
}

/* The next slot in message order, for a call or a digest. */
static bool numbered(struct compiler *c, uint32_t *value)
{
    if (c->program->calls == CEA_SLOTS) {
        return cea_refuse(c->reader, CEA_IN_SLOTS);
    }
    *value = c->program->calls++;
    struct cea_call *call = &c->shared->call[*value];
    memset(call, 0, sizeof *call);
    call->looped = c->loops != 0;
    return true;
}

static bool call(struct compiler *c, uint32_t selected)
{
    uint32_t place;
    const uint8_t *start = c->reader->cbor->payload;
    if (!zcbor_list_start_decode(c->reader->cbor)) {
        return false;
    }
    if (selected == NONE) {
        return cea_wrong(c->reader, start);
    }
    if (c->reader->cbor->elem_count > CEA_ARITY) {
        return cea_refuse(c->reader, CEA_IN_ARITY);
    }
    if (!numbered(c, &place)) {
        return false;
    }
    emit_operation(c, CEA_CALL, (uint32_t)c->reader->cbor->elem_count, place);
    emit(c, selected);
    while (c->reader->cbor->elem_count) {
        if (!cea_operand(c)) {
            return false;
        }
    }
    return zcbor_list_end_decode(c->reader->cbor);
}

static bool steps(struct compiler *c);

static bool block(struct compiler *c)
{
    if (c->depth == CEA_DEPTH) {
        return cea_refuse(c->reader, CEA_IN_DEPTH);
    }
    c->depth++;
    bool good = steps(c);
    c->depth--;
    return good;
}

static bool until(struct compiler *c, cea_word *kind_cell)
{
    if (!cea_more(c->reader)) {
        return false;
    }
    if (cea_kind(c->reader) != ZCBOR_MAJOR_TYPE_SIMPLE) {
        *kind_cell = CEA_UNTIL_ZERO;
        return cea_operand(c);
    }
    c->code[0] = CEA_CONSTANT;
    c->code[1] = 0;
    c->code += 2;
    if (*c->reader->cbor->payload == 0xF6) {
        *kind_cell = CEA_UNTIL_COUNT;
        return zcbor_nil_expect(c->reader->cbor, NULL);
    }
    *kind_cell = CEA_UNTIL_FAILURE;
    return zcbor_bool_expect(c->reader->cbor, true);
}

static bool repeat(struct compiler *c)
{
    cea_word *begin = c->code, again[4];
    uint32_t counter;
    if (!cea_list_of(c->reader, 4)) {
        return false;
    }
    c->code += 3;
    if (!cea_operand(c) || !cea_slot(c, &counter)) {
        return false;
    }
    /* The end of the loop looks at `until`, which stands before the steps. */
    cea_word *body = c->code;
    if (!until(c, &again[0])) {
        return false;
    }
    again[1] = (cea_word)(body - c->shared->code);
    again[2] = body[0];
    again[3] = body[1];
    c->code = body;
    c->loops++;
    bool good = block(c);
    c->loops--;
    if (!good) {
        return false;
    }
    emit_operation(c, CEA_AGAIN, 0, counter);
    for (int i = 0; i < 4; i++) {
        emit(c, again[i]);
    }
    begin[0] = CEA_REPEAT;
    begin[1] = counter;
    begin[2] = (cea_word)(c->code - c->shared->code);
    return zcbor_list_end_decode(c->reader->cbor);
}

static bool when_ok(struct compiler *c)
{
    cea_word *begin = c->code;
    c->code += 2;
    if (!block(c)) {
        return false;
    }
    begin[0] = CEA_WHEN_OK;
    begin[1] = (cea_word)(c->code - c->shared->code);
    return true;
}

/* fill, digest and store: a buffer, then three operands; of store the middle one is a width. */
static bool touch(struct compiler *c, enum cea_operation operation)
{
    uint32_t index, value = c->program->calls;
    if (!cea_list_of(c->reader, 4) || !cea_below(c->reader, c->program->buffer_count, &index)) {
        return false;
    }
    if (operation == CEA_DIGEST && !numbered(c, &value)) {
        return false;
    }
    emit_operation(c, operation, 0, operation == CEA_DIGEST ? value : 0);
    emit(c, c->program->buffers[index].offset);
    emit(c, c->program->buffers[index].size);
    if (operation != CEA_DIGEST) {
        emit(c, value);
    }
    if (operation == CEA_STORE) {
        cea_word *width_cell = c->code++;
        if (!cea_operand(c) || !cea_width(c, &value)) {
            return false;
        }
        *width_cell = value;
    } else if (!cea_operand(c) || !cea_operand(c)) {
        return false;
    }
    return cea_operand(c) && zcbor_list_end_decode(c->reader->cbor);
}

static bool arithmetic(struct compiler *c, enum cea_operation operation)
{
    uint32_t target;
    if (!cea_list_of(c->reader, 3) || !cea_slot(c, &target)) {
        return false;
    }
    emit_operation(c, operation, 0, target);
    return cea_operand(c) && cea_operand(c) && zcbor_list_end_decode(c->reader->cbor);
}

/* Threads are the main thread's, and once: what runs a call is known from where it stands. */
static bool in_line(struct compiler *c)
{
    return !c->loops && !c->threaded;
}

static bool thread(struct compiler *c)
{
    cea_word *begin = c->code;
    uint32_t number;
    const uint8_t *start = c->reader->cbor->payload;
    if (!in_line(c)) {
        return cea_wrong(c->reader, start);
    }
    if (!cea_list_of(c->reader, 2)) {
        return false;
    }
    start = c->reader->cbor->payload;
    if (!cea_within(c->reader, CEA_THREADS, CEA_IN_THREADS, &number)) {
        return false;
    }
    if (c->begun >> number & 1) {
        return cea_wrong(c->reader, start);
    }
    emit_operation(c, CEA_THREAD, 0, number);
    c->code++;
    emit(c, c->program->calls);
    c->threaded = true;
    bool good = block(c);
    c->threaded = false;
    if (!good) {
        return false;
    }
    emit(c, CEA_END);
    begin[1] = (cea_word)(c->code - c->shared->code);
    c->begun |= (uint8_t)(1U << number);
    return zcbor_list_end_decode(c->reader->cbor);
}

static bool join(struct compiler *c)
{
    uint32_t number;
    const uint8_t *start = c->reader->cbor->payload;
    if (!in_line(c)) {
        return cea_wrong(c->reader, start);
    }
    if (!cea_within(c->reader, CEA_THREADS, CEA_IN_THREADS, &number)) {
        return false;
    }
    if (!((c->begun & ~c->joined) >> number & 1)) {
        return cea_wrong(c->reader, start);
    }
    c->joined |= (uint8_t)(1U << number);
    emit_operation(c, CEA_JOIN, 0, number);
    return true;
}

static bool operation(struct compiler *c, uint32_t key)
{
    switch (key) {
    case 1:
        return repeat(c);
    case 2:
        return when_ok(c);
    case 3:
        return touch(c, CEA_FILL);
    case 4:
        return touch(c, CEA_DIGEST);
    case 5:
        emit_operation(c, CEA_SLEEP, 0, 0);
        return cea_operand(c);
    case 6:
        return touch(c, CEA_STORE);
    case 7:
        return arithmetic(c, CEA_ADD);
    case 8:
        return arithmetic(c, CEA_SUBTRACT);
    case 9:
        return thread(c);
    case 10:
        return join(c);
    default:
        return false;
    }
}

static bool step(struct compiler *c, uint32_t *selected)
{
    uint32_t key;
    const uint8_t *start = c->reader->cbor->payload;
    switch (cea_kind(c->reader)) {
    case ZCBOR_MAJOR_TYPE_PINT:
        return cea_within(c->reader, CEA_EXPORTS, CEA_IN_EXPORTS, selected) &&
               (cea_exports_defined(c->program, *selected) || cea_wrong(c->reader, start));
    case ZCBOR_MAJOR_TYPE_LIST:
        return call(c, *selected);
    case ZCBOR_MAJOR_TYPE_MAP:
        if (!zcbor_map_start_decode(c->reader->cbor)) {
            return false;
        }
        if (c->reader->cbor->elem_count != 2) {
            return cea_wrong(c->reader, start);
        }
        return cea_below(c->reader, 11, &key) && operation(c, key) && zcbor_map_end_decode(c->reader->cbor);
    default:
        return false;
    }
}

static bool steps(struct compiler *c)
{
    uint32_t selected = NONE;
    if (!zcbor_list_start_decode(c->reader->cbor)) {
        return false;
    }
    while (cea_more(c->reader)) {
        if (!step(c, &selected)) {
            return false;
        }
    }
    return zcbor_list_end_decode(c->reader->cbor);
}

bool cea_compile(struct cea_program *program, struct cea_shared *shared, struct cea_reader *reader)
{
    struct compiler compiler = {program, shared, reader, shared->code, 0, 0, false, 0, 0};
    program->calls = program->slots = 0;
    if (!steps(&compiler)) {
        return false;
    }
    emit(&compiler, CEA_END);
    if (program->slots < program->calls) {
        program->slots = program->calls;
    }
    return true;
}
