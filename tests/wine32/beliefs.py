"""What Windows CE's COREDLL and the desktop's functions of the same names have in common, as programs.

Each runs on the emulated x86 device and on 32-bit Wine. What a call returned must be equal, unless the program keeps
it under a name: handles and addresses differ from one system to the next. The last error of a call that failed, what
came back in buffers, and the end of the program must be equal always.
"""

BELIEFS: dict[str, str] = {}

EVENT = "coredll!EventModify"
WAIT = "coredll!WaitForSingleObject"

BELIEFS["event, manual reset"] = f"""
e = coredll!CreateEventW(NULL, 1, 0, NULL)
call {WAIT}(e, 0)
call {EVENT}(e, 3)
call {WAIT}(e, 0)
call {WAIT}(e, -1)
call {EVENT}(e, 2)
call {WAIT}(e, 1)
call {EVENT}(e, 1)
call {WAIT}(e, 0)
call coredll!CloseHandle(e)
"""
BELIEFS["event, automatic reset"] = f"""
e = coredll!CreateEventW(NULL, 0, 1, NULL)
call {WAIT}(e, 0)
call {WAIT}(e, 0)
call {EVENT}(e, 3)
call {EVENT}(e, 3)
call {WAIT}(e, -1)
call {WAIT}(e, 0)
call coredll!CloseHandle(e)
"""
BELIEFS["event, wrong handles and operations"] = f"""
e = coredll!CreateEventW(NULL, 0, 0, NULL)
m = coredll!CreateMutexW(NULL, 0, NULL)
call {EVENT}(e, 0)
call {EVENT}(e, 4)
call {EVENT}(NULL, 3)
call {EVENT}(m, 3)
call coredll!CloseHandle(e)
call coredll!CloseHandle(e)
call {EVENT}(e, 3)
call {WAIT}(e, 0)
call coredll!CloseHandle(NULL)
call coredll!CloseHandle(m)
"""
BELIEFS["event, wakes a thread"] = f"""
e = coredll!CreateEventW(NULL, 0, 0, NULL)
thread waits {{ call {WAIT}(e, 20000) }}
sleep 20ms
call {EVENT}(e, 3)
join waits
call {WAIT}(e, 0)
"""
BELIEFS["names"] = f"""
a = coredll!CreateEventW(NULL, 1, 1, in name = w"ceharness belief")
call coredll!GetLastError()
b = coredll!CreateEventW(NULL, 0, 0, &name)
call coredll!GetLastError()
call {WAIT}(b, 0)
call {WAIT}(b, 0)
call {EVENT}(b, 2)
call {WAIT}(a, 0)
c = coredll!OpenEventW(0x1F0003, 0, &name) fails null-word
call coredll!CloseHandle(a)
call coredll!CloseHandle(b)
call coredll!CloseHandle(c)
d = coredll!OpenEventW(0x1F0003, 0, &name) fails null-word
e = coredll!CreateEventW(NULL, 0, 0, in other = w"CEHARNESS BELIEF")
call coredll!GetLastError()
f = coredll!CreateEventW(NULL, 0, 0, &name)
call coredll!GetLastError()
"""
BELIEFS["names, one for an event and a mutex"] = """
a = coredll!CreateEventW(NULL, 1, 1, in name = w"ceharness both")
b = coredll!CreateMutexW(NULL, 0, &name)
"""
BELIEFS["names, the empty one"] = f"""
a = coredll!CreateEventW(NULL, 1, 0, in name = x"0000")
b = coredll!CreateEventW(NULL, 1, 0, &name)
call {EVENT}(a, 3)
call {WAIT}(b, 0)
"""
BELIEFS["mutex"] = f"""
m = coredll!CreateMutexW(NULL, 1, NULL)
call {WAIT}(m, 0)
call coredll!ReleaseMutex(m) fails zero
call coredll!ReleaseMutex(m)
call coredll!ReleaseMutex(m)
call {WAIT}(m, 0)
thread other {{
    call {WAIT}(m, 1)
    call coredll!ReleaseMutex(m)
}}
join other
call coredll!ReleaseMutex(m)
call coredll!ReleaseMutex(NULL)
call coredll!CloseHandle(m)
"""
BELIEFS["mutex, named and owned"] = f"""
m = coredll!CreateMutexW(NULL, 1, in name = w"ceharness mutex")
n = coredll!CreateMutexW(NULL, 1, &name)
call coredll!GetLastError()
call coredll!ReleaseMutex(n) fails zero
call coredll!ReleaseMutex(n)
"""
BELIEFS["mutex, abandoned"] = f"""
m = coredll!CreateMutexW(NULL, 0, NULL)
thread other {{ call {WAIT}(m, 0) }}
join other
sleep 50ms
call {WAIT}(m, 5000)
call {WAIT}(m, 0)
call coredll!ReleaseMutex(m) fails zero
"""
BELIEFS["semaphore"] = f"""
s = coredll!CreateSemaphoreW(NULL, 1, 2, NULL) fails null-word
call {WAIT}(s, 0)
call {WAIT}(s, 0)
call coredll!ReleaseSemaphore(s, 1, out before[4]) fails zero
call coredll!ReleaseSemaphore(s, 1, out then[4])
call coredll!ReleaseSemaphore(s, 1, out untouched[4])
call coredll!ReleaseSemaphore(s, 0, NULL)
call coredll!ReleaseSemaphore(s, -1, NULL)
call coredll!ReleaseSemaphore(NULL, 1, NULL)
call {WAIT}(s, 0)
call {WAIT}(s, 0)
call {WAIT}(s, 0)
"""
BELIEFS["semaphore, counts that make no sense"] = """
a = coredll!CreateSemaphoreW(NULL, 2, 1, NULL) fails null-word
b = coredll!CreateSemaphoreW(NULL, 0, 0, NULL)
c = coredll!CreateSemaphoreW(NULL, -1, 1, NULL)
d = coredll!CreateSemaphoreW(NULL, 0, -1, NULL)
"""
BELIEFS["waiting for one of several"] = """
a = coredll!CreateEventW(NULL, 0, 0, NULL)
b = coredll!CreateEventW(NULL, 0, 1, NULL)
c = coredll!CreateEventW(NULL, 0, 1, NULL)
buffer scratch set[260]
store &set, 4, a
store &set+4, 4, b
store &set+8, 4, c
call coredll!WaitForMultipleObjects(3, &set, 0, 0)
call coredll!WaitForMultipleObjects(3, &set, 0, 0)
call coredll!WaitForMultipleObjects(3, &set, 0, 1)
call coredll!WaitForMultipleObjects(0, &set, 0, 0)
call coredll!WaitForMultipleObjects(65, &set, 0, 0)
store &set+4, 4, 0
call coredll!WaitForMultipleObjects(3, &set, 0, 0)
"""
BELIEFS["waiting for all of several"] = """
a = coredll!CreateEventW(NULL, 1, 1, NULL)
b = coredll!CreateEventW(NULL, 1, 1, NULL)
buffer scratch set[8]
store &set, 4, a
store &set+4, 4, b
call coredll!WaitForMultipleObjects(2, &set, 1, 0)
"""

