/* What compilers take for granted, for builds without a C runtime. -fno-builtin
 * keeps the compiler from turning these loops into calls of themselves. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
    uint8_t *at = to;
    const uint8_t *source = from;
    if ((((uintptr_t)at | (uintptr_t)source) & 3) == 0) {
        for (; length >= 4; length -= 4, at += 4, source += 4) {
            *(uint32_t *)(void *)at = *(const uint32_t *)(const void *)source;
        }
    }
    while (length--) {
        *at++ = *source++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t length)
{
    uint8_t *at = to;
    const uint8_t *source = from;
    if (at <= source) {
        while (length--) {
            *at++ = *source++;
        }
    } else {
        while (length--) {
            at[length] = source[length];
        }
    }
    return to;
}

void *memset(void *to, int value, size_t length)
{
    uint8_t *at = to;
    uint32_t four = (uint8_t)value * UINT32_C(0x01010101);
    if (((uintptr_t)at & 3) == 0) {
        for (; length >= 4; length -= 4, at += 4) {
            *(uint32_t *)(void *)at = four;
        }
    }
    while (length--) {
        *at++ = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t length)
{
    const uint8_t *left = a, *right = b;
    for (; length; length--, left++, right++) {
        if (*left != *right) {
            return *left - *right;
        }
    }
    return 0;
}

void *memchr(const void *in, int value, size_t length)
{
    const uint8_t *at = in;
    for (; length; length--, at++) {
        if (*at == (uint8_t)value) {
            return (void *)(uintptr_t)at;
        }
    }
    return NULL;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length]) {
        length++;
    }
    return length;
}

#if defined(__ARM_EABI__)
/* The names under which ARM compilers ask for the same. */
void __aeabi_memcpy(void *to, const void *from, size_t length);
void __aeabi_memcpy4(void *to, const void *from, size_t length);
void __aeabi_memclr(void *to, size_t length);
void __aeabi_memclr4(void *to, size_t length);

void __aeabi_memcpy(void *to, const void *from, size_t length)
{
    memcpy(to, from, length);
}

void __aeabi_memcpy4(void *to, const void *from, size_t length)
{
    memcpy(to, from, length);
}

void __aeabi_memclr(void *to, size_t length)
{
    memset(to, 0, length);
}

void __aeabi_memclr4(void *to, size_t length)
{
    memset(to, 0, length);
}
#endif
