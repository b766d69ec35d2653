/* From the steps of a message to cells. */
#ifndef CEA_COMPILE_H
#define CEA_COMPILE_H

#include "program.h"
#include "reader.h"

/* Reads the list of steps and writes shared->code. The program's buffers and exports must have been
 * checked. Sets program->calls and program->slots; the calls in `shared` have not run. */
bool cea_compile(struct cea_program *program, struct cea_shared *shared, struct cea_reader *reader);

#endif
