/* The little that the unit tests need of Linux, without a C library: so they build in a second, for 32 and for 64 bits, with
 * nothing but the compiler that builds the agent. */
#ifndef CEA_POSIX_H
#define CEA_POSIX_H

#include <stddef.h>
#include <stdint.h>

/* Called at start; its result is the exit code. */
int test_main(void);

/* Up to `room` bytes from standard input; 0 at its end. */
size_t os_read(char *bytes, size_t room);

/* All of them to standard output. */
void os_write(const char *bytes, size_t length);

/* End of `room` bytes (whole pages) behind which memory cannot be touched. */
uint8_t *os_guarded(size_t room);

#endif
