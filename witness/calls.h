#ifndef CALLS_H
#define CALLS_H

/* Reads one step of the line, makes its call, and writes what came of it. */
void step(void);

#endif
