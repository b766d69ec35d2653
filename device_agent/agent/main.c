#include "platform.h"
#include "settings.h"
#include "supervisor.h"
#include "worker.h"

DWORD agent_main(const WCHAR *words)
{
    static struct settings settings;
    if (!settings_read(&settings, words)) {
        return 87; /* ERROR_INVALID_PARAMETER */
    }
    if (settings.uninstall) {
        return 0;
    }
    return settings.worker ? worker_main(settings.worker) : supervisor_main(&settings);
}
