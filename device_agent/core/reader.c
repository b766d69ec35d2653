#include "reader.h"

void cea_read(struct cea_reader *reader, const uint8_t *part, const uint8_t *end)
{
    reader->error = CEA_MALFORMED;
    zcbor_new_decode_state(reader->cbor, CEA_NESTED + 2, part, (size_t)(end - part), 1, NULL, 0);
}

bool cea_refuse(struct cea_reader *reader, enum cea_limit limit)
{
    reader->error = CEA_LIMIT;
    reader->limit = limit;
    return false;
}

bool cea_wrong(struct cea_reader *reader, const uint8_t *start)
{
    reader->cbor->payload = start;
    return false;
}

bool cea_more(const struct cea_reader *reader)
{
    return reader->cbor->elem_count != 0 && reader->cbor->payload < reader->cbor->payload_end;
}

zcbor_major_type_t cea_kind(const struct cea_reader *reader)
{
    return ZCBOR_MAJOR_TYPE(*reader->cbor->payload);
}

bool cea_number(struct cea_reader *reader, uint32_t *value)
{
    return zcbor_uint32_decode(reader->cbor, value);
}

bool cea_below(struct cea_reader *reader, uint32_t end, uint32_t *value)
{
    const uint8_t *start = reader->cbor->payload;
    return cea_number(reader, value) && (*value < end || cea_wrong(reader, start));
}

bool cea_within(struct cea_reader *reader, uint32_t end, enum cea_limit limit, uint32_t *value)
{
    return cea_number(reader, value) && (*value < end || cea_refuse(reader, limit));
}

bool cea_list_of(struct cea_reader *reader, size_t count)
{
    const uint8_t *start = reader->cbor->payload;
    return zcbor_list_start_decode(reader->cbor) &&
           (reader->cbor->elem_count == count || cea_wrong(reader, start));
}