THREAD = """
core = coredll!LoadLibraryW(in module = w"coredll.dll")
number = coredll!GetProcAddressW(core, in atoi = w"atoi")
"""
BELIEFS["thread, its end and exit code"] = f"""
{THREAD}
t = coredll!CreateThread(NULL, 0, number, in text = "1234", 0, scratch id[4]) fails null-word
call {WAIT}(t, 20000)
call coredll!GetExitCodeThread(t, out code[4]) fails zero
call {WAIT}(t, 0)
call coredll!CloseHandle(t)
call coredll!GetExitCodeThread(t, &code)
call coredll!GetExitCodeThread(NULL, &code)
"""
BELIEFS["thread, suspended"] = f"""
{THREAD}
t = coredll!CreateThread(NULL, 0, number, in text = "-7", 4, NULL) fails null-word
call {WAIT}(t, 1)
call coredll!GetExitCodeThread(t, out running[4]) fails zero
call coredll!SuspendThread(t) fails minus-one
call coredll!ResumeThread(t) fails minus-one
call {WAIT}(t, 1)
call coredll!ResumeThread(t)
call {WAIT}(t, 20000)
call coredll!GetExitCodeThread(t, out code[4])
call coredll!SuspendThread(NULL)
call coredll!ResumeThread(NULL)
"""
BELIEFS["thread, terminated"] = f"""
{THREAD}
t = coredll!CreateThread(NULL, 0, number, NULL, 4, NULL) fails null-word
call coredll!TerminateThread(t, 77) fails zero
call {WAIT}(t, 20000)
call coredll!GetExitCodeThread(t, out code[4]) fails zero
call coredll!TerminateThread(NULL, 1)
"""
BELIEFS["thread, priority"] = """
call coredll!GetThreadPriority(0x41) fails never
call coredll!SetThreadPriority(0x41, 2) fails zero
call coredll!GetThreadPriority(0x41)
call coredll!SetThreadPriority(NULL, 2)
call coredll!SetThreadPriority(0x41, 3)
"""
BELIEFS["last error, one for each thread"] = """
a = coredll!SetLastError(1111)
thread other {
    call coredll!GetLastError()
    b = coredll!SetLastError(2222)
    call coredll!GetLastError()
}
join other
call coredll!GetLastError()
"""
BELIEFS["local storage of threads"] = """
slot = coredll!TlsCall(0, 0) fails minus-one
call coredll!TlsGetValue(slot) fails never
call coredll!TlsSetValue(slot, 99) fails zero
call coredll!TlsGetValue(slot)
thread other { call coredll!TlsGetValue(slot) }
join other
call coredll!TlsCall(1, slot)
call coredll!TlsSetValue(5000, 1)
void = coredll!SetLastError(5)
call coredll!TlsGetValue(5000)
call coredll!GetLastError()
"""
BELIEFS["critical section"] = """
buffer scratch section[24]
v = coredll!InitializeCriticalSection(&section) fails never
call coredll!TryEnterCriticalSection(&section) fails never
call coredll!TryEnterCriticalSection(&section)
thread other { call coredll!TryEnterCriticalSection(&section) }
join other
u = coredll!LeaveCriticalSection(&section) fails never
w = coredll!LeaveCriticalSection(&section)
thread then {
    call coredll!TryEnterCriticalSection(&section)
    x = coredll!LeaveCriticalSection(&section)
}
join then
"""
BELIEFS["interlocked operations"] = """
buffer out n[4]
call coredll!InterlockedIncrement(&n) fails never
call coredll!InterlockedIncrement(&n)
call coredll!InterlockedDecrement(&n) fails never
call coredll!InterlockedExchange(&n, 0x7FFFFFFF) fails never
call coredll!InterlockedIncrement(&n)
call coredll!InterlockedExchangeAdd(&n, 5) fails never
call coredll!InterlockedCompareExchange(&n, 9, 1) fails never
call coredll!InterlockedCompareExchange(&n, 9, 0x80000005)
call coredll!InterlockedTestExchange(&n, 9, 10) fails never
call coredll!InterlockedTestExchange(&n, 9, 11)
"""

