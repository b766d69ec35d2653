#include "record.h"

#include "ce.h"

enum { OPEN_ALWAYS = 4, FILE_END = 2, PATH = 260, TRIES = 200 };

static WCHAR path[PATH];

void record_beside(HANDLE module)
{
    DWORD length = GetModuleFileNameW(module, path, PATH);
    if (length < 4 || length >= PATH) {
        path[0] = 0;
        return;
    }
    path[length - 3] = 'l';
    path[length - 2] = 'o';
    path[length - 1] = 'g';
}

void record(enum record_kind kind, const void *first, DWORD first_size, const void *second, DWORD second_size)
{
    DWORD header[2], done;
    HANDLE file = INVALID_HANDLE_VALUE;
    int tries;
    header[0] = (DWORD)kind;
    header[1] = first_size + second_size;
    /* One writer at a time: who opens it keeps others out. */
    for (tries = 0; file == INVALID_HANDLE_VALUE && path[0] && tries < TRIES; tries++) {
        if (tries) {
            Sleep(1);
        }
        file = CreateFileW(path, GENERIC_WRITE, 0, NULL, OPEN_ALWAYS, 0, NULL);
    }
    if (file == INVALID_HANDLE_VALUE) {
        return;
    }
    SetFilePointer(file, 0, NULL, FILE_END);
    WriteFile(file, header, sizeof header, &done, NULL);
    WriteFile(file, first, first_size, &done, NULL);
    if (second_size) {
        WriteFile(file, second, second_size, &done, NULL);
    }
    CloseHandle(file);
}
