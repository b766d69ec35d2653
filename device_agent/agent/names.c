#include "names.h"

#include <string.h>

void hexadecimal(WCHAR digits[8], uint32_t number)
{
    for (int i = 7; i >= 0; i--, number >>= 4) {
        digits[i] = (WCHAR) "0123456789abcdef"[number & 0xF];
    }
}

const WCHAR *object_name(WCHAR name[OBJECT_NAME], uint32_t number, const WCHAR *ending)
{
    enum { DIGITS = 8 };
    static const WCHAR prefix[] = L"ceagent-";
    WCHAR *digits = name + sizeof prefix / sizeof prefix[0] - 1, *at = digits + DIGITS;
    memcpy(name, prefix, sizeof prefix);
    hexadecimal(digits, number);
    while ((*at++ = *ending++) != 0) {
    }
    return name;
}