BELIEFS["process, its own"] = """
call coredll!GetExitCodeProcess(0x42, out code[4])
call coredll!WaitForSingleObject(0x42, 0)
call coredll!WaitForSingleObject(0x41, 0)
call coredll!GetExitCodeProcess(NULL, &code)
call coredll!TerminateProcess(NULL, 1)
call coredll!OpenProcess(0x1F0FFF, 0, 3) fails zero
"""
BELIEFS["process, started and terminated"] = f"""
length = coredll!GetModuleFileNameW(NULL, scratch image[520], 260) fails never
call coredll!CreateProcessW(&image, NULL, NULL, NULL, 0, 4, NULL, NULL, NULL, scratch made[16])
call {WAIT}(made+0:4, 1)
call coredll!GetExitCodeProcess(made+0:4, out running[4])
call coredll!TerminateProcess(made+0:4, 123)
call {WAIT}(made+0:4, 20000)
call coredll!GetExitCodeProcess(made+0:4, out code[4])
call {WAIT}(made+4:4, 0)
call coredll!TerminateProcess(made+0:4, 124)
call coredll!CloseHandle(made+4:4)
call coredll!CloseHandle(made+0:4)
"""
BELIEFS["process, no such image"] = r"""
call coredll!CreateProcessW(in image = w"\\no such image.exe", NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, scratch made[16])
"""
BELIEFS["process, reads and writes its memory"] = """
buffer in from = "twelve bytes"
call coredll!ReadProcessMemory(0x42, &from, out to[12], 12, out count[4]) fails zero
call coredll!WriteProcessMemory(0x42, &to, &from+7, 5, &count) fails zero
call coredll!ReadProcessMemory(0x42, 0x10, out untouched[4], 4, out none[4])
"""
BELIEFS["process, debugged"] = """
length = coredll!GetModuleFileNameW(NULL, scratch image[520], 260) fails never
call coredll!CreateProcessW(&image, NULL, NULL, NULL, 0, 2, NULL, NULL, NULL, scratch made[16])
call coredll!WaitForDebugEvent(scratch event[256], 20000) fails zero
v1 = coredll!memcpy(out code[4], &event, 4) fails never
call coredll!memcmp(&event+4, &made+8, 8) fails never
thread other { call coredll!WaitForDebugEvent(scratch none[256], 1) }
join other
call coredll!ContinueDebugEvent(event+4:4, 1, 0x10002) fails zero
call coredll!ContinueDebugEvent(event+4:4, event+8:4, 0x10002)
call coredll!TerminateProcess(made+0:4, 55)
repeat 300 as n until left {
    w = coredll!WaitForDebugEvent(&event, 20000)
    c = coredll!ContinueDebugEvent(event+4:4, event+8:4, 0x10002)
    left = event+0:4 - 5
}
call coredll!WaitForSingleObject(made+0:4, 20000)
call coredll!GetExitCodeProcess(made+0:4, out ended[4])
call coredll!WaitForDebugEvent(&event, 1)
"""
BELIEFS["process, none to debug"] = """
fresh
call coredll!WaitForDebugEvent(scratch event[256], 1) fails zero
call coredll!ContinueDebugEvent(1, 1, 0x10002) fails zero
call coredll!DebugActiveProcess(1) fails zero
"""
BELIEFS["handle, duplicated"] = f"""
e = coredll!CreateEventW(NULL, 1, 0, NULL)
call coredll!DuplicateHandle(0x42, e, 0x42, scratch twin[4], 0, 0, 2) fails zero
call {EVENT}(e, 3)
call {WAIT}(twin+0:4, 0)
call coredll!CloseHandle(e)
call {WAIT}(twin+0:4, 0)
call coredll!DuplicateHandle(0x42, 0, 0x42, &twin, 0, 0, 2)
"""

