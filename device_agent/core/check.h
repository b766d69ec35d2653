/* From a `run` message to a checked program.
 *
 *     error = cea_check(&program, shared, body, length, &detail);
 *     if (program.fresh) end the worker, cea_forget_worker(&program, shared)
 *     cea_load(&program, shared, body, length);
 *     let the worker call cea_interpret(shared, ...)
 */
#ifndef CEA_CHECK_H
#define CEA_CHECK_H

#include "program.h"

/* Checks all of `body`, a message whose first two elements cea_message_head has read.
 *
 * CEA_OK: it can run, once it is loaded. CEA_MALFORMED, CEA_LIMIT: *detail is the offset of the bad
 * item in the body, or the limit (enum cea_limit). In no case are exports and kept buffers other than before. */
enum cea_error cea_check(struct cea_program *program, struct cea_shared *shared, const uint8_t *body, size_t length,
                         uint32_t *detail);

/* Lets the message that was checked last take effect: exports are defined, buffers filled, slots zero. */
void cea_load(struct cea_program *program, struct cea_shared *shared, const uint8_t *body, size_t length);

/* The worker is gone, and with it what modules it had loaded and which buffers it kept. */
void cea_forget_worker(struct cea_program *program, struct cea_shared *shared);

/* The session is over: no export is defined any more. */
void cea_forget_session(struct cea_program *program);

#endif
