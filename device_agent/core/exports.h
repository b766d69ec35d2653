/* The session's table of exports. */
#ifndef CEA_EXPORTS_H
#define CEA_EXPORTS_H

#include "program.h"
#include "reader.h"

/* Reads the list of exports, or takes it for empty when `reader` is null. With `shared` null it only checks, and
 * notes in program->checked_defined what can be called; else, once that went well, it fills the tables. */
bool cea_exports_read(struct cea_program *program, struct cea_reader *reader, struct cea_shared *shared);

/* Whether entry `index` can be used by the message that is being checked. */
bool cea_exports_defined(const struct cea_program *program, uint32_t index);

#endif