BELIEFS["memory, reserved, committed, freed"] = """
m = coredll!VirtualAlloc(NULL, 0x20000, 0x2000, 1)
call coredll!IsBadReadPtr(m, 1)
c = coredll!VirtualAlloc(m, 0x1000, 0x1000, 4)
call coredll!IsBadReadPtr(m, 1)
call coredll!IsBadWritePtr(m, 0x1000)
call coredll!IsBadReadPtr(m, 0x1001)
call coredll!VirtualProtect(m, 0x1000, 2, out old[4])
call coredll!IsBadWritePtr(m, 1)
call coredll!IsBadReadPtr(m, 1)
call coredll!VirtualFree(m, 0x1000, 0x4000)
call coredll!IsBadReadPtr(m, 1)
call coredll!VirtualFree(m, 1, 0x8000)
call coredll!VirtualFree(m, 0, 0x8000)
"""
BELIEFS["memory, described"] = """
m = coredll!VirtualAlloc(NULL, 0x20000, 0x2000, 1)
c = coredll!VirtualAlloc(m, 0x3000, 0x1000, 4)
call coredll!VirtualQuery(m, scratch at[28], 28)
call coredll!memcmp(&at+8, in protect_at_first = x"01000000", 4) fails never
call coredll!memcmp(&at+12, in size_and_state = x"00300000 00100000 04000000 00000200", 16)
"""
BELIEFS["memory, requests that make no sense"] = """
call coredll!VirtualAlloc(NULL, 0, 0x1000, 4)
call coredll!VirtualAlloc(NULL, 0x1000, 0, 4)
call coredll!VirtualAlloc(NULL, 0x1000, 0x1000, 0)
m = coredll!VirtualAlloc(NULL, 0x1000, 0x1000, 4)
call coredll!VirtualFree(m, 0, 0x8000)
call coredll!VirtualFree(NULL, 0, 0x8000)
call coredll!VirtualProtect(m, 0x1000, 4, scratch old[4])
call coredll!VirtualQuery(m, scratch at[28], 4)
"""
BELIEFS["pointers that are none"] = """
call coredll!IsBadReadPtr(NULL, 1)
call coredll!IsBadReadPtr(NULL, 0)
call coredll!IsBadWritePtr(NULL, 1)
call coredll!IsBadReadPtr(in there = "x", 1)
call coredll!IsBadCodePtr(NULL) fails never
"""
BELIEFS["heap"] = """
h = coredll!GetProcessHeap()
b = coredll!HeapAlloc(h, 8, 100)
call coredll!HeapSize(h, 0, b) fails minus-one
v1 = coredll!memset(b, 65, 100) fails never
c = coredll!HeapReAlloc(h, 8, b, 200) fails null-word
call coredll!HeapSize(h, 0, c)
v2 = coredll!memcpy(out kept[100], c, 100) fails never
call coredll!HeapFree(h, 0, c)
own = coredll!HeapCreate(0, 0, 0) fails null-word
d = coredll!HeapAlloc(own, 0, 0)
call coredll!HeapSize(own, 0, d)
call coredll!HeapFree(own, 0, d)
call coredll!HeapDestroy(own) fails zero
"""
BELIEFS["local memory"] = """
b = coredll!LocalAlloc(0x40, 24)
v4 = coredll!memcpy(out zeros[24], b, 24) fails never
call coredll!LocalSize(b) fails zero
c = coredll!LocalReAlloc(b, 48, 0x42) fails null-word
call coredll!LocalSize(c)
call coredll!LocalFree(c)
call coredll!LocalFree(NULL)
"""

