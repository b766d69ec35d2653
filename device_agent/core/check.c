#include "check.h"

#include <string.h>

#include "skip.h"
#include "zcbor_decode.h"

/* Lists and maps that can be open at once: message, and for each block its steps, a map, and
 * the operation's list; then a call, and an operand. */
#define NESTED (1 + 3 * (CEA_DEPTH + 1) + 2)
#define NONE UINT32_MAX

struct checker {
    struct cea_shared *shared;
    zcbor_state_t cbor[NESTED + 2];
    enum cea_error error;
    uint32_t detail;
    bool commit;       /* everything was checked: now let it take effect */
    unsigned depth;    /* blocks around the present step */
    unsigned loops;    /* those of them that repeat */
    cea_word *code;    /* next cell */
    uint32_t kept_count;
    struct cea_kept kept[CEA_KEPT];
    bool defined[CEA_EXPORTS];
};

static bool refuse(struct checker *c, enum cea_limit limit)
{
    c->error = CEA_LIMIT;
    c->detail = limit;
    return false;
}

static zcbor_major_type_t kind(const struct checker *c)
{
    return ZCBOR_MAJOR_TYPE(*c->cbor->payload);
}

/* Whether the present list or map has another element. */
static bool more(struct checker *c)
{
    return c->cbor->elem_count != 0 && c->cbor->payload < c->cbor->payload_end;
}

static bool number(struct checker *c, uint32_t *value)
{
    return zcbor_uint32_decode(c->cbor, value);
}

/* A number below `end`; otherwise malformed, at that number. */
static bool below(struct checker *c, uint32_t end, uint32_t *value)
{
    const uint8_t *start = c->cbor->payload;
    if (!number(c, value)) {
        return false;
    }
    if (*value >= end) {
        c->cbor->payload = start;
        return false;
    }
    return true;
}

/* A list of exactly `count` elements is open. */
static bool list_of(struct checker *c, size_t count)
{
    const uint8_t *start = c->cbor->payload;
    if (!zcbor_list_start_decode(c->cbor)) {
        return false;
    }
    if (c->cbor->elem_count != count) {
        c->cbor->payload = start;
        return false;
    }
    return true;
}

static bool slot(struct checker *c, uint32_t *value)
{
    const uint8_t *start = c->cbor->payload;
    if (!number(c, value)) {
        return false;
    }
    if (*value >= CEA_SLOTS) {
        c->cbor->payload = start;
        return refuse(c, CEA_IN_SLOTS);
    }
    return true;
}

/* --- buffers, exports, options ------------------------------------------------------ */

static bool options(struct checker *c)
{
    uint32_t key;
    c->shared->deadline = 5000;
    c->shared->fresh = false;
    if (!zcbor_map_start_decode(c->cbor)) {
        return false;
    }
    for (uint32_t expected = 0; more(c); expected = key + 1) {
        const uint8_t *start = c->cbor->payload;
        if (!below(c, 2, &key)) {
            return false;
        }
        if (key < expected) {
            c->cbor->payload = start;
            return false;
        }
        if (key == 0 ? !number(c, &c->shared->deadline) : !zcbor_bool_decode(c->cbor, &c->shared->fresh)) {
            return false;
        }
    }
    return zcbor_map_end_decode(c->cbor);
}

/* Place of a kept buffer, from the arena's end downward; NONE when it is new or has another size. */
static uint32_t kept_before(const struct checker *c, uint32_t number, uint32_t size)
{
    for (uint32_t i = 0; i < c->kept_count; i++) {
        if (c->kept[i].number == number && c->kept[i].size == size) {
            return c->kept[i].offset;
        }
    }
    return NONE;
}

static bool keep(struct checker *c, uint32_t number, uint32_t size, uint32_t *offset)
{
    uint32_t floor = CEA_ARENA;
    for (uint32_t i = 0; i < c->kept_count; i++) {
        floor = c->kept[i].offset < floor ? c->kept[i].offset : floor;
    }
    if (c->kept_count == CEA_KEPT) {
        return refuse(c, CEA_IN_KEPT);
    }
    if (size > floor) {
        return refuse(c, CEA_IN_ARENA);
    }
    *offset = (floor - size) & ~UINT32_C(7);
    c->kept[c->kept_count].number = number;
    c->kept[c->kept_count].size = size;
    c->kept[c->kept_count].offset = *offset;
    c->kept_count++;
    return true;
}

