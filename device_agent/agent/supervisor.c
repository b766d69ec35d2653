#include "supervisor.h"

#include <string.h>

#include "answer.h"
#include "check.h"
#include "clock.h"
#include "crc32.h"
#include "link.h"
#include "session.h"
#include "worker.h"

enum {
    LEAVE_MS = 2000,      /* for a worker that is asked to leave */
    END_MS = 10000,       /* for one that is ended by force */
    AWAKE_MS = 20000,     /* how often a device with an open session is kept awake */
    LONGEST_MS = 0x7FFFFFFF
};

static const struct settings *settings;
static struct cea_session session;
static struct cea_program program;
static struct shared_objects objects;
static HANDLE worker;     /* null: none */
static bool running;      /* it executes the oldest run that is held */
static DWORD started;     /* when that began */
static void (*keep_awake)(void);

static void answer_is(const struct cea_reply *reply)
{
    if (reply->length) {
        link_send(reply->body, reply->length, reply->tag);
    }
}

static void worker_gone(void)
{
    CloseHandle(worker);
    worker = NULL;
    running = false;
    os_event_reset(objects.go);
    os_event_reset(objects.done);
    cea_forget_worker(&program, objects.memory);
}

/* Politely when it is idle, so that modules see their process end in order. */
static void end_worker(void)
{
    if (!worker) {
        return;
    }
    if (!running) {
        objects.memory->leave = true;
        os_event_set(objects.go);
    }
    if (running || WaitForSingleObject(worker, LEAVE_MS) != WAIT_OBJECT_0) {
        TerminateProcess(worker, 1);
        WaitForSingleObject(worker, END_MS);
    }
    worker_gone();
}

static bool start_worker(void)
{
    WCHAR words[] = L"worker=00000000";
    for (int i = 0; i < 8; i++) {
        words[14 - i] = (WCHAR) "0123456789abcdef"[session.boot >> (4 * i) & 0xF];
    }
    objects.memory->leave = false;
    worker = os_process_start(settings->image, words);
    return worker != NULL;
}

static void refuse(enum cea_error reason, uint32_t detail)
{
    struct cea_reply reply;
    struct cea_message *answer = cea_session_answer(&session);
    answer->length = (uint32_t)cea_message_refusal(answer->body, answer->seq, reason, detail);
    cea_session_answered(&session, &reply);
    answer_is(&reply);
}

static void finish(void)
{
    struct cea_reply reply;
    struct cea_message *answer = cea_session_answer(&session);
    running = false;
    answer->length = (uint32_t)cea_answer(answer->body, &program, objects.memory, answer->seq);
    cea_session_answered(&session, &reply);
    answer_is(&reply);
}

static void finish_without_worker(enum cea_outcome outcome, uint32_t detail)
{
    program.end.outcome = outcome;
    program.end.detail = detail;
    finish();
}

static bool worker_died(void)
{
    return worker && WaitForSingleObject(worker, 0) == WAIT_OBJECT_0;
}

/* Takes up waiting runs until one is being executed. */
static void proceed(void)
{
    const struct cea_message *message;
    while (!running && (message = cea_session_waiting(&session)) != NULL) {
        uint32_t detail = 0;
        if (worker_died()) {
            worker_gone();
        }
        enum cea_error error = cea_check(&program, objects.memory, message->body, message->length, &detail);
        if (error) {
            refuse(error, detail);
            continue;
        }
        if (program.fresh) {
            end_worker();
        }
        if (!worker && !start_worker()) {
            refuse(CEA_NO_WORKER, GetLastError());
            continue;
        }
        cea_load(&program, objects.memory, message->body, message->length);
        running = true;
        started = GetTickCount();
        os_event_set(objects.go);
    }
}

static void receive(const uint8_t *bytes, size_t length)
{
    struct cea_reply reply;
    bool tagged = session.id && cea_frame_check(bytes, length, session.id);
    if (!tagged && !cea_frame_check(bytes, length, 0)) {
        return;
    }
    if (cea_session_receive(&session, bytes, length - CEA_CHECK, tagged, &reply) == CEA_OPENED) {
        end_worker();
        cea_forget_session(&program);
    }
    answer_is(&reply);
    if (keep_awake) {
        keep_awake();
    }
}

