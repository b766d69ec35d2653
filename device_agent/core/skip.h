/* Steps over whole CBOR items without recursion, whatever they hold. */
#ifndef CEA_SKIP_H
#define CEA_SKIP_H

#include "cea.h"

/* Reads the header of a list (major type 4) or map (5) at *at and steps over it. Returns how many
 * elements or pairs follow, SIZE_MAX if there is no such header. */
size_t cea_skip_header(const uint8_t **at, const uint8_t *end, unsigned major);

/* Steps over one item with all it holds. False, and *at at the item that is
 * wrong, for indefinite lengths, reserved codes and what is cut off by `end`. Whether an item is one that a
 * message can hold is up to who reads it. */
bool cea_skip(const uint8_t **at, const uint8_t *end);

#endif