static bool buffer(struct checker *c, struct cea_buffer *made, uint32_t *top)
{
    struct zcbor_string init = {NULL, 0};
    bool kept = false;
    uint32_t keeping = 0;
    if (!zcbor_list_start_decode(c->cbor) || !number(c, &made->size) || !zcbor_bool_decode(c->cbor, &made->returned)) {
        return false;
    }
    if (made->size > CEA_ARENA) {
        return refuse(c, CEA_IN_ARENA);
    }
    if (more(c) && kind(c) == ZCBOR_MAJOR_TYPE_BSTR) {
        const uint8_t *start = c->cbor->payload;
        if (!zcbor_bstr_decode(c->cbor, &init)) {
            return false;
        }
        if (init.len > made->size) {
            c->cbor->payload = start;
            return false;
        }
    }
    if (more(c)) {
        kept = true;
        if (!number(c, &keeping)) {
            return false;
        }
    }
    if (!zcbor_list_end_decode(c->cbor)) {
        return false;
    }
    if (kept) {
        made->offset = kept_before(c, keeping, made->size);
        if (made->offset != NONE) {
            return true;
        }
        if (!keep(c, keeping, made->size, &made->offset)) {
            return false;
        }
    } else {
        made->offset = *top;
        *top += (made->size + 7) & ~UINT32_C(7);
        if (*top > CEA_ARENA) {
            return refuse(c, CEA_IN_ARENA);
        }
    }
    if (c->commit) {
        uint8_t *bytes = (uint8_t *)c->shared->arena + made->offset;
        memset(bytes, 0, made->size);
        memcpy(bytes, init.value, init.len);
    }
    return true;
}

static bool buffers(struct checker *c)
{
    struct cea_shared *shared = c->shared;
    uint32_t top = 0;
    if (shared->fresh) {
        c->kept_count = 0;
    } else {
        c->kept_count = shared->kept_count;
        memcpy(c->kept, shared->kept, sizeof c->kept);
    }
    shared->buffer_count = 0;
    if (!c->cbor->payload) {
        return true;
    }
    if (!zcbor_list_start_decode(c->cbor)) {
        return false;
    }
    while (more(c)) {
        if (shared->buffer_count == CEA_BUFFERS) {
            return refuse(c, CEA_IN_BUFFERS);
        }
        if (!buffer(c, &shared->buffers[shared->buffer_count], &top)) {
            return false;
        }
        shared->buffer_count++;
    }
    for (uint32_t i = 0; i < c->kept_count; i++) {
        if (c->kept[i].offset < top) {
            return refuse(c, CEA_IN_ARENA);
        }
    }
    return zcbor_list_end_decode(c->cbor);
}

static bool export(struct checker *c)
{
    uint32_t index, fails, reader = CEA_EXPORTS, setter = CEA_EXPORTS;
    struct zcbor_string name;
    if (!zcbor_list_start_decode(c->cbor) || !number(c, &index)) {
        return false;
    }
    if (index >= CEA_EXPORTS) {
        return refuse(c, CEA_IN_EXPORTS);
    }
    const uint8_t *start = c->cbor->payload;
    if (!zcbor_tstr_decode(c->cbor, &name)) {
        return false;
    }
    const uint8_t *mark = name.len < CEA_NAME ? memchr(name.value, '!', name.len) : NULL;
    if (!mark || mark == name.value || mark == name.value + name.len - 1 || memchr(name.value, 0, name.len)) {
        c->cbor->payload = start;
        return false;
    }
    if (!below(c, CEA_NULL_WORD + 1, &fails)) {
        return false;
    }
    if (more(c)) {
        for (int i = 0; i < 2; i++) {
            uint32_t *entry = i ? &setter : &reader;
            start = c->cbor->payload;
            if (!below(c, CEA_EXPORTS, entry)) {
                return false;
            }
            if (!c->defined[*entry]) {
                c->cbor->payload = start;
                return false;
            }
        }
    }
    c->defined[index] = true;
    if (c->commit) {
        struct cea_export *entry = &c->shared->exports[index];
        memset(entry, 0, sizeof *entry);
        memcpy(entry->name, name.value, name.len);
        entry->fails = (uint8_t)fails;
        entry->reader = (uint16_t)reader;
        entry->setter = (uint16_t)setter;
        entry->defined = true;
    }
    return zcbor_list_end_decode(c->cbor);
}

