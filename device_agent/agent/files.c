#include "files.h"

#include <string.h>

bool files_beside(WCHAR path[PATH], const WCHAR *image, const WCHAR *name)
{
    size_t end = 0, length = 0;
    for (size_t i = 0; image[i]; i++) {
        path[i] = image[i];
        if (path[i] == '\\') {
            end = i + 1;
        }
    }
    while (name[length]) {
        length++;
    }
    if (end + length >= PATH) {
        return false;
    }
    memcpy(path + end, name, (length + 1) * sizeof(WCHAR));
    return true;
}

HANDLE files_open(const WCHAR *path, bool *absent)
{
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    DWORD error = file == INVALID_HANDLE_VALUE ? GetLastError() : 0;
    *absent = error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND;
    return file;
}
