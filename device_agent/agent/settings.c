#include "settings.h"

#include <string.h>

static bool equal(const WCHAR *text, size_t length, const char *word)
{
    for (; length && *word; length--, text++, word++) {
        if (*text != (WCHAR)*word) {
            return false;
        }
    }
    return !length && !*word;
}

static DWORD digit(WCHAR c)
{
    return c >= '0' && c <= '9' ? c - (DWORD)'0' : c >= 'a' && c <= 'f' ? c - (DWORD)'a' + 10 : 16;
}

static bool number(const WCHAR *text, size_t length, DWORD base, DWORD *value)
{
    *value = 0;
    for (size_t i = 0; i < length; i++) {
        if (digit(text[i]) >= base || *value > (base == 10 ? MAXDWORD / 10 - 1 : MAXDWORD >> 4)) {
            return false;
        }
        *value = *value * base + digit(text[i]);
    }
    return length != 0;
}

static bool link_word(struct settings *settings, const WCHAR *value, size_t length)
{
    DWORD tcp;
    if (length > 4 && equal(value, 4, "tcp:")) {
        if (!number(value + 4, length - 4, 10, &tcp) || tcp == 0 || tcp > 0xFFFF) {
            return false;
        }
        settings->tcp = (uint16_t)tcp;
        settings->port[0] = 0;
        return true;
    }
    if (!length || length >= SETTING) {
        return false;
    }
    memcpy(settings->port, value, length * sizeof(WCHAR));
    settings->port[length] = 0;
    return true;
}

static bool word(struct settings *settings, const WCHAR *text, size_t length)
{
    size_t key = 0;
    while (key < length && text[key] != '=') {
        key++;
    }
    if (key == length) {
        return false;
    }
    const WCHAR *value = text + key + 1;
    size_t rest = length - key - 1;
    if (equal(text, key, "link")) {
        return link_word(settings, value, rest);
    }
    if (equal(text, key, "baud")) {
        return number(value, rest, 10, &settings->baud) && settings->baud != 0;
    }
    if (equal(text, key, "worker")) {
        return number(value, rest, 16, &settings->worker);
    }
    return false;
}

/* Words are separated by blanks and line ends; one that starts with # makes the rest of its line a comment. */
static bool words_of(struct settings *settings, const WCHAR *text)
{
    while (*text) {
        if (*text <= ' ') {
            text++;
            continue;
        }
        size_t length = 0;
        if (*text == '#') {
            while (*text && *text != '\n') {
                text++;
            }
            continue;
        }
        while (text[length] > ' ') {
            length++;
        }
        if (!word(settings, text, length)) {
            OutputDebugStringW(L"ceagent: cannot make sense of this setting: ");
            OutputDebugStringW(text);
            return false;
        }
        text += length;
    }
    return true;
}

static bool file(struct settings *settings)
{
    enum { ROOM = 1024 };
    WCHAR path[PATH], text[ROOM + 1];
    uint8_t bytes[ROOM];
    static const WCHAR name[] = L"ceagent.ini";
    size_t end = 0;
    for (size_t i = 0; settings->image[i]; i++) {
        path[i] = settings->image[i];
        if (path[i] == '\\') {
            end = i + 1;
        }
    }
    if (end + sizeof name / sizeof name[0] > PATH) {
        return true;
    }
    memcpy(path + end, name, sizeof name);
    HANDLE handle = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (handle == INVALID_HANDLE_VALUE) {
        return true; /* it need not exist */
    }
    DWORD got = 0;
    BOOL good = ReadFile(handle, bytes, ROOM, &got, NULL);
    CloseHandle(handle);
    if (!good || got == ROOM) {
        OutputDebugStringW(good ? L"ceagent: ceagent.ini is too long" : L"ceagent: cannot read ceagent.ini");
        return false;
    }
    for (DWORD i = 0; i < got; i++) {
        text[i] = bytes[i];
    }
    text[got] = 0;
    return words_of(settings, text);
}

bool settings_read(struct settings *settings, const WCHAR *words)
{
    static const WCHAR port[] = L"COM1:";
    memset(settings, 0, sizeof *settings);
    memcpy(settings->port, port, sizeof port);
    settings->baud = 115200;
    settings->image[GetModuleFileNameW(NULL, settings->image, PATH - 1)] = 0;
    return file(settings) && words_of(settings, words);
}
