#include "compiler.h"

bool cea_slot(struct compiler *c, uint32_t *value)
{
    if (!cea_within(c->reader, CEA_SLOTS, CEA_IN_SLOTS, value)) {
        return false;
    }
    if (c->program->slots <= *value) {
        c->program->slots = *value + 1;
    }
    return true;
}

/* A place in a buffer and the bytes from there to the buffer's end. */
static bool in_buffer(struct compiler *c, uint32_t *place, uint32_t *room)
{
    uint32_t index, offset;
    if (!cea_below(c->reader, c->program->buffer_count, &index)) {
        return false;
    }
    const struct cea_buffer *buffer = &c->program->buffers[index];
    if (!cea_below(c->reader, buffer->size + 1, &offset)) {
        return false;
    }
    *place = buffer->offset + offset;
    *room = buffer->size - offset;
    return true;
}

bool cea_width(struct compiler *c, uint32_t *value)
{
    const uint8_t *start = c->reader->cbor->payload;
    if (!cea_below(c->reader, 9, value)) {
        return false;
    }
    if (*value == 0 || (*value & (*value - 1)) != 0) {
        return cea_wrong(c->reader, start);
    }
    return true;
}

static bool load(struct compiler *c, cea_word *cell)
{
    uint32_t place, room, bytes;
    const uint8_t *start = c->reader->cbor->payload;
    if (!in_buffer(c, &place, &room) || !cea_width(c, &bytes)) {
        return false;
    }
    if (bytes > room) {
        return cea_wrong(c->reader, start);
    }
    cell[0] = (cea_word)(bytes == 1 ? CEA_LOAD_1 : bytes == 2 ? CEA_LOAD_2 : bytes == 4 ? CEA_LOAD_4 : CEA_LOAD_8);
    cell[1] = place;
    return true;
}

bool cea_operand(struct compiler *c)
{
    cea_word *cell = c->code;
    uint32_t value, room;
    c->code += 2;
    if (!cea_more(c->reader)) {
        return false;
    }
    cell[0] = CEA_CONSTANT;
    cell[1] = 0;
    if (cea_kind(c->reader) != ZCBOR_MAJOR_TYPE_LIST) {
        return cea_kind(c->reader) == ZCBOR_MAJOR_TYPE_NINT
                   ? zcbor_int_decode(c->reader->cbor, &cell[1], sizeof cell[1])
                   : zcbor_uint_decode(c->reader->cbor, &cell[1], sizeof cell[1]);
    }
    if (!zcbor_list_start_decode(c->reader->cbor)) {
        return false;
    }
    switch (c->reader->cbor->elem_count) {
    case 1:
        if (!cea_slot(c, &value)) {
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
    return zcbor_list_end_decode(c->reader->cbor);
}
