/* The part of the Windows API that the agent uses: the same declarations serve
 * Windows CE and desktop Windows, and no SDK is needed to build. */
#ifndef CEA_WIN_H
#define CEA_WIN_H

#include <stddef.h>
#include <stdint.h>

#if defined(__ELF__)
#define IMPORT /* reached through the thunks of the import table */
#else
#define IMPORT __declspec(dllimport)
#endif

typedef void *HANDLE;
typedef uint32_t DWORD;
typedef int32_t BOOL;
typedef wchar_t WCHAR; /* 16 bits on every target */

#define INVALID_HANDLE_VALUE ((HANDLE)(intptr_t)-1)

enum {
    INFINITE = -1,
    WAIT_OBJECT_0 = 0,
    WAIT_TIMEOUT = 258,
    ERROR_FILE_NOT_FOUND = 2,
    ERROR_PATH_NOT_FOUND = 3,
    ERROR_ALREADY_EXISTS = 183,
    OPEN_EXISTING = 3,
    PAGE_READWRITE = 4,
    FILE_MAP_WRITE = 2,
    FILE_SHARE_READ = 1,
    DEBUG_ONLY_THIS_PROCESS = 2
};
#define GENERIC_READ UINT32_C(0x80000000)
#define GENERIC_WRITE UINT32_C(0x40000000)
#define MAXDWORD UINT32_C(0xFFFFFFFF)
#define WAIT_FAILED UINT32_C(0xFFFFFFFF)

typedef struct {
    HANDLE process, thread;
    DWORD process_id, thread_id;
} PROCESS_INFORMATION;

typedef struct {
    DWORD size, baud;
    DWORD flags; /* bit 0 binary, bits 4-5 DTR control, bits 12-13 RTS control */
    uint16_t reserved, xon_limit, xoff_limit;
    uint8_t byte_size, parity, stop_bits;
    char xon, xoff, error, end, event;
    uint16_t reserved1;
} DCB;

typedef struct {
    DWORD read_interval, read_multiplier, read_constant, write_multiplier, write_constant;
} COMMTIMEOUTS;

typedef struct {
    uintptr_t space[6]; /* 20 bytes on CE, 40 on 64-bit Windows */
} CRITICAL_SECTION;

typedef DWORD (*THREAD_START)(void *);

IMPORT BOOL CloseHandle(HANDLE);
IMPORT HANDLE CreateEventW(void *, BOOL manual, BOOL set, const WCHAR *);
IMPORT HANDLE CreateFileMappingW(HANDLE, void *, DWORD protect, DWORD high, DWORD low, const WCHAR *);
IMPORT HANDLE CreateFileW(const WCHAR *, DWORD access, DWORD share, void *, DWORD how, DWORD flags, HANDLE);
IMPORT HANDLE CreateMutexW(void *, BOOL own, const WCHAR *);
IMPORT BOOL CreateProcessW(const WCHAR *, WCHAR *, void *, void *, BOOL, DWORD, void *, WCHAR *, void *,
                           PROCESS_INFORMATION *);
IMPORT HANDLE CreateThread(void *, DWORD stack, THREAD_START, void *, DWORD, DWORD *);
IMPORT void EnterCriticalSection(CRITICAL_SECTION *);
IMPORT BOOL GetCommState(HANDLE, DCB *);
IMPORT BOOL GetExitCodeProcess(HANDLE, DWORD *);
IMPORT DWORD GetLastError(void);
IMPORT DWORD GetModuleFileNameW(HANDLE, WCHAR *, DWORD);
IMPORT DWORD GetTickCount(void);
IMPORT void InitializeCriticalSection(CRITICAL_SECTION *);
IMPORT void LeaveCriticalSection(CRITICAL_SECTION *);
IMPORT HANDLE LoadLibraryW(const WCHAR *);
IMPORT void *MapViewOfFile(HANDLE, DWORD, DWORD, DWORD, size_t);
IMPORT void OutputDebugStringW(const WCHAR *);
IMPORT BOOL ReadFile(HANDLE, void *, DWORD, DWORD *, void *);
IMPORT BOOL SetCommState(HANDLE, DCB *);
IMPORT BOOL SetCommTimeouts(HANDLE, COMMTIMEOUTS *);
IMPORT void SetLastError(DWORD);
IMPORT BOOL SetupComm(HANDLE, DWORD, DWORD);
IMPORT void Sleep(DWORD);
IMPORT BOOL TerminateProcess(HANDLE, DWORD);
IMPORT BOOL UnmapViewOfFile(const void *);
IMPORT DWORD WaitForMultipleObjects(DWORD, const HANDLE *, BOOL, DWORD);
IMPORT DWORD WaitForSingleObject(HANDLE, DWORD);
IMPORT BOOL WriteFile(HANDLE, const void *, DWORD, DWORD *, void *);

#endif