BELIEFS["file mapping, seen twice"] = """
m = coredll!CreateFileMappingW(-1, NULL, 4, 0, 70000, NULL) fails zero
a = coredll!MapViewOfFile(m, 2, 0, 0, 0) fails null-word
b = coredll!MapViewOfFile(m, 4, 0, 0, 0)
v5 = coredll!memset(a, 7, 8) fails never
v6 = coredll!memcpy(out seen[8], b, 8) fails never
call coredll!IsBadWritePtr(a, 1)
call coredll!IsBadWritePtr(b, 1)
call coredll!CloseHandle(m)
v7 = coredll!memcpy(out still[8], b, 8)
call coredll!UnmapViewOfFile(a) fails zero
call coredll!UnmapViewOfFile(b)
call coredll!IsBadReadPtr(a, 1)
call coredll!UnmapViewOfFile(a)
"""
BELIEFS["file mapping, named"] = """
m = coredll!CreateFileMappingW(-1, NULL, 4, 0, 4096, in name = w"ceharness mapping") fails zero
a = coredll!MapViewOfFile(m, 2, 0, 0, 0) fails null-word
v8 = coredll!memset(a, 9, 4) fails never
n = coredll!CreateFileMappingW(-1, NULL, 4, 0, 4096, &name)
call coredll!GetLastError()
b = coredll!MapViewOfFile(n, 2, 0, 0, 0)
v9 = coredll!memcpy(out seen[4], b, 4) fails never
"""
BELIEFS["file mapping, requests that make no sense"] = """
a = coredll!CreateFileMappingW(-1, NULL, 4, 0, 0, NULL) fails zero
b = coredll!CreateFileMappingW(-1, NULL, 0, 0, 4096, NULL)
c = coredll!MapViewOfFile(NULL, 2, 0, 0, 0) fails null-word
call coredll!UnmapViewOfFile(NULL) fails zero
m = coredll!CreateFileMappingW(-1, NULL, 4, 0, 0x20000, NULL)
d = coredll!MapViewOfFile(m, 2, 0, 1, 0)
e = coredll!MapViewOfFile(m, 2, 0, 0, 0x30000)
f = coredll!MapViewOfFile(m, 2, 0, 0x40000, 0)
"""

