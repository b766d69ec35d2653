/* From a __cdecl caller to a __stdcall function in %eax, of up to 12 arguments: their number need not be known, since
 * the stack is what it was, whatever the function takes from it. Functions that are __cdecl may be called so, too. */
.text
.globl adapt
adapt:
    pushl %ebp
    movl %esp, %ebp
    .set at, 52
    .rept 12
    pushl at(%ebp)
    .set at, at - 4
    .endr
    calll *%eax
    movl %ebp, %esp
    popl %ebp
    retl

/* The same, and the first argument may be one of CE's pseudo handles. */
.globl adapt_handle
adapt_handle:
    pushl %eax
    pushl 8(%esp)
    calll _desktop_handle
    addl $4, %esp
    movl %eax, 8(%esp)
    popl %eax
    jmp adapt
