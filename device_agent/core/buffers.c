#include "buffers.h"

#include <string.h>

/* What any CPU can want of a buffer. */
static uint32_t aligned(uint32_t place)
{
    return place & ~UINT32_C(7);
}

/* Finds a kept buffer, or makes room for it; *made tells which. */
static bool keep(struct cea_program *program, struct cea_reader *reader, uint32_t number, uint32_t size,
                 uint32_t *offset, bool *made)
{
    struct cea_keeping *keeping = &program->checked_keeping;
    uint32_t floor = CEA_ARENA;
    for (uint32_t i = 0; i < keeping->count; i++) {
        const struct cea_kept *kept = &keeping->kept[i];
        if (kept->number == number && kept->size == size) {
            *offset = kept->offset;
            *made = false;
            return true;
        }
        floor = kept->offset; /* each lies below the one before */
    }
    if (keeping->count == CEA_KEPT) {
        return cea_refuse(reader, CEA_IN_KEPT);
    }
    if (size > floor) {
        return cea_refuse(reader, CEA_IN_ARENA);
    }
    *offset = aligned(floor - size);
    keeping->kept[keeping->count++] = (struct cea_kept){number, *offset, size};
    return true;
}

static bool buffer(struct cea_program *program, struct cea_reader *reader, const uint8_t *body, uint32_t *top)
{
    struct cea_buffer *made = &program->buffers[program->buffer_count];
    struct zcbor_string init = {body, 0};
    uint32_t number;
    made->filled = true;
    if (!zcbor_list_start_decode(reader->cbor) || !cea_number(reader, &made->size) ||
        !zcbor_bool_decode(reader->cbor, &made->returned)) {
        return false;
    }
    if (made->size > CEA_ARENA) {
        return cea_refuse(reader, CEA_IN_ARENA);
    }
    if (cea_more(reader) && cea_kind(reader) == ZCBOR_MAJOR_TYPE_BSTR) {
        const uint8_t *start = reader->cbor->payload;
        if (!zcbor_bstr_decode(reader->cbor, &init)) {
            return false;
        }
        if (init.len > made->size) {
            return cea_wrong(reader, start);
        }
    }
    made->init = (uint32_t)(init.value - body);
    made->init_length = (uint32_t)init.len;
    if (cea_more(reader)) {
        if (!cea_number(reader, &number) ||
            !keep(program, reader, number, made->size, &made->offset, &made->filled)) {
            return false;
        }
    } else {
        made->offset = *top;
        *top += aligned(made->size + 7);
        if (*top > CEA_ARENA) {
            return cea_refuse(reader, CEA_IN_ARENA);
        }
    }
    return zcbor_list_end_decode(reader->cbor);
}

/* Only what is in use: most programs keep nothing. */
static void copy(struct cea_keeping *to, const struct cea_keeping *from)
{
    to->count = from->count;
    memcpy(to->kept, from->kept, from->count * sizeof from->kept[0]);
}

bool cea_buffers_check(struct cea_program *program, struct cea_reader *reader, const uint8_t *body)
{
    struct cea_keeping *keeping = &program->checked_keeping;
    uint32_t top = 0;
    program->buffer_count = 0;
    keeping->count = 0;
    if (!program->fresh) {
        copy(keeping, &program->keeping);
    }
    if (!reader) {
        return true;
    }
    if (!zcbor_list_start_decode(reader->cbor)) {
        return false;
    }
    for (; cea_more(reader); program->buffer_count++) {
        if (program->buffer_count == CEA_BUFFERS) {
            return cea_refuse(reader, CEA_IN_BUFFERS);
        }
        if (!buffer(program, reader, body, &top)) {
            return false;
        }
    }
    if (keeping->count && keeping->kept[keeping->count - 1].offset < top) {
        return cea_refuse(reader, CEA_IN_ARENA);
    }
    return zcbor_list_end_decode(reader->cbor);
}

void cea_buffers_fill(struct cea_program *program, struct cea_shared *shared, const uint8_t *body)
{
    copy(&program->keeping, &program->checked_keeping);
    for (uint32_t i = 0; i < program->buffer_count; i++) {
        const struct cea_buffer *buffer = &program->buffers[i];
        uint8_t *bytes = (uint8_t *)shared->arena + buffer->offset;
        if (buffer->filled) {
            memcpy(bytes, body + buffer->init, buffer->init_length);
            memset(bytes + buffer->init_length, 0, buffer->size - buffer->init_length);
        }
    }
}