static bool exports(struct checker *c)
{
    for (unsigned i = 0; i < CEA_EXPORTS; i++) {
        c->defined[i] = c->shared->exports[i].defined;
    }
    if (!c->cbor->payload) {
        return true;
    }
    if (!zcbor_list_start_decode(c->cbor)) {
        return false;
    }
    while (more(c)) {
        if (!export(c)) {
            return false;
        }
    }
    return zcbor_list_end_decode(c->cbor);
}

/* --- steps -------------------------------------------------------------------------- */

static void emit(struct checker *c, cea_word cell)
{
    *c->code++ = cell;
}

static void emit_operation(struct checker *c, enum cea_operation operation, uint32_t arity, uint32_t target)
{
    emit(c, (cea_word)operation | (cea_word)arity << 8 | (cea_word)target << 16);
}

/* A place in a buffer and the bytes from there to the buffer's end. */
static bool in_buffer(struct checker *c, uint32_t *place, uint32_t *room)
{
    uint32_t index, offset;
    if (!below(c, c->shared->buffer_count, &index)) {
        return false;
    }
    const struct cea_buffer *buffer = &c->shared->buffers[index];
    if (!below(c, buffer->size + 1, &offset)) {
        return false;
    }
    *place = buffer->offset + offset;
    *room = buffer->size - offset;
    return true;
}

static bool width(struct checker *c, uint32_t *value)
{
    const uint8_t *start = c->cbor->payload;
    if (!below(c, 9, value)) {
        return false;
    }
    if (*value == 0 || (*value & (*value - 1)) != 0) {
        c->cbor->payload = start;
        return false;
    }
    return true;
}

static bool load(struct checker *c, cea_word *cell)
{
    uint32_t place, room, bytes;
    const uint8_t *start = c->cbor->payload;
    if (!in_buffer(c, &place, &room) || !width(c, &bytes)) {
        return false;
    }
    if (bytes > room) {
        c->cbor->payload = start;
        return false;
    }
    cell[0] = (cea_word)(bytes == 1 ? CEA_LOAD_1 : bytes == 2 ? CEA_LOAD_2 : bytes == 4 ? CEA_LOAD_4 : CEA_LOAD_8);
    cell[1] = place;
    return true;
}

static bool operand(struct checker *c)
{
    cea_word *cell = c->code;
    uint32_t value, room;
    c->code += 2;
    if (!more(c)) {
        return false;
    }
    cell[0] = CEA_CONSTANT;
    cell[1] = 0;
    if (kind(c) != ZCBOR_MAJOR_TYPE_LIST) {
        return kind(c) == ZCBOR_MAJOR_TYPE_NINT ? zcbor_int_decode(c->cbor, &cell[1], sizeof cell[1])
                                                : zcbor_uint_decode(c->cbor, &cell[1], sizeof cell[1]);
    }
    if (!zcbor_list_start_decode(c->cbor)) {
        return false;
    }
    switch (c->cbor->elem_count) {
    case 1:
        if (!slot(c, &value)) {
            return false;
        }
        cell[0] = CEA_SLOT;
        cell[1] = value;
        break;
    case 2:
        if (!in_buffer(c, &value, &room)) {
            return false;
        }
        cell[0] = CEA_POINTER;
        cell[1] = value;
        break;
    case 3:
        if (!load(c, cell)) {
            return false;
        }
        break;
    default:
        return false;
    }
    return zcbor_list_end_decode(c->cbor);
}

