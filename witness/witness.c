/*
 * A witness: makes Winsock calls on 64-bit Windows, or Wine, as any C program does, and writes down what came
 * of each. It shares nothing with the agent: no source, no interpreter, no layouts but those of the headers.
 *
 * Standard input holds lines of steps, "startup 0x202; socket 2 1 6 null 0 0". Every line is run in a process
 * of its own, and comes back with its results: "startup 0x202; socket 2 1 6 null 0 0 -> 0; socket". A result is
 * a number, "socket" for a new one, the error in parentheses where there is one, the exception that ended the
 * process, or "blocked".
 */
#include <stddef.h>
#include <winsock2.h>
#include <ws2tcpip.h>

enum { MOST_SOCKETS = 16, MOST_OPERATIONS = 16, MOST_ENTRIES = 32, LONGEST = 1024 };
enum { PATIENCE_MS = 3000, MOST_STARTS = 10 };

static SOCKET sockets[MOST_SOCKETS];
static unsigned made;
static WSAPROTOCOL_INFOW catalog[MOST_ENTRIES];
static const char *at; /* the next character of the line */
static BOOL first = TRUE;

/* --- what a C library would have ------------------------------------------------------------------- */

void *memset(void *to, int value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((volatile char *)to)[i] = (char)value;
    }
    return to;
}

void *memcpy(void *to, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((volatile char *)to)[i] = ((const char *)from)[i];
    }
    return to;
}

static void say(const char *text)
{
    DWORD length = 0, written;
    while (text[length]) {
        length++;
    }
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, length, &written, NULL);
}

static void say_number(long long value)
{
    char text[24], *start = text + sizeof text - 1;
    unsigned long long rest = value < 0 ? 0 - (unsigned long long)value : (unsigned long long)value;
    *start = 0;
    do {
        *--start = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0) {
        *--start = '-';
    }
    say(start);
}

static void say_hex(DWORD value)
{
    char text[] = "0x00000000";
    for (int place = 9; place >= 2; place--, value >>= 4) {
        text[place] = "0123456789ABCDEF"[value & 15];
    }
    say(text);
}

static BOOL same(const char *one, const char *other)
{
    while (*one && *one == *other) {
        one++;
        other++;
    }
    return *one == *other;
}

/* --- the line --------------------------------------------------------------------------------------- */

static void wrong(const char *what)
{
    say(first ? "wrong: " : "; wrong: ");
    say(what);
    ExitProcess(2);
}

static BOOL end_of_step(void)
{
    while (*at == ' ') {
        at++;
    }
    return !*at || *at == ';';
}

static const char *word(void)
{
    static char text[64];
    size_t length = 0;
    if (end_of_step()) {
        wrong("a word is missing");
    }
    while (*at && *at != ' ' && *at != ';' && length < sizeof text - 1) {
        text[length++] = *at++;
    }
    text[length] = 0;
    return text;
}

/* Decimal, hexadecimal with 0x, with a minus sign in front if need be; ends where the number does. */
static long long number_of(const char **text)
{
    const char *digits = *text;
    BOOL minus = *digits == '-';
    unsigned base = 10;
    unsigned long long value = 0;
    digits += minus;
    if (digits[0] == '0' && digits[1] == 'x') {
        base = 16;
        digits += 2;
    }
    for (;; digits++) {
        unsigned digit = *digits >= 'a' ? (unsigned)(*digits - 'a') + 10
                         : *digits >= 'A' ? (unsigned)(*digits - 'A') + 10
                                          : (unsigned)(*digits - '0');
        if (*digits < '0' || digit >= base) {
            break;
        }
        value = value * base + digit;
    }
    *text = digits;
    return (long long)(minus ? 0 - value : value);
}

static long long number(void)
{
    const char *text = word();
    long long value = number_of(&text);
    if (*text) {
        wrong("no number");
    }
    return value;
}

static SOCKET socket_named(void)
{
    long long index = number();
    if (index < 0 || index >= made) {
        wrong("no such socket");
    }
    return sockets[index];
}

/* --- results ---------------------------------------------------------------------------------------- */

static void next_result(void)
{
    if (!first) {
        say("; ");
    }
    first = FALSE;
}

static void before(void)
{
    WSASetLastError(0);
}

static void say_error(int error)
{
    say(" (");
    if (error) {
        say_number(error);
    } else {
        say("no error");
    }
    say(")");
}

