/* Reads the parts of a message one item after the other.
 *
 * Every function returns false when the item is not what it must be. The reader then stands at
 * that item, or (cea_refuse) remembers which limit the message exceeds. */
#ifndef CEA_READER_H
#define CEA_READER_H

#include "cea.h"
#include "zcbor_decode.h"

/* Lists and maps that can be open at once: for each block its steps, a map, and the
 * operation's list; then a call or an operation, and an operand. */
enum { CEA_NESTED = 3 * (CEA_DEPTH + 1) + 2 };

struct cea_reader {
    zcbor_state_t cbor[CEA_NESTED + 2];
    enum cea_error error; /* CEA_MALFORMED, or CEA_LIMIT after cea_refuse */
    enum cea_limit limit;
};

/* Starts over at `part`, an item that cea_skip has stepped over, of a message that ends at `end`. */
void cea_read(struct cea_reader *reader, const uint8_t *part, const uint8_t *end);

/* False, always: the message exceeds this limit. */
bool cea_refuse(struct cea_reader *reader, enum cea_limit limit);

/* False, always: the item at `start` is wrong. */
bool cea_wrong(struct cea_reader *reader, const uint8_t *start);

/* Whether the present list or map has another element. */
bool cea_more(const struct cea_reader *reader);

/* Major type of the next item. There must be one. */
zcbor_major_type_t cea_kind(const struct cea_reader *reader);

bool cea_number(struct cea_reader *reader, uint32_t *value);

/* A number below `end`; a larger one is wrong. */
bool cea_below(struct cea_reader *reader, uint32_t end, uint32_t *value);

/* A number below `end`; a larger one exceeds the limit. */
bool cea_within(struct cea_reader *reader, uint32_t end, enum cea_limit limit, uint32_t *value);

/* Opens a list of exactly `count` elements. */
bool cea_list_of(struct cea_reader *reader, size_t count);

#endif
