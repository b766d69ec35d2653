#include "skip.h"

/* One header; its number, SIZE_MAX for one that no message here can need. False: cut off or reserved. */
static bool header(const uint8_t **at, const uint8_t *end, unsigned *major, size_t *number)
{
    const uint8_t *from = *at;
    if (from == end) {
        return false;
    }
    unsigned low = *from & 0x1F;
    *major = *from++ >> 5;
    size_t value = low;
    if (low > 27) {
        return false;
    }
    if (low > 23) {
        size_t bytes = (size_t)1 << (low - 24);
        if ((size_t)(end - from) < bytes) {
            return false;
        }
        bool large = false;
        for (value = 0; bytes--; from++) {
            large = large || value >> (8 * sizeof value - 8) != 0;
            value = value << 8 | *from;
        }
        value = large ? SIZE_MAX : value;
    }
    *number = value;
    *at = from;
    return true;
}

size_t cea_skip_header(const uint8_t **at, const uint8_t *end, unsigned major)
{
    const uint8_t *from = *at;
    unsigned found;
    size_t number;
    if (!header(&from, end, &found, &number) || found != major) {
        return SIZE_MAX;
    }
    *at = from;
    return number;
}

bool cea_skip(const uint8_t **at, const uint8_t *end)
{
    size_t open = 1; /* items still to come, inner ones included */
    while (open) {
        const uint8_t *start = *at;
        unsigned major;
        size_t number;
        if (!header(at, end, &major, &number)) {
            return false;
        }
        open--;
        size_t room = (size_t)(end - *at);
        switch (major) {
        case 2: /* strings: their bytes */
        case 3:
            if (number > room) {
                *at = start;
                return false;
            }
            *at += number;
            break;
        case 4: /* lists, maps: their items, each at least one byte long */
        case 5:
            if (number > room) {
                *at = start;
                return false;
            }
            open += number << (major - 4);
            break;
        case 6:
            open++;
            break;
        default:
            break;
        }
    }
    return true;
}