BELIEFS["modules"] = """
m = coredll!LoadLibraryW(in name = w"coredll.dll")
n = coredll!LoadLibraryW(in short = w"coredll")
same = coredll!GetModuleHandleW(in upper = w"COREDLL.DLL")
p = coredll!GetProcAddressW(m, in wide = w"GetTickCount")
q = coredll!GetProcAddressA(m, in narrow = "GetTickCount")
call coredll!GetProcAddressW(m, in none = w"NoSuchExport")
call coredll!GetProcAddressA(m, in neither = "NoSuchExport")
call coredll!GetProcAddressW(m, in case = w"gettickcount")
call coredll!LoadLibraryW(in missing = w"no such module.dll")
call coredll!GetModuleHandleW(&missing)
call coredll!FreeLibrary(n)
call coredll!FreeLibrary(NULL)
"""
BELIEFS["modules, wrong handles"] = """
call coredll!GetProcAddressW(0x1234000, in wide = w"GetTickCount")
call coredll!GetModuleFileNameW(0x1234000, scratch path[520], 260)
call coredll!LoadLibraryW(NULL)
"""

FILE = r'in path = w"\\ceharness belief.txt"'
DEEP = r'in deep = w"\\no such folder\\file"'
READ, WRITE, BOTH = "0x80000000", "0x40000000", "0xC0000000"
BELIEFS["file, written and read"] = f"""
call coredll!DeleteFileW({FILE})
f = coredll!CreateFileW(&path, {BOTH}, 0, NULL, 1, 0, NULL)
call coredll!WriteFile(f, in text = "0123456789", 10, out wrote[4], NULL)
call coredll!GetFileSize(f, out high[4])
call coredll!SetFilePointer(f, 2, NULL, 0)
call coredll!ReadFile(f, out part[4], 4, out got[4], NULL)
call coredll!SetFilePointer(f, -3, NULL, 2)
call coredll!ReadFile(f, out tail[8], 8, out less[4], NULL)
call coredll!ReadFile(f, scratch more[8], 8, out nothing[4], NULL)
call coredll!SetFilePointer(f, -100, NULL, 1)
call coredll!SetFilePointer(f, 5, NULL, 0)
call coredll!SetEndOfFile(f) fails zero
call coredll!GetFileSize(f, NULL)
call coredll!FlushFileBuffers(f)
call coredll!CloseHandle(f)
call coredll!DeleteFileW(&path)
call coredll!DeleteFileW(&path)
"""
BELIEFS["file, dispositions"] = f"""
call coredll!DeleteFileW({FILE}) fails never
call coredll!CreateFileW(&path, {READ}, 0, NULL, 3, 0, NULL)
call coredll!CreateFileW(&path, {WRITE}, 0, NULL, 5, 0, NULL)
a = coredll!CreateFileW(&path, {WRITE}, 0, NULL, 1, 0, NULL)
call coredll!CloseHandle(a)
call coredll!CreateFileW(&path, {WRITE}, 0, NULL, 1, 0, NULL)
b = coredll!CreateFileW(&path, {WRITE}, 0, NULL, 2, 0, NULL)
call coredll!GetLastError()
call coredll!CloseHandle(b)
c = coredll!CreateFileW(&path, {WRITE}, 0, NULL, 4, 0, NULL)
call coredll!GetLastError()
call coredll!CloseHandle(c)
call coredll!CreateFileW(&path, {WRITE}, 0, NULL, 9, 0, NULL)
call coredll!CreateFileW({DEEP}, {READ}, 0, NULL, 3, 0, NULL)
call coredll!DeleteFileW(&deep)
"""
BELIEFS["file, shared and not"] = f"""
a = coredll!CreateFileW({FILE}, {BOTH}, 0, NULL, 2, 0, NULL)
call coredll!CreateFileW(&path, {READ}, 3, NULL, 3, 0, NULL)
call coredll!CloseHandle(a)
b = coredll!CreateFileW(&path, {READ}, 1, NULL, 3, 0, NULL)
c = coredll!CreateFileW(&path, {READ}, 1, NULL, 3, 0, NULL)
call coredll!CreateFileW(&path, {WRITE}, 3, NULL, 3, 0, NULL)
call coredll!WriteFile(b, in text = "x", 1, scratch wrote[4], NULL)
call coredll!CloseHandle(b)
call coredll!CloseHandle(c)
call coredll!DeleteFileW(&path)
"""
FOLDER = r'in folder = w"\\ceharness belief"'
INSIDE = r'in inside = w"\\ceharness belief\\file"'
BELIEFS["folders"] = f"""
call coredll!CreateDirectoryW({FOLDER}, NULL)
call coredll!CreateDirectoryW(&folder, NULL)
call coredll!GetFileAttributesW(&folder) fails minus-one
f = coredll!CreateFileW({INSIDE}, {WRITE}, 0, NULL, 1, 0, NULL)
call coredll!CloseHandle(f)
call coredll!RemoveDirectoryW(&folder)
call coredll!CopyFileW(&inside, &inside, 1) fails zero
call coredll!MoveFileW(&inside, &folder) fails zero
call coredll!DeleteFileW(&inside)
call coredll!DeleteFileW(&folder)
call coredll!RemoveDirectoryW(&folder)
call coredll!RemoveDirectoryW(&folder)
call coredll!GetFileAttributesW(&folder)
call coredll!GetFileAttributesW(&inside)
"""

