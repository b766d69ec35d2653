#include <string.h>

#include "medium.h"

enum { DTR_ENABLE = 1 << 4, RTS_ENABLE = 1 << 12, BINARY = 1, QUEUE_BYTES = 4096, RETRY_MS = 1000 };

static HANDLE port;

static bool serial_open(const struct settings *settings, const WCHAR **what)
{
    /* Return as soon as there is anything, else after a second; never give up writing. */
    COMMTIMEOUTS timeouts = {MAXDWORD, MAXDWORD, 1000, 0, 0};
    DCB dcb;
    *what = settings->port;
    port = os_serial_open(settings->port);
    if (port == INVALID_HANDLE_VALUE) {
        return false;
    }
    memset(&dcb, 0, sizeof dcb);
    dcb.size = sizeof dcb;
    *what = L"SetCommState";
    SetupComm(port, QUEUE_BYTES, QUEUE_BYTES); /* a wish: some drivers have fixed queues */
    GetCommState(port, &dcb);
    dcb.baud = settings->baud;
    dcb.flags = BINARY | DTR_ENABLE | RTS_ENABLE;
    dcb.byte_size = 8;
    dcb.parity = 0;
    dcb.stop_bits = 0; /* one */
    if (!SetCommState(port, &dcb)) {
        return false;
    }
    *what = L"SetCommTimeouts";
    if (!SetCommTimeouts(port, &timeouts)) {
        return false;
    }
    return true;
}

static DWORD serial_read(uint8_t *bytes, DWORD room)
{
    for (;;) {
        DWORD got = 0;
        if (!os_serial_read(port, bytes, room, &got)) {
            Sleep(RETRY_MS); /* a port that was pulled out; nothing to do but wait for a restart */
        } else if (got) {
            return got;
        }
    }
}

static void serial_write(const uint8_t *bytes, DWORD length)
{
    DWORD sent = 0;
    for (; length && os_serial_write(port, bytes, length, &sent) && sent; bytes += sent, length -= sent) {
    }
}

const struct medium medium_serial = {serial_open, serial_read, serial_write};
