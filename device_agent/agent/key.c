#include "key.h"

#include "files.h"

/* What has been read so far. */
struct reading {
    unsigned digits;
    bool comment, begun; /* in a comment; something other than blanks was on this line */
    bool bad;
};

static unsigned digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - (unsigned)'0';
    }
    c |= 0x20; /* to a small letter */
    return c >= 'a' && c <= 'f' ? c - (unsigned)'a' + 10 : 16;
}

static void take(struct reading *reading, uint8_t key[CEA_KEY], uint8_t c)
{
    if (c == '\n' || c == '\r') {
        reading->comment = reading->begun = false;
    } else if (c > ' ' && !reading->comment) {
        reading->comment = c == '#' && !reading->begun;
        reading->begun = true;
        if (!reading->comment) {
            unsigned value = digit(c), place = reading->digits++;
            if (value > 15 || place >= 2 * CEA_KEY) {
                reading->bad = true;
                return;
            }
            key[place / 2] = (uint8_t)(key[place / 2] << 4 | value);
        }
    }
}

static enum key_state bad(const WCHAR **why, const WCHAR *reason, DWORD error)
{
    *why = reason;
    SetLastError(error);
    return KEY_BAD;
}

enum key_state key_read(uint8_t key[CEA_KEY], const struct settings *settings, const WCHAR **what, const WCHAR **why)
{
    enum { CHUNK = 128, ERROR_INVALID_DATA = 13 };
    static const WCHAR name[] = L"ceagent.key";
    WCHAR beside[PATH];
    const WCHAR *path = settings->key;
    struct reading reading = {0, false, false, false};
    uint8_t bytes[CHUNK];
    bool absent;
    *what = *path ? path : name;
    if (!*path) {
        if (!files_beside(beside, settings->home, name)) {
            return KEY_NONE;
        }
        path = beside;
    }
    HANDLE file = files_open(path, &absent);
    if (file == INVALID_HANDLE_VALUE) {
        if (absent && path == beside) {
            return KEY_NONE;
        }
        return bad(why, absent ? L": there is no such file" : L": the file cannot be read", GetLastError());
    }
    BOOL good;
    DWORD got = 0, error;
    while ((good = ReadFile(file, bytes, CHUNK, &got, NULL)) != 0 && got && !reading.bad) {
        for (DWORD i = 0; i < got; i++) {
            take(&reading, key, bytes[i]);
        }
    }
    error = GetLastError();
    CloseHandle(file);
    if (!good) {
        return bad(why, L": the file cannot be read", error);
    }
    if (reading.bad || reading.digits != 2 * CEA_KEY) {
        return bad(why, L": not a key; expected 64 hexadecimal digits", ERROR_INVALID_DATA);
    }
    return KEY_THERE;
}
