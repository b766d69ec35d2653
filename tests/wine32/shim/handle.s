/* As adapter.s, and the first argument may be one of CE's pseudo handles. */
.text
.globl adapt_handle
adapt_handle:
    pushl %eax
    pushl 8(%esp)
    calll _desktop_handle
    addl $4, %esp
    movl %eax, 8(%esp)
    popl %eax
    jmp adapt
