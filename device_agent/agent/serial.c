#include <string.h>

#include "medium.h"

/* A port carries one byte in ten bits. Some serial drivers end a write early when WriteTotalTimeout has passed: it is the time of
 * a piece of half a second, twice. */
enum { DTR_ENABLE = 1 << 4, RTS_ENABLE = 1 << 12, BINARY = 1, QUEUE_BYTES = 4096, RETRY_MS = 1000, WRITE_MS = 1000 };

static const struct settings *settings;
static HANDLE port = INVALID_HANDLE_VALUE;
static CRITICAL_SECTION lock; /* of `port`: it is not closed under a write */
static DWORD opened_at;       /* milliseconds */

static HANDLE opened(const WCHAR **what)
{
    /* Return as soon as there is anything, else after a second. */
    COMMTIMEOUTS timeouts = {MAXDWORD, MAXDWORD, 1000, 0, WRITE_MS};
    DCB dcb;
    *what = settings->port;
    HANDLE made = os_serial_open(settings->port);
    if (made == INVALID_HANDLE_VALUE) {
        return made;
    }
    memset(&dcb, 0, sizeof dcb);
    dcb.size = sizeof dcb;
    SetupComm(made, QUEUE_BYTES, QUEUE_BYTES); /* a wish: some drivers have fixed queues */
    GetCommState(made, &dcb);
    dcb.baud = settings->baud;
    dcb.flags = BINARY | DTR_ENABLE | RTS_ENABLE;
    dcb.byte_size = 8;
    dcb.parity = 0;
    dcb.stop_bits = 0; /* one */
    BOOL good = SetCommState(made, &dcb);
    *what = L"SetCommState";
    if (good) {
        good = SetCommTimeouts(made, &timeouts);
        *what = L"SetCommTimeouts";
    }
    if (!good) {
        DWORD error = GetLastError();
        CloseHandle(made);
        SetLastError(error);
        return INVALID_HANDLE_VALUE;
    }
    return made;
}

static bool serial_open(const struct settings *read, const WCHAR **what)
{
    settings = read;
    InitializeCriticalSection(&lock);
    port = opened(what);
    opened_at = GetTickCount();
    return port != INVALID_HANDLE_VALUE;
}

static void serial_close(void)
{
    EnterCriticalSection(&lock);
    CloseHandle(port);
    port = INVALID_HANDLE_VALUE;
    LeaveCriticalSection(&lock);
}

static void open_again(void)
{
    const WCHAR *what;
    for (;;) {
        HANDLE made = opened(&what);
        if (made != INVALID_HANDLE_VALUE) {
            EnterCriticalSection(&lock);
            port = made;
            LeaveCriticalSection(&lock);
            opened_at = GetTickCount();
            return;
        }
        Sleep(RETRY_MS);
    }
}

static DWORD serial_read(uint8_t *bytes, DWORD room, struct origin *from)
{
    DWORD got = 0;
    from->connection = 1;
    from->proven = true;
    if (port == INVALID_HANDLE_VALUE) {
        open_again();
        return 0;
    }
    if (!os_serial_read(port, bytes, room, &got)) {
        /* It was pulled out, or its driver was unloaded. */
        OutputDebugStringW(L"ceagent: the serial port is gone; opening it again every second\n");
        serial_close();
        if (GetTickCount() - opened_at < RETRY_MS) {
            Sleep(RETRY_MS); /* it can be opened, and that is all: do not spin */
        }
        open_again();
        return 0;
    }
    return got ? got : MEDIUM_SILENCE;
}

/* In pieces of half a second each, so that a line that is held up is noticed after WRITE_MS, however long the frame. */
static void serial_write(uint32_t connection, const uint8_t *bytes, DWORD length)
{
    DWORD most = settings->baud / 20;
    (void)connection;
    most = most ? most : 1;
    EnterCriticalSection(&lock);
    while (length && port != INVALID_HANDLE_VALUE) {
        DWORD sent = 0, part = length < most ? length : most;
        if (!os_serial_write(port, bytes, part, &sent) || sent < part) {
            break; /* the controller asks again */
        }
        bytes += part;
        length -= part;
    }
    LeaveCriticalSection(&lock);
}

static void serial_adopt(uint32_t connection)
{
    (void)connection; /* there is but one */
}

const struct medium medium_serial = {serial_open, serial_read, serial_write, serial_adopt, serial_close};