/* Until the deadline of the program that runs. A difference of ticks stays right when they wrap. */
static DWORD time_left(void)
{
    DWORD passed = GetTickCount() - started, deadline = program.deadline;
    deadline = deadline > LONGEST_MS ? LONGEST_MS : deadline;
    return passed < deadline ? deadline - passed : 0;
}

static void worker_ended(void)
{
    DWORD code = 0;
    GetExitCodeProcess(worker, &code);
    bool was_running = running;
    if (was_running) {
        /* The severity bits of an exception code; an exit code with them is taken for one. */
        enum cea_outcome outcome = code >> 30 >= 2 ? CEA_FAULTED : CEA_EXITED;
        finish_without_worker(outcome, code);
    }
    worker_gone();
}

static void late(void)
{
    TerminateProcess(worker, 1);
    WaitForSingleObject(worker, END_MS);
    /* It may have got there at the last moment. */
    if (WaitForSingleObject(objects.done, 0) == WAIT_OBJECT_0) {
        finish();
    } else {
        finish_without_worker(CEA_BLOCKED, 0);
    }
    worker_gone();
}

/* One sign at a time, so that no flood of frames keeps a worker past its deadline. */
static void serve(void)
{
    enum { DONE, FRAME, WORKER };
    for (;;) {
        HANDLE signs[] = {objects.done, link_event(), worker};
        DWORD left = running ? time_left() : AWAKE_MS;
        DWORD sign = WaitForMultipleObjects(worker ? 3 : 2, signs, 0, left < AWAKE_MS ? left : AWAKE_MS);
        if (sign == WAIT_OBJECT_0 + DONE) {
            if (running) {
                finish();
            }
        } else if (sign == WAIT_OBJECT_0 + FRAME) {
            const uint8_t *bytes;
            size_t length = link_take(&bytes);
            if (length) {
                receive(bytes, length);
                link_release();
            }
        } else if (sign == WAIT_OBJECT_0 + WORKER) {
            worker_ended();
        } else if (session.id && keep_awake) {
            keep_awake();
        }
        if (running && time_left() == 0) {
            late();
        }
        proceed();
    }
}

/* Differs after every start: clocks, and where things happen to lie. */
static uint32_t boot_number(void)
{
    uint32_t seed[12] = {0};
    void (*system_time)(void *) = (void (*)(void *))os_symbol(os_module("coredll"), "GetSystemTime");
    seed[0] = GetTickCount();
    seed[1] = clock_ticks();
    seed[2] = (uint32_t)(uintptr_t)objects.memory;
    seed[3] = (uint32_t)(uintptr_t)VirtualAlloc(NULL, 4096, MEM_RESERVE, PAGE_READWRITE);
    if (system_time) {
        system_time(seed + 4);
    }
    uint32_t boot = cea_crc32(0, (const uint8_t *)seed, sizeof seed);
    return boot ? boot : 1; /* 0 would mean "not a worker" on its command line */
}

static DWORD complain(const WCHAR *what)
{
    DWORD error = GetLastError();
    OutputDebugStringW(L"ceagent: cannot start: ");
    OutputDebugStringW(what);
    return error ? error : 1;
}

DWORD supervisor_main(const struct settings *read)
{
    static const char *missing[3];
    const WCHAR *what = L"";
    settings = read;
    cea_crc32_prepare();
    if (!clock_prepare()) {
        missing[session.missing_count++] = "coredll!QueryPerformanceCounter";
    }
    keep_awake = (void (*)(void))os_symbol(os_module("coredll"), "SystemIdleTimerReset");
    if (!keep_awake) {
        missing[session.missing_count++] = "coredll!SystemIdleTimerReset";
    }
    if (!os_module("ws2")) {
        missing[session.missing_count++] = "ws2";
    }
    session.missing = missing;
    session.build = CEA_BUILD;
    session.boot = boot_number();
    if (!shared_open(&objects, session.boot, true)) {
        return complain(L"shared memory");
    }
    if (!link_open(settings, &what)) {
        return complain(what);
    }
    serve();
    return 0;
}
