#include "settings.h"

struct setting {
    const char *name;
    uint32_t offset, unsaid;
};

#define SETTING(name, unsaid) {#name, offsetof(struct settings, name), unsaid}

static const struct setting known[] = {
    SETTING(upcalls, NOT_SAID), SETTING(entries, 0),      SETTING(socket, NOT_SAID), SETTING(create, NOT_SAID),
    SETTING(close, NOT_SAID),   SETTING(release, NOT_SAID),
    SETTING(fail, 0),           SETTING(version, 0x0202), SETTING(startup, 0),       SETTING(table, FILLED),
    SETTING(missing, NOT_SAID), SETTING(fault, 0),        SETTING(hang, 0),          SETTING(once, 0),
};
enum { KNOWN = sizeof known / sizeof known[0] };

/* Where the text goes on behind `word`; null when it does not begin with that. */
static const WCHAR *after(const WCHAR *text, const char *word)
{
    for (; *word; word++, text++) {
        if (*text != (WCHAR)*word) {
            return NULL;
        }
    }
    return text;
}

int read_settings(const WCHAR *text, struct settings *settings)
{
    uint8_t *place = (uint8_t *)settings;
    unsigned i;
    for (i = 0; i < KNOWN; i++) {
        *(uint32_t *)(void *)(place + known[i].offset) = known[i].unsaid;
    }
    text = after(text, "ceharness-provider");
    if (text == NULL) {
        return 0;
    }
    while (*text) {
        const WCHAR *word = text + 1; /* behind the blank */
        for (i = 0; *text == ' ' && i < KNOWN; i++) {
            const WCHAR *at = after(word, known[i].name);
            if (at != NULL && *at == '=') {
                uint32_t value = 0;
                for (at++; *at >= '0' && *at <= '9'; at++) {
                    value = value * 10 + (uint32_t)(*at - '0');
                }
                *(uint32_t *)(void *)(place + known[i].offset) = value;
                text = at - 1;
                break;
            }
        }
        text++;
    }
    return 1;
}
