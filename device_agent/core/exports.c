#include "exports.h"

#include <string.h>

bool cea_exports_defined(const struct cea_program *program, uint32_t index)
{
    return program->checked_defined[index / 32] >> (index % 32) & 1;
}

static bool is_name(const struct zcbor_string *name)
{
    const uint8_t *mark = name->len < CEA_NAME ? memchr(name->value, '!', name->len) : NULL;
    return mark && mark != name->value && mark != name->value + name->len - 1 && !memchr(name->value, 0, name->len);
}

static bool entry(struct cea_program *program, struct cea_reader *reader, uint32_t *index)
{
    const uint8_t *start = reader->cbor->payload;
    return cea_below(reader, CEA_EXPORTS, index) &&
           (cea_exports_defined(program, *index) || cea_wrong(reader, start));
}

static bool export(struct cea_program *program, struct cea_reader *reader, struct cea_shared *shared)
{
    uint32_t index, fails, error_reader = CEA_EXPORTS, setter = CEA_EXPORTS;
    struct zcbor_string name;
    if (!zcbor_list_start_decode(reader->cbor) || !cea_within(reader, CEA_EXPORTS, CEA_IN_EXPORTS, &index)) {
        return false;
    }
    const uint8_t *start = reader->cbor->payload;
    if (!zcbor_tstr_decode(reader->cbor, &name)) {
        return false;
    }
    if (!is_name(&name)) {
        return cea_wrong(reader, start);
    }
    if (!cea_below(reader, CEA_NULL_WORD + 1, &fails)) {
        return false;
    }
    if (cea_more(reader) && (!entry(program, reader, &error_reader) || !entry(program, reader, &setter))) {
        return false;
    }
    program->checked_defined[index / 32] |= UINT32_C(1) << (index % 32);
    if (shared) {
        struct cea_export *made = &program->exports[index];
        made->address = 0;
        memcpy(made->name, name.value, name.len);
        made->name[name.len] = 0;
        made->fails = (uint8_t)fails;
        made->reader = (uint16_t)error_reader;
        made->setter = (uint16_t)setter;
        shared->exports[index] = *made;
    }
    return zcbor_list_end_decode(reader->cbor);
}

bool cea_exports_read(struct cea_program *program, struct cea_reader *reader, struct cea_shared *shared)
{
    memcpy(program->checked_defined, program->defined, sizeof program->defined);
    if (!reader) {
        return true;
    }
    if (!zcbor_list_start_decode(reader->cbor)) {
        return false;
    }
    while (cea_more(reader)) {
        if (!export(program, reader, shared)) {
            return false;
        }
    }
    return zcbor_list_end_decode(reader->cbor);
}
