/* What compile.c and operands.c share: the place in the message, and the place in the cells. */
#ifndef CEA_COMPILER_H
#define CEA_COMPILER_H

#include "program.h"
#include "reader.h"

struct compiler {
    struct cea_program *program;
    struct cea_shared *shared;
    struct cea_reader *reader;
    cea_word *code; /* next cell */
    unsigned depth; /* blocks around the present step */
    unsigned loops; /* those of them that repeat */
    bool threaded;  /* one of them is a thread */
    uint8_t begun, joined; /* threads: a bit for each */
};

/* Reads one operand and writes its two cells. */
bool cea_operand(struct compiler *compiler);

/* A slot that the program names: it is to start at zero. */
bool cea_slot(struct compiler *compiler, uint32_t *value);

/* Bytes of a number: 1, 2, 4 or 8. */
bool cea_width(struct compiler *compiler, uint32_t *value);

#endif