static void tell_value(long long value, BOOL failed)
{
    int error = WSAGetLastError();
    next_result();
    say_number(value);
    if (failed) {
        say_error(error);
    }
}

static void tell_int(int value)
{
    tell_value(value, value == SOCKET_ERROR);
}

static void tell_socket(SOCKET value)
{
    int error = WSAGetLastError();
    next_result();
    if (value == INVALID_SOCKET) {
        say("-1");
        say_error(error);
    } else {
        say("socket");
    }
    if (made == MOST_SOCKETS) {
        wrong("too many sockets");
    }
    sockets[made++] = value;
}

/* --- structures ------------------------------------------------------------------------------------- */

static WSAPROTOCOL_INFOW *entry_of(const char **text)
{
    DWORD size = sizeof catalog;
    long long index = number_of(text);
    int count = WSAEnumProtocolsW(NULL, catalog, &size);
    if (index < 0 || index >= count) {
        wrong("no such entry of the catalog");
    }
    return &catalog[index];
}

static void *page(DWORD allocation, DWORD protection)
{
    void *found = VirtualAlloc(NULL, 4096, allocation, protection);
    if (!found) {
        wrong("no page");
    }
    return found;
}

/* A true structure of which 40 bytes lie in a good page, and the rest in a page that is not there. */
static void *straddling(void)
{
    const char *zero = "0";
    char *pages = VirtualAlloc(NULL, 8192, MEM_COMMIT, PAGE_READWRITE);
    if (!pages) {
        wrong("no pages");
    }
    memcpy(pages + 4096 - 40, entry_of(&zero), 40);
    VirtualFree(pages + 4096, 4096, MEM_DECOMMIT);
    return pages + 4096 - 40;
}

/* null, zeros, entry:N, entry:N,id=X, garbage:N (only its id is true), reserved, noaccess, straddling, or the
 * number of an address. */
static WSAPROTOCOL_INFOW *structure(void)
{
    static WSAPROTOCOL_INFOW made_up;
    static char name[64];
    const char *text = name;
    memcpy(name, word(), sizeof name);
    if (same(name, "null")) {
        return NULL;
    }
    if (same(name, "zeros")) {
        return &made_up;
    }
    if (same(name, "reserved")) {
        return page(MEM_RESERVE, PAGE_READWRITE);
    }
    if (same(name, "noaccess")) {
        return page(MEM_COMMIT, PAGE_NOACCESS);
    }
    if (same(name, "straddling")) {
        return straddling();
    }
    if (name[0] == 'g') {
        text += sizeof "garbage:" - 1;
        WSAPROTOCOL_INFOW *entry = entry_of(&text);
        memset(&made_up, 0xA5, sizeof made_up);
        made_up.dwCatalogEntryId = entry->dwCatalogEntryId;
        return &made_up;
    }
    if (name[0] == 'e') {
        text += sizeof "entry:" - 1;
        WSAPROTOCOL_INFOW *entry = entry_of(&text);
        if (*text == ',') {
            text += sizeof ",id=" - 1;
            entry->dwCatalogEntryId = (DWORD)number_of(&text);
        }
        return entry;
    }
    long long address = number_of(&text);
    if (*text) {
        wrong("no structure");
    }
    return (WSAPROTOCOL_INFOW *)address;
}

/* --- steps ------------------------------------------------------------------------------------------ */

static struct sockaddr_in loopback(void)
{
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.S_un.S_addr = 0x0100007F;
    return address;
}

static void step_socket(void)
{
    int family = (int)number(), type = (int)number(), protocol = (int)number();
    WSAPROTOCOL_INFOW *info = structure();
    GROUP group = (GROUP)number();
    DWORD flags = (DWORD)number();
    before();
    tell_socket(WSASocketW(family, type, protocol, info, group, flags));
}

static void step_plain_socket(void)
{
    int family = (int)number(), type = (int)number(), protocol = (int)number();
    before();
    tell_socket(socket(family, type, protocol));
}

static void step_connect(BOOL extended)
{
    SOCKET from = socket_named(), to = socket_named();
    struct sockaddr_in address;
    int length = sizeof address;
    getsockname(to, (struct sockaddr *)&address, &length);
    before();
    tell_int(extended ? WSAConnect(from, (struct sockaddr *)&address, length, NULL, NULL, NULL, NULL)
                      : connect(from, (struct sockaddr *)&address, length));
}

