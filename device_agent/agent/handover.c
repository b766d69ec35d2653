#include "handover.h"

#include <string.h>

#include "link.h"
#include "names.h"

enum {
    WORDS = 512,        /* WCHARs of the heir's command line */
    LONGEST_MS = 600000, /* that an heir gets to prove itself */
    END_MS = 4000       /* for an heir that is ended by force */
};

/* As the program writes it. */
struct request {
    DWORD patience; /* milliseconds until the heir has to have executed a program */
    WCHAR image[PATH];
};

static const struct settings *settings;
static uint32_t number;
static HANDLE wanted, replaced;

bool handover_prepare(const struct settings *read, uint32_t boot)
{
    WCHAR name[OBJECT_NAME];
    settings = read;
    number = boot;
    wanted = CreateEventW(NULL, 0, 0, object_name(name, boot, L"-renew"));
    replaced = CreateEventW(NULL, 0, 0, object_name(name, boot, L"-replaced"));
    return wanted && replaced;
}

HANDLE handover_wanted(void)
{
    return wanted;
}

static bool read_request(struct request *request)
{
    WCHAR name[OBJECT_NAME];
    SetLastError(0);
    HANDLE mapping = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof *request,
                                        object_name(name, number, L"-heir"));
    bool there = GetLastError() == ERROR_ALREADY_EXISTS;
    void *memory = mapping && there ? MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0) : NULL;
    if (memory) {
        memcpy(request, memory, sizeof *request);
        request->image[PATH - 1] = 0;
        UnmapViewOfFile(memory);
    }
    CloseHandle(mapping);
    return memory != NULL;
}

/* Our own words, and in place of what we replaced ourselves. */
static bool heir_words(WCHAR words[WORDS])
{
    static const char word[] = " replaces=";
    enum { LENGTH = sizeof word - 1, DIGITS = 8 };
    WCHAR *end = words;
    for (const WCHAR *old = settings->words; *old && !settings_begin(old, word); old++) {
        if (end - words + LENGTH + DIGITS + 1 >= WORDS) {
            return false;
        }
        *end++ = *old;
    }
    for (int i = 0; i < LENGTH; i++) {
        *end++ = (WCHAR)word[i];
    }
    hexadecimal(end, number);
    end[DIGITS] = 0;
    return true;
}

/* True: it has proven itself. */
static bool wait_for(HANDLE heir, DWORD patience)
{
    HANDLE signs[] = {replaced, heir};
    if (WaitForMultipleObjects(2, signs, 0, patience < LONGEST_MS ? patience : LONGEST_MS) == WAIT_OBJECT_0) {
        return true;
    }
    TerminateProcess(heir, 1);
    WaitForSingleObject(heir, END_MS); /* it has the link */
    return false;
}

bool handover(void)
{
    static struct request request;
    static WCHAR words[WORDS];
    bool done = false;
    if (read_request(&request) && heir_words(words) && link_let_go()) {
        os_event_reset(replaced);
        HANDLE heir = os_process_start(request.image, words, false);
        if (heir) {
            done = wait_for(heir, request.patience);
            CloseHandle(heir);
        }
    }
    if (!done) {
        OutputDebugStringW(L"ceagent: the new agent did not come up\n");
        link_take_back();
    }
    return done;
}

void handover_proven(void)
{
    static bool told;
    WCHAR name[OBJECT_NAME];
    if (told || !settings->replaces) {
        return;
    }
    told = true;
    HANDLE event = CreateEventW(NULL, 0, 0, object_name(name, settings->replaces, L"-replaced"));
    if (event) {
        os_event_set(event);
        CloseHandle(event);
    }
}
