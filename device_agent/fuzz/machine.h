/* What the fuzzers give the interpreter instead of an operating system, and a way out of endless loops. */
#ifndef CEA_FUZZ_MACHINE_H
#define CEA_FUZZ_MACHINE_H

#include "program.h"

/* Checks and executes a `run` message, then writes its answer or refusal to `out` (of CEA_FRAME bytes) and returns its length. A
 * program that takes longer than some milliseconds of processor time is left where it is, as the supervisor leaves a worker.
 * With `wild` not 0 the shared memory is scribbled over first: a call gone wild may have done that. */
size_t fuzz_run(struct cea_program *program, struct cea_shared *shared, const uint8_t *body, size_t length, uint8_t seq,
                uint8_t wild, uint8_t *out);

/* The middle of that: executes a program that was loaded. */
void fuzz_interpret(struct cea_program *program, struct cea_shared *shared);

/* Ends the process, for libFuzzer to report, when a message is not one whole CBOR item. */
void fuzz_expect_cbor(const uint8_t *body, size_t length);

#endif