/* A transfer of four bytes by a Winsock 2 call, with an overlapped structure and its event if it is to be. */
static void step_transfer(BOOL receives, BOOL overlapped)
{
    static WSAOVERLAPPED operations[MOST_OPERATIONS];
    static char bytes[MOST_OPERATIONS][4];
    static WSABUF buffers[MOST_OPERATIONS];
    static DWORD counts[MOST_OPERATIONS], flags[MOST_OPERATIONS];
    static unsigned used;
    SOCKET which = socket_named();
    if (used == MOST_OPERATIONS) {
        wrong("too many operations");
    }
    WSAOVERLAPPED *operation = overlapped ? &operations[used] : NULL;
    buffers[used].len = sizeof bytes[used];
    buffers[used].buf = bytes[used];
    if (overlapped) {
        operation->hEvent = WSACreateEvent();
    }
    before();
    tell_int(receives ? WSARecv(which, &buffers[used], 1, &counts[used], &flags[used], operation, NULL)
                      : WSASend(which, &buffers[used], 1, &counts[used], 0, operation, NULL));
    used++;
}

static void step_address_list(void)
{
    static WSAOVERLAPPED operation;
    static DWORD returned;
    SOCKET which = socket_named();
    operation.hEvent = WSACreateEvent();
    before();
    tell_int(WSAIoctl(which, SIO_ADDRESS_LIST_CHANGE, NULL, 0, NULL, 0, &returned, &operation, NULL));
}

static void step_join_leaf(void)
{
    SOCKET which = socket_named();
    struct sockaddr_in group = loopback();
    group.sin_port = htons(5353);
    group.sin_addr.S_un.S_addr = htonl(0xE00000FB);
    before();
    tell_socket(WSAJoinLeaf(which, (struct sockaddr *)&group, sizeof group, NULL, NULL, NULL, NULL, JL_BOTH));
}

static void step_protocol_info(void)
{
    WSAPROTOCOL_INFOW info;
    int length = sizeof info;
    SOCKET which = socket_named();
    before();
    tell_int(getsockopt(which, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &length));
    tell_value(info.dwCatalogEntryId, FALSE);
}

static void step_version(void)
{
    OSVERSIONINFOW version;
    version.dwOSVersionInfoSize = sizeof version;
    GetVersionExW(&version);
    tell_value(version.dwPlatformId, FALSE);
}

static void step(void)
{
    static const char bytes[4] = {'f', 'o', 'u', 'r'};
    char name[64];
    memcpy(name, word(), sizeof name);
    if (same(name, "startup")) {
        WSADATA data;
        WORD version = (WORD)number();
        tell_value(WSAStartup(version, &data), FALSE);
    } else if (same(name, "cleanup")) {
        before();
        tell_int(WSACleanup());
    } else if (same(name, "socket")) {
        step_socket();
    } else if (same(name, "plain-socket")) {
        step_plain_socket();
    } else if (same(name, "close")) {
        SOCKET which = socket_named();
        before();
        tell_int(closesocket(which));
    } else if (same(name, "bind")) {
        SOCKET which = socket_named();
        struct sockaddr_in address = loopback();
        before();
        tell_int(bind(which, (struct sockaddr *)&address, sizeof address));
    } else if (same(name, "listen")) {
        SOCKET which = socket_named();
        before();
        tell_int(listen(which, 1));
    } else if (same(name, "connect") || same(name, "WSAConnect")) {
        step_connect(name[0] == 'W');
    } else if (same(name, "accept")) {
        SOCKET which = socket_named();
        before();
        tell_socket(accept(which, NULL, NULL));
    } else if (same(name, "send")) {
        SOCKET which = socket_named();
        before();
        tell_int(send(which, bytes, sizeof bytes, 0));
    } else if (same(name, "recv")) {
        char got[4];
        SOCKET which = socket_named();
        before();
        tell_int(recv(which, got, sizeof got, 0));
    } else if (same(name, "WSASend") || same(name, "WSARecv")) {
        step_transfer(name[3] == 'R', FALSE);
    } else if (same(name, "overlapped-WSASend") || same(name, "overlapped-WSARecv")) {
        step_transfer(name[14] == 'R', TRUE);
    } else if (same(name, "address-list-change")) {
        step_address_list();
    } else if (same(name, "join-leaf")) {
        step_join_leaf();
    } else if (same(name, "protocol-info")) {
        step_protocol_info();
    } else if (same(name, "platform")) {
        step_version();
    } else {
        wrong(name);
    }
    if (!end_of_step()) {
        wrong("more than the step takes");
    }
}

/* --- processes -------------------------------------------------------------------------------------- */

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
