/* What the scenarios share: the functions they import, and how they say what they found out.

   A scenario's result is the exit code of its process, or what it writes to the debug console. CHECKS + line
   means: the check on that line of that file failed. */

#pragma once

typedef unsigned int u32;
typedef unsigned short u16;
typedef unsigned char u8;
typedef u32 (*function)(u32, u32, u32, u32);

void *CreateThread(void *, u32, u32 (*)(void *), void *, u32, u32 *);
void *CreateEventW(void *, int, int, const u16 *);
void *CreateMutexW(void *, int, const u16 *);
void *CreateFileW(const u16 *, u32, u32, void *, u32, u32, void *);
void *CreateFileMappingW(void *, void *, u32, u32, u32, const u16 *);
void *MapViewOfFile(void *, u32, u32, u32, u32);
void *LoadLibraryW(const u16 *);
void *GetProcAddressW(void *, const u16 *);
void *VirtualAlloc(void *, u32, u32, u32);
int CreateProcessW(const u16 *, const u16 *, void *, void *, int, u32, void *, void *, void *, void *);
int TerminateProcess(void *, u32);
int TerminateThread(void *, u32);
int GetExitCodeProcess(void *, u32 *);
int GetExitCodeThread(void *, u32 *);
int EventModify(void *, u32);
int ReadFile(void *, void *, u32, u32 *, void *);
int WriteFile(void *, const void *, u32, u32 *, void *);
int SetCommTimeouts(void *, void *);
int CloseHandle(void *);
int VirtualFree(void *, u32, u32);
int VirtualProtect(void *, u32, u32, u32 *);
int FreeLibrary(void *);
int wsprintfW(u16 *, const u16 *, ...);
u32 WaitForSingleObject(void *, u32);
u32 WaitForMultipleObjects(u32, void **, int, u32);
u32 GetTickCount(void);
u32 GetLastError(void);
int InterlockedIncrement(volatile int *);
void InitializeCriticalSection(void *);
void EnterCriticalSection(void *);
void LeaveCriticalSection(void *);
void OutputDebugStringW(const u16 *);
void RaiseException(u32, u32, u32, void *);
void ExitThread(u32);
void Sleep(u32);
void qsort(void *, u32, u32, int (*)(const void *, const void *));

#define W(text) ((const u16 *)L##text)
#define CHECK(truth) do { if (!(truth)) return CHECKS + __LINE__; } while (0)
#define FOREVER 0xFFFFFFFFu
#define THIS_PROCESS ((void *)0x42)

#if defined(__x86_64__)
#error "no such Windows CE"
#endif

struct scenario {
    const u16 *name; /* null ends a list */
    u32 (*run)(void);
};
extern const struct scenario fault_scenarios[], thread_scenarios[], process_scenarios[], call_scenarios[],
    debugger_scenarios[], provider_scenarios[];
extern const u16 *argument; /* what follows a colon on the command line; empty without one */

struct started { void *process, *thread; u32 process_id, thread_id; }; /* PROCESS_INFORMATION */

u32 forever(void *unused); /* never returns; `counter` goes up */
extern volatile int counter;