BELIEFS["text, converted"] = """
call coredll!MultiByteToWideChar(0, 0, in narrow = "CE 6", -1, out wide[16], 8) fails zero
call coredll!MultiByteToWideChar(0, 0, &narrow, -1, NULL, 0)
call coredll!MultiByteToWideChar(0, 0, &narrow, -1, scratch small[2], 1)
call coredll!WideCharToMultiByte(0, 0, &wide, -1, out again[8], 8, NULL, NULL) fails zero
call coredll!WideCharToMultiByte(0, 0, &wide, 2, out two[8], 8, NULL, NULL)
call coredll!WideCharToMultiByte(0, 0, &wide, -1, scratch tiny[2], 2, NULL, NULL)
"""
BELIEFS["text, the C library's"] = """
call coredll!wcslen(in text = w"Windows CE") fails never
call coredll!wcscmp(&text, in other = w"Windows NT") fails never
call coredll!_wcsicmp(&text, in lower = w"windows ce") fails never
call coredll!strlen(in narrow = "COREDLL") fails never
call coredll!strcmp(&narrow, &narrow) fails never
call coredll!_stricmp(&narrow, in small = "coredll") fails never
call coredll!strncmp(&narrow, in begins = "CORES", 4) fails never
call coredll!memcmp(&narrow, &begins, 5) fails never
call coredll!atoi(in number = " -42x") fails never
call coredll!_wtol(in wide = w"77") fails never
call coredll!swprintf(out printed[64], in format = w"%d %x %s|%5d|%-4u|%c", -3, 0xBEEF, &text, 12, 7, 65) fails never
call coredll!sprintf(out narrowed[64], in simple = "%08lx %s %i%%", 0xCE, &narrow, 9) fails never
"""
BELIEFS["time"] = """
call coredll!SystemTimeToFileTime(in day = x"D907 0300 0000 0E00 0F00 0900 1A00 8700", out file[8]) fails zero
call coredll!SystemTimeToFileTime(in none = x"D907 0D00 0000 0E00 0F00 0900 1A00 8700", scratch no[8])
call coredll!SystemTimeToFileTime(in leap = x"D907 0200 0000 1D00 0F00 0900 1A00 8700", scratch no2[8])
"""

BELIEFS["fault, a pointer"] = "call coredll!GetSystemTime(0x10)"
BELIEFS["fault, raised"] = "call coredll!RaiseException(0xE0001234, 0, 0, NULL)"
BELIEFS["fault, in a thread"] = """
e = coredll!CreateEventW(NULL, 0, 0, NULL)
thread other { call coredll!memset(0x20, 0, 4) fails never }
call coredll!WaitForSingleObject(e, -1)
"""
BELIEFS["exit"] = "call coredll!TerminateProcess(0x42, 31)"
BELIEFS["block"] = """
deadline 300ms
e = coredll!CreateEventW(NULL, 0, 0, NULL)
w = coredll!WaitForSingleObject(e, -1)
"""

