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

bool settings_begin(const WCHAR *words, const char *with)
{
    while (*with && *words == (WCHAR)*with) {
        words++;
        with++;
    }
    return !*with;
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

static bool text(WCHAR *to, size_t room, const WCHAR *value, size_t length)
{
    if (!length || length >= room) {
        return false;
    }
    memcpy(to, value, length * sizeof(WCHAR));
    to[length] = 0;
    return true;
}

/* PORT or HOST:PORT */
static bool tcp_word(struct settings *settings, const WCHAR *value, size_t length)
{
    DWORD tcp;
    size_t host = length;
    while (host && value[host - 1] != ':') {
        host--;
    }
    if (!number(value + host, length - host, 10, &tcp) || tcp == 0 || tcp > 0xFFFF || host == 1 || host > HOST) {
        return false;
    }
    for (size_t i = 0; i + 1 < host; i++) {
        settings->host[i] = (char)value[i];
        if (value[i] > 0x7E || value[i] == ':') {
            return false;
        }
    }
    settings->host[host ? host - 1 : 0] = 0;
    settings->tcp = (uint16_t)tcp;
    settings->port[0] = 0;
    return true;
}

static bool link_word(struct settings *settings, const WCHAR *value, size_t length)
{
    if (length > 4 && equal(value, 4, "tcp:")) {
        return tcp_word(settings, value + 4, length - 4);
    }
    return text(settings->port, SETTING, value, length);
}

/* Somebody may take the place of the key for the name of its file; no debug output shows such a thing. */
static bool holds_key(const WCHAR *word, size_t length)
{
    enum { SUSPICIOUS = 48 }; /* hexadecimal digits in a row; a key has 64, mistakes included */
    unsigned row = 0;
    for (size_t i = 0; i < length && row < SUSPICIOUS; i++) {
        row = digit(word[i] >= 'A' && word[i] <= 'F' ? word[i] | 0x20 : word[i]) < 16 ? row + 1 : 0;
    }
    return row == SUSPICIOUS;
}

static void complain(const WCHAR *word, size_t length)
{
    WCHAR shown[PATH];
    length = length < PATH ? length : PATH - 1;
    memcpy(shown, word, length * sizeof(WCHAR));
    shown[length] = 0;
    OutputDebugStringW(L"ceagent: cannot make sense of this setting: ");
    OutputDebugStringW(holds_key(word, length) ? L"(it seems to hold a key, which belongs into a file)" : shown);
}

static bool take(struct settings *settings, const WCHAR *word, size_t length)
{
    size_t key = 0;
    while (key < length && word[key] != '=') {
        key++;
    }
    if (key == length) {
        return equal(word, length, "install") || number(word, length, 10, &settings->sequence);
    }
    const WCHAR *value = word + key + 1;
    size_t rest = length - key - 1;
    if (equal(word, key, "link")) {
        return link_word(settings, value, rest);
    }
    if (equal(word, key, "key")) {
        return (*value == '\\' || !holds_key(value, rest)) && text(settings->key, PATH, value, rest);
    }
    if (equal(word, key, "baud")) {
        return number(value, rest, 10, &settings->baud) && settings->baud != 0;
    }
    if (equal(word, key, "worker")) {
        return number(value, rest, 16, &settings->worker);
    }
    if (equal(word, key, "replaces")) {
        return number(value, rest, 16, &settings->replaces);
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
        if (!take(settings, text, length)) {
            complain(text, length);
            return false;
        }
        text += length;
    }
    return true;
}

static bool file(struct settings *settings)
{
    enum { ROOM = 1024 };
    WCHAR path[PATH], words[ROOM + 1];
    uint8_t bytes[ROOM];
    bool absent;
    if (!files_beside(path, settings->home, L"ceagent.ini")) {
        return true;
    }
    HANDLE handle = files_open(path, &absent);
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
        words[i] = bytes[i];
    }
    words[got] = 0;
    return words_of(settings, words);
}

/* Of a copy that the shell has made of a card's autorun.exe, the original (page aa932541). */
static void find_original(WCHAR path[PATH])
{
    HANDLE shell = os_module("aygshell");
    BOOL (*find)(WCHAR *) = shell ? (BOOL (*)(WCHAR *))os_symbol(shell, "SHGetAutoRunPath") : NULL;
    WCHAR found[PATH];
    if (find && find(found)) {
        found[PATH - 1] = 0;
        memcpy(path, found, sizeof found);
    }
}


bool settings_read(struct settings *settings, const WCHAR *words)
{
    static const WCHAR port[] = L"COM1:";
    memset(settings, 0, sizeof *settings);
    memcpy(settings->port, port, sizeof port);
    settings->baud = 115200;
    settings->words = words;
    settings->image[GetModuleFileNameW(NULL, settings->image, PATH - 1)] = 0;
    memcpy(settings->home, settings->image, sizeof settings->home);
    while (*words && *words <= ' ') {
        words++;
    }
    if (settings_begin(words, "uninstall")) {
        settings->uninstall = true;
        return true;
    }
    if (settings_begin(words, "install")) {
        find_original(settings->home);
    }
    return file(settings) && words_of(settings, words);
}
