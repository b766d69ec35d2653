#include "provider.h"

#include <stdarg.h>

#include "ce.h"
#include "memory.h"
#include "record.h"
#include "settings.h"
#include "table.h"

/* A catalog entry that WSPStartup was called for: one DLL may stand for several. */
struct instance {
    uint32_t catalog_entry;
    struct settings settings;
    uint32_t upcalls[MOST_UPCALLS];
    uint32_t used; /* the dwProviderReserved of the structure that was used */
};

typedef uint32_t (*create_handle)(uint32_t catalog_entry, void *context, int32_t *error);

static struct instance instances[MOST_INSTANCES];
static unsigned begun;

static uint32_t failed(int32_t *error, int32_t code)
{
    *error = code;
    return INVALID_SOCKET;
}

static uint32_t make_socket(struct instance *instance, const uint32_t *arguments)
{
    /* While the right upcall is being looked for, others take the context for a pointer: it is one. */
    static uint32_t context[64];
    const struct settings *settings = &instance->settings;
    const struct protocol_info *info = (const void *)(uintptr_t)arguments[3];
    int32_t *error = (void *)(uintptr_t)arguments[6];
    uint32_t words[8];
    unsigned i;
    words[0] = instance->catalog_entry;
    for (i = 0; i < 7; i++) {
        words[i + 1] = arguments[i];
    }
    if (readable(info) < sizeof *info) {
        info = NULL;
    }
    record(RECORD_SOCKET, words, sizeof words, info, info ? sizeof *info : 0);
    if (settings->fault) {
        *(volatile uint32_t *)(uintptr_t)settings->fault = 0;
    }
    while (settings->hang) {
        Sleep(1000);
    }
    if (settings->fail) {
        return failed(error, (int32_t)settings->fail);
    }
    if (settings->once && info != NULL && info->reserved) {
        if (info->reserved == instance->used) {
            return failed(error, WSAEINVAL);
        }
        instance->used = info->reserved;
    }
    if (settings->create >= settings->upcalls || instance->upcalls[settings->create] == 0) {
        return failed(error, WSAEOPNOTSUPP);
    }
    words[0] = ((create_handle)(uintptr_t)instance->upcalls[settings->create])(instance->catalog_entry, context,
                                                                               error);
    words[1] = (uint32_t)*error;
    record(RECORD_CREATED, words, 8, NULL, 0);
    return words[0];
}

/* WSPSocket is not told whose it is: each instance has its own. */
#define SOCKET_OF(n) \
    static uint32_t socket_##n(uint32_t family, uint32_t type, uint32_t protocol, uint32_t info, \
                               uint32_t group, uint32_t flags, uint32_t error) \
    { \
        uint32_t arguments[7]; \
        arguments[0] = family; \
        arguments[1] = type; \
        arguments[2] = protocol; \
        arguments[3] = info; \
        arguments[4] = group; \
        arguments[5] = flags; \
        arguments[6] = error; \
        return make_socket(&instances[n], arguments); \
    }
SOCKET_OF(0)
SOCKET_OF(1)
SOCKET_OF(2)
SOCKET_OF(3)

typedef void (*function)(void); /* of any kind: a procedure table holds all of them */
static const function sockets[MOST_INSTANCES] = {
    (function)socket_0,
    (function)socket_1,
    (function)socket_2,
    (function)socket_3,
};

static void record_startup(uint32_t version, const struct wsp_data *data, const struct protocol_info *info,
                           const uint32_t *following)
{
    static uint32_t words[4 + MOST_WORDS + 2 * (3 + MOST_WORDS)];
    uint32_t count = readable(following) / 4, i, *out;
    if (count > MOST_WORDS) {
        count = MOST_WORDS;
    }
    words[0] = version;
    words[1] = (uint32_t)(uintptr_t)data;
    words[2] = (uint32_t)(uintptr_t)info;
    words[3] = count;
    out = &words[4];
    for (i = 0; i < count; i++) {
        *out++ = following[i];
    }
    for (i = 0; i < 3 + count; i++, out += 2) {
        out[0] = protection_of((const void *)(uintptr_t)(i < 3 ? words[i] : words[i + 1]), &out[1]);
    }
    record(RECORD_STARTUP, words, (DWORD)((uint8_t *)out - (uint8_t *)words), NULL, 0);
}

static void describe(struct wsp_data *data, uint32_t version)
{
    static const WCHAR text[] = L"ceharness-provider";
    unsigned i;
    data->version = data->highest_version = (uint16_t)version;
    for (i = 0; i < sizeof text / sizeof text[0]; i++) {
        data->description[i] = text[i];
    }
}

static struct instance *instance_of(const struct protocol_info *info)
{
    unsigned i;
    for (i = 0; i < begun; i++) {
        if (instances[i].catalog_entry == info->catalog_entry) {
            return &instances[i];
        }
    }
    return begun < MOST_INSTANCES ? &instances[begun++] : NULL;
}

/* The upcall that gives descriptors back; null when nobody said which it is. */
static release_handle release_of(const struct instance *instance)
{
    const struct settings *settings = &instance->settings;
    return settings->release < settings->upcalls ? (release_handle)(uintptr_t)instance->upcalls[settings->release]
                                                 : NULL;
}

/* What follows is the upcall table, whose size nobody knows, then lpProcTable, then words of the caller's. A
 * structure parameter would be copied as a whole on some CPUs, beyond the end of the stack. */
int WSPStartup(uint32_t version, struct wsp_data *data, const struct protocol_info *info, ...)
{
    struct instance *instance;
    const uint32_t *following;
    entry *table;
    va_list words;
    uint32_t i;
    va_start(words, info);
    following = *(const uint32_t **)(void *)&words; /* on every CPU of Windows CE it is a pointer to the next one */
    va_end(words);
    record_startup(version, data, info, following);
    if (readable(info) < sizeof *info) {
        return WSAEFAULT;
    }
    record(RECORD_ENTRY, info, sizeof *info, NULL, 0);
    instance = instance_of(info);
    if (instance == NULL) {
        return WSAEPROCLIM;
    }
    instance->catalog_entry = info->catalog_entry;
    instance->used = 0;
    if (!read_settings(info->name, &instance->settings) || instance->settings.upcalls > MOST_UPCALLS) {
        return WSASYSNOTREADY;
    }
    for (i = 0; i < instance->settings.upcalls; i++) {
        instance->upcalls[i] = following[i];
    }
    table = (entry *)(uintptr_t)following[i];
    if (!writable(data, sizeof *data) || !writable(table, instance->settings.entries * (DWORD)sizeof *table)) {
        return WSAEFAULT;
    }
    describe(data, instance->settings.version);
    fill_table(table, &instance->settings, (entry)sockets[instance - instances], release_of(instance));
    return (int)instance->settings.startup;
}

BOOL DllMain(HANDLE module, DWORD reason, void *reserved)
{
    (void)reserved;
    if (reason == 1) {
        record_beside(module);
    }
    return 1;
}