BELIEFS["winsock, not started"] = """
fresh
call WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0)
call socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)
call closesocket(0)
call WSACleanup()
"""
STARTUP = "call WSAStartup(0x0202, scratch wsadata[400])\n"
BELIEFS["winsock, sockets"] = (
    STARTUP
    + """
a = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED)
b = WSASocketW(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, 0)
c = WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, 0)
d = WSASocketW(AF_INET, SOCK_DGRAM, 0, NULL, 0, 0)
call WSASocketW(99, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0)
call WSASocketW(AF_INET, 99, IPPROTO_TCP, NULL, 0, 0)
call WSASocketW(AF_INET, SOCK_STREAM, 99, NULL, 0, 0)
call WSASocketW(0, 0, 0, NULL, 0, 0)
call WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_UDP, NULL, 0, 0)
call closesocket(a)
call closesocket(a)
call WSACleanup()
"""
)
BELIEFS["winsock, a connection"] = (
    STARTUP
    + """
listener = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0)
call bind(listener, in address = x"0200 0000 7F000001 0000000000000000", 16)
call getsockname(listener, &address, in size = x"10000000")
call listen(listener, 5)
near = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0)
call connect(near, &address, 16)
far = accept(listener, NULL, NULL)
call send(near, in said = "hello", 5, 0)
call recv(far, out heard[8], 8, 0)
call shutdown(near, 1)
call recv(far, scratch end[8], 8, 0)
call send(near, &said, 5, 0)
call connect(near, &address, 16)
call accept(near, NULL, NULL)
call closesocket(near)
call closesocket(far)
call closesocket(listener)
call WSACleanup()
"""
)
BELIEFS["winsock, options and addresses"] = (
    STARTUP
    + """
a = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0)
b = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0)
call getsockopt(a, 0xFFFF, 0x1008, out type[4], in size = x"04000000")
call getsockopt(a, 0xFFFF, 0x1007, out error[4], &size)
call getsockopt(a, 0xFFFF, 0x7777, scratch none[4], &size)
call setsockopt(a, 0xFFFF, 0x0008, in one = x"01000000", 4)
call setsockopt(0, 0xFFFF, 0x0004, &one, 4)
call bind(b, in address = x"0200 0000 7F000001 0000000000000000", 16)
call getsockname(b, &address, in length = x"10000000")
call bind(a, &address, 16)
call bind(b, &address, 16)
call bind(a, &address, 3)
c = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0)
call listen(c, 1)
call connect(c, &address, 16)
call getpeername(b, scratch peer[16], &length)
call ioctlsocket(b, 0x8004667E, &one)
call recv(b, scratch data[4], 4, 0)
call htons(0x1234)
call inet_addr(in dotted = "10.1.2.3")
call inet_addr(in wrong = "10.1.2.999")
call closesocket(a)
call closesocket(c)
call closesocket(b)
call WSACleanup()
"""
)
BELIEFS["winsock, datagrams"] = (
    STARTUP
    + """
a = WSASocketW(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, 0)
b = WSASocketW(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, 0)
call bind(a, in address = x"0200 0000 7F000001 0000000000000000", 16)
call getsockname(a, &address, in length = x"10000000")
call sendto(b, in said = "one datagram", 12, 0, &address, 16)
call sendto(b, &said, 3, 0, &address, 16)
call recvfrom(a, out part[4], 4, 0, NULL, NULL)
call recvfrom(a, out whole[8], 8, 0, NULL, NULL)
call send(b, &said, 3, 0)
call connect(b, &address, 16)
call send(b, &said, 3, 0)
call recv(a, out heard[8], 8, 0)
call ioctlsocket(a, 0x8004667E, in one = x"01000000")
call recv(a, scratch none[8], 8, 0)
call listen(a, 1)
call closesocket(a)
call closesocket(b)
call WSACleanup()
"""
)
BELIEFS["winsock, last error"] = (
    STARTUP
    + """
a = WSASetLastError(10050)
call coredll!GetLastError()
b = coredll!SetLastError(10051)
call WSAGetLastError()
call WSACleanup()
"""
)