/* The next slot in message order, for a call or a digest. */
static bool numbered(struct checker *c, uint32_t *value)
{
    struct cea_shared *shared = c->shared;
    if (shared->calls == CEA_SLOTS) {
        return refuse(c, CEA_IN_SLOTS);
    }
    *value = shared->calls++;
    memset(&shared->call[*value], 0, sizeof shared->call[0]);
    shared->call[*value].looped = c->loops != 0;
    return true;
}

static bool call(struct checker *c, uint32_t selected)
{
    uint32_t place;
    const uint8_t *start = c->cbor->payload;
    if (!zcbor_list_start_decode(c->cbor)) {
        return false;
    }
    if (selected == NONE) {
        c->cbor->payload = start;
        return false;
    }
    if (c->cbor->elem_count > CEA_ARITY) {
        return refuse(c, CEA_IN_ARITY);
    }
    if (!numbered(c, &place)) {
        return false;
    }
    emit_operation(c, CEA_CALL, (uint32_t)c->cbor->elem_count, place);
    emit(c, selected);
    while (c->cbor->elem_count) {
        if (!operand(c)) {
            return false;
        }
    }
    return zcbor_list_end_decode(c->cbor);
}

static bool steps(struct checker *c);

static bool block(struct checker *c)
{
    if (c->depth == CEA_DEPTH) {
        return refuse(c, CEA_IN_DEPTH);
    }
    c->depth++;
    bool good = steps(c);
    c->depth--;
    return good;
}

static bool until(struct checker *c, cea_word *kind_cell)
{
    if (!more(c)) {
        return false;
    }
    if (kind(c) != ZCBOR_MAJOR_TYPE_SIMPLE) {
        *kind_cell = CEA_UNTIL_ZERO;
        return operand(c);
    }
    c->code[0] = CEA_CONSTANT;
    c->code[1] = 0;
    c->code += 2;
    if (*c->cbor->payload == 0xF6) {
        *kind_cell = CEA_UNTIL_COUNT;
        return zcbor_nil_expect(c->cbor, NULL);
    }
    *kind_cell = CEA_UNTIL_FAILURE;
    return zcbor_bool_expect(c->cbor, true);
}

static bool repeat(struct checker *c)
{
    cea_word *begin = c->code, again[4];
    uint32_t counter;
    if (!list_of(c, 4)) {
        return false;
    }
    c->code += 3;
    if (!operand(c) || !slot(c, &counter)) {
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
    return zcbor_list_end_decode(c->cbor);
}

static bool when_ok(struct checker *c)
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

/* fill, digest and store: a buffer, then `operands` operands; store has a width before the last. */
static bool touch(struct checker *c, enum cea_operation operation)
{
    uint32_t index, value = c->shared->calls;
    if (!list_of(c, 4) || !below(c, c->shared->buffer_count, &index)) {
        return false;
    }
    if (operation == CEA_DIGEST && !numbered(c, &value)) {
        return false;
    }
    emit_operation(c, operation, 0, operation == CEA_DIGEST ? value : 0);
    emit(c, c->shared->buffers[index].offset);
    emit(c, c->shared->buffers[index].size);
    if (operation != CEA_DIGEST) {
        emit(c, value);
    }
    if (operation == CEA_STORE) {
        cea_word *width_cell = c->code++;
        if (!operand(c) || !width(c, &value)) {
            return false;
        }
        *width_cell = value;
    } else if (!operand(c) || !operand(c)) {
        return false;
    }
    return operand(c) && zcbor_list_end_decode(c->cbor);
}

static bool arithmetic(struct checker *c, enum cea_operation operation)
{
    uint32_t target;
    if (!list_of(c, 3) || !slot(c, &target)) {
        return false;
    }
    emit_operation(c, operation, 0, target);
    return operand(c) && operand(c) && zcbor_list_end_decode(c->cbor);
}

static bool operation(struct checker *c, uint32_t key)
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
        return operand(c);
    case 6:
        return touch(c, CEA_STORE);
    case 7:
        return arithmetic(c, CEA_ADD);
    case 8:
        return arithmetic(c, CEA_SUBTRACT);
    default:
        return false;
    }
}

