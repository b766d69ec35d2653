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
