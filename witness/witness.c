/*
 * A witness: makes Winsock calls on 64-bit Windows, or Wine, as any C program does, and writes down what came
 * of each. It shares nothing with the agent: no source, no interpreter, no layouts but those of the headers.
 *
 * Standard input holds lines of steps, "startup 0x202; socket 2 1 6 null 0 0". Every line is run in a process
 * of its own, and comes back with its results: "startup 0x202; socket 2 1 6 null 0 0 -> 0; socket". A result is
 * a number, "socket" for a new one, the error in parentheses where there is one, the exception that ended the
 * process, or "blocked".
 */
#include <winsock2.h>

#include "calls.h"
#include "text.h"

enum { LONGEST = 1024, PATIENCE_MS = 3000, MOST_STARTS = 10 };

static LONG WINAPI fault(EXCEPTION_POINTERS *pointers)
{
    TerminateProcess(GetCurrentProcess(), pointers->ExceptionRecord->ExceptionCode);
    return EXCEPTION_EXECUTE_HANDLER;
}

static void run_line(void)
{
    SetErrorMode(SEM_NOGPFAULTERRORBOX);
    SetUnhandledExceptionFilter(fault);
    for (;;) {
        step();
        if (!*at) {
            return;
        }
        at++;
    }
}

/* Wine cannot always start a process, on a busy machine above all. What was not started has done nothing, so
 * it is tried again. */
static BOOL started(const char *image, char *command, STARTUPINFOA *startup, PROCESS_INFORMATION *process)
{
    for (int tries = 0; tries < MOST_STARTS; tries++) {
        if (CreateProcessA(image, command, NULL, NULL, TRUE, DETACHED_PROCESS, NULL, NULL, startup, process)) {
            return TRUE;
        }
        Sleep(100);
    }
    return FALSE;
}

static void start_line(const char *line)
{
    char image[MAX_PATH], command[LONGEST + 16] = "witness ";
    STARTUPINFOA startup;
    PROCESS_INFORMATION process;
    DWORD code = 0;
    size_t length = 0;
    while (line[length]) {
        length++;
    }
    memcpy(command + sizeof "witness", line, length + 1);
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    say(line);
    say(" -> ");
    if (!GetModuleFileNameA(NULL, image, sizeof image) ||
        !started(image, command, &startup, &process)) {
        say("not started\n");
        return;
    }
    if (WaitForSingleObject(process.hProcess, PATIENCE_MS) == WAIT_TIMEOUT) {
        TerminateProcess(process.hProcess, 0);
        WaitForSingleObject(process.hProcess, INFINITE);
        say("; blocked");
    } else if (GetExitCodeProcess(process.hProcess, &code) && code > 2) {
        say("; exception ");
        say_hex(code);
    }
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    say("\n");
}

static BOOL next_line(char *line)
{
    DWORD got, length = 0;
    while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), line + length, 1, &got, NULL) && got) {
        if (line[length] == '\n') {
            line[length] = 0;
            return TRUE;
        }
        if (++length == LONGEST) {
            wrong("a line that is too long");
        }
    }
    line[length] = 0;
    return length > 0;
}

void witness_start(void);
void witness_start(void)
{
    static char line[LONGEST + 1];
    at = GetCommandLineA();
    BOOL quoted = FALSE;
    for (; *at && (quoted || *at != ' '); at++) {
        quoted = quoted != (*at == '"');
    }
    while (*at == ' ') {
        at++;
    }
    if (*at) {
        run_line();
    } else {
        while (next_line(line)) {
            start_line(line);
        }
    }
    ExitProcess(0);
}