static bool step(struct checker *c, uint32_t *selected)
{
    uint32_t key;
    const uint8_t *start = c->cbor->payload;
    switch (kind(c)) {
    case ZCBOR_MAJOR_TYPE_PINT:
        if (!number(c, selected)) {
            return false;
        }
        if (*selected >= CEA_EXPORTS) {
            return refuse(c, CEA_IN_EXPORTS);
        }
        if (!c->defined[*selected]) {
            c->cbor->payload = start;
            return false;
        }
        return true;
    case ZCBOR_MAJOR_TYPE_LIST:
        return call(c, *selected);
    case ZCBOR_MAJOR_TYPE_MAP:
        if (!zcbor_map_start_decode(c->cbor)) {
            return false;
        }
        if (c->cbor->elem_count != 2) {
            c->cbor->payload = start;
            return false;
        }
        return below(c, 9, &key) && operation(c, key) && zcbor_map_end_decode(c->cbor);
    default:
        return false;
    }
}

static bool steps(struct checker *c)
{
    uint32_t selected = NONE;
    if (!zcbor_list_start_decode(c->cbor)) {
        return false;
    }
    while (more(c)) {
        if (!step(c, &selected)) {
            return false;
        }
    }
    return zcbor_list_end_decode(c->cbor);
}

/* --- the message --------------------------------------------------------------------- */

enum { STEPS, BUFFERS, EXPORTS, OPTIONS, PARTS };

/* Points the decoder at one part of the message; at nothing if it was left out. */
static void look_at(struct checker *c, const uint8_t *part, const uint8_t *end)
{
    zcbor_new_decode_state(c->cbor, NESTED + 2, part, part ? (size_t)(end - part) : 0, 1, NULL, 0);
}

static bool all(struct checker *c, const uint8_t *const part[PARTS], const uint8_t *end)
{
    struct cea_shared *shared = c->shared;
    shared->deadline = 5000;
    shared->fresh = false;
    look_at(c, part[OPTIONS], end);
    if (part[OPTIONS] && !options(c)) {
        return false;
    }
    look_at(c, part[BUFFERS], end);
    if (!buffers(c)) {
        return false;
    }
    look_at(c, part[EXPORTS], end);
    if (!exports(c)) {
        return false;
    }
    if (!c->commit) {
        look_at(c, part[STEPS], end);
        shared->calls = 0;
        c->code = shared->code;
        if (!steps(c)) {
            return false;
        }
        emit(c, CEA_END);
    }
    return true;
}

enum cea_error cea_check(struct cea_shared *shared, const uint8_t *body, size_t length, uint32_t *detail)
{
    struct checker checker, *c = &checker;
    const uint8_t *part[PARTS] = {NULL, NULL, NULL, NULL}, *end = body + length, *at = body;
    size_t parts = cea_skip_header(&at, end, 4);
    c->shared = shared;
    c->error = CEA_MALFORMED;
    c->commit = false;
    c->depth = c->loops = 0;
    if (parts < 3 || parts > 2 + PARTS || !cea_skip(&at, end) || !cea_skip(&at, end)) {
        *detail = (uint32_t)(at - body);
        return CEA_MALFORMED;
    }
    for (size_t i = 0; i + 2 < parts; i++) {
        part[i] = at;
        if (!cea_skip(&at, end)) {
            *detail = (uint32_t)(at - body);
            return CEA_MALFORMED;
        }
    }
    if (at != end) {
        *detail = (uint32_t)(at - body);
        return CEA_MALFORMED;
    }
    if (!all(c, part, end)) {
        *detail = c->error == CEA_LIMIT ? c->detail : (uint32_t)(c->cbor->payload - body);
        return c->error;
    }
    c->commit = true;
    all(c, part, end);
    memcpy(shared->kept, c->kept, sizeof shared->kept);
    shared->kept_count = c->kept_count;
    shared->current = shared->reached = shared->runs = 0;
    shared->outcome = shared->outcome_call = shared->outcome_detail = 0;
    memset(shared->slot, 0, sizeof shared->slot);
    return CEA_OK;
}
