/* A program of many small scenarios; the command line names one, and after a colon what it is to work on. */

#include "guest.h"

const u16 *argument = W("");

static const struct scenario *const lists[] = {
    fault_scenarios, thread_scenarios, process_scenarios, call_scenarios, debugger_scenarios,
    provider_scenarios,
};

static int named(const u16 *name, const u16 *words)
{
    while (*name && *name == *words) {
        name++;
        words++;
    }
    if (*name || (*words && *words != ':'))
        return 0;
    if (*words)
        argument = words + 1;
    return 1;
}

int WinMainCRTStartup(void *instance, void *previous, const u16 *words, int show)
{
    u32 list, i;
    (void)instance;
    (void)previous;
    (void)show;
    for (list = 0; list < sizeof lists / sizeof lists[0]; list++)
        for (i = 0; lists[list][i].name; i++)
            if (named(lists[list][i].name, words))
                return (int)lists[list][i].run();
    return 999;
}
