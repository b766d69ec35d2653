/* Where the buffers of a program lie in the arena: its own from the beginning upward, kept ones from
 * the end downward. */
#ifndef CEA_BUFFERS_H
#define CEA_BUFFERS_H

#include "program.h"
#include "reader.h"

/* Reads the list of buffers, or takes it for empty when `reader` is null, and gives each its place.
 * program->fresh must be known. Nothing changes for kept buffers before cea_buffers_fill. */
bool cea_buffers_check(struct cea_program *program, struct cea_reader *reader, const uint8_t *body);

/* Lets that take effect: new kept buffers are known, and every buffer but the kept ones of earlier
 * programs holds what the message says. */
void cea_buffers_fill(struct cea_program *program, struct cea_shared *shared, const uint8_t *body);

#endif
