#include "supervisor.h"

#include <string.h>

#include "answer.h"
#include "check.h"
#include "clock.h"
#include "crc32.h"
#include "handover.h"
#include "key.h"
#include "link.h"
#include "random.h"
#include "session.h"
#include "worker_process.h"

enum {
    AWAKE_MS = 20000,     /* how often a device with an open session is kept awake */
    ATTENDED_MS = 600000, /* without a frame: after that nobody is taken to be there, unless a program runs */
    LONGEST_MS = 0x7FFFFFFF
};

static struct cea_session session;
static struct cea_program program;
static bool running;  /* the worker executes the oldest run that is held */
static bool used;     /* it has executed one before */
static bool renewed;  /* its memory is to be filled with what a new worker gets */
static DWORD started; /* when the run began */
static void (*keep_awake)(void);
static bool attended; /* the device is kept awake for the session's sake */
static DWORD heard;   /* when its last frame came */

static void worker_left(void)
{
    worker_gone();
    running = used = false;
    renewed = true;
}

/* An unused one is as good as a new one. */
static void end_worker(void)
{
    if (!worker_handle() || !used) {
        return;
    }
    if (running) {
        worker_kill();
    } else {
        worker_dismiss();
    }
    worker_left();
}

/* The memory becomes what a new worker is to find there. */
static void renew(void)
{
    if (renewed) {
        cea_forget_worker(&program, worker_memory());
        renewed = false;
    }
}

static void refuse(enum cea_error reason, uint32_t detail)
{
    struct cea_reply reply;
    struct cea_message *answer = cea_session_answer(&session);
    answer->length = (uint32_t)cea_message_refusal(answer->body, (uint8_t)answer->number, reason, detail);
    cea_session_answered(&session, &reply);
    link_send(MEDIUM_SESSION, &reply);
}

static void finish(void)
{
    bool proven = program.end.outcome == CEA_DONE;
    struct cea_reply reply;
    struct cea_message *answer = cea_session_answer(&session);
    running = false;
    answer->length = (uint32_t)cea_answer(answer->body, &program, worker_memory(), (uint8_t)answer->number);
    cea_session_answered(&session, &reply);
    link_send(MEDIUM_SESSION, &reply);
    if (proven) {
        handover_proven();
    }
}

static bool signalled(HANDLE handle)
{
    return WaitForSingleObject(handle, 0) == WAIT_OBJECT_0;
}

static bool worker_died(void)
{
    return worker_handle() && signalled(worker_handle());
}

/* Takes up waiting runs until one is being executed. */
static void proceed(void)
{
    const struct cea_message *message;
    while (!running && (message = cea_session_waiting(&session)) != NULL) {
        uint32_t detail = 0;
        if (worker_died()) {
            worker_left();
        }
        struct cea_shared *memory = worker_memory();
        uint32_t place = worker_place();
        if (!memory) {
            refuse(CEA_NO_WORKER, GetLastError());
            continue;
        }
        renew();
        enum cea_error error = cea_check(&program, memory, message->body, message->length, &detail);
        if (error) {
            refuse(error, detail);
            continue;
        }
        if (program.fresh) {
            end_worker();
        }
        if (!worker_handle() && !worker_start()) {
            renewed = true; /* what failed to start may have kept the memory */
            refuse(CEA_NO_WORKER, GetLastError());
            continue;
        }
        if (worker_place() != place) {
            renewed = true;
            continue; /* a worker could not be ended: what was checked lies in the memory that it has kept */
        }
        renew();
        cea_load(&program, memory, message->body, message->length);
        running = used = true;
        started = GetTickCount();
        worker_run();
    }
}

static void receive(const uint8_t *bytes, size_t length, uint32_t from)
{
    struct cea_reply reply;
    enum cea_reaction reaction = cea_session_receive(&session, bytes, length, &reply);
    if (reaction == CEA_OPENED || reaction == CEA_RESUMED) {
        link_adopt(from);
    }
    link_send(from, &reply);
    if (reaction == CEA_OPENED) {
        end_worker();
        cea_forget_session(&program);
    }
    if (keep_awake && reaction != CEA_NOTHING) {
        keep_awake();
        attended = true;
        heard = GetTickCount();
    }
}

static void stay_awake(void)
{
    attended = attended && (running || GetTickCount() - heard < ATTENDED_MS);
    if (attended) {
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

/* The worker has come to its end, or it was ended at the deadline of its program. */
static void worker_ended(bool late)
{
    struct fault fault;
    struct cea_end *end = &program.end;
    if (!running) {
        worker_left();
        return;
    }
    end->detail = worker_exit_code();
    if (worker_finished()) {
        end->outcome = CEA_DONE; /* it could not say so any more: a call may have closed any of its handles */
    } else if (worker_fault(&fault)) {
        end->outcome = CEA_FAULTED;
        end->detail = fault.code;
        end->thread = fault.thread;
        end->address = fault.address;
        end->located = true;
    } else if (late) {
        end->outcome = CEA_BLOCKED;
    } else {
        /* The severity bits of an exception code; an exit code with them is taken for one. */
        end->outcome = end->detail >> 30 >= 2 ? CEA_FAULTED : CEA_EXITED;
    }
    finish();
    worker_left();
}

static void late(void)
{
    /* A frame may have kept us from seeing what came of the program in time. */
    if (signalled(worker_done()) && worker_finished()) {
        finish();
        return;
    }
    bool died = worker_died();
    worker_kill();
    worker_ended(!died);
}

/* One sign at a time, so that no flood of frames keeps a worker past its deadline. Until there is an heir. */
static void serve(void)
{
    enum { DONE, RENEW, FRAME, WORKER };
    bool renew = false;
    for (;;) {
        HANDLE worker = worker_handle(), signs[] = {worker_done(), handover_wanted(), link_event(), worker};
        DWORD left = running ? time_left() : AWAKE_MS;
        DWORD sign = WaitForMultipleObjects(worker ? 4 : 3, signs, 0, left < AWAKE_MS ? left : AWAKE_MS);
        if (sign == WAIT_OBJECT_0 + DONE) {
            if (running && worker_finished()) {
                finish();
            }
        } else if (sign == WAIT_OBJECT_0 + RENEW) {
            renew = true;
        } else if (sign == WAIT_OBJECT_0 + FRAME) {
            const uint8_t *bytes;
            uint32_t from;
            size_t length = link_take(&bytes, &from);
            if (length) {
                receive(bytes, length, from);
                link_release();
            }
        } else if (sign == WAIT_OBJECT_0 + WORKER) {
            worker_ended(false);
        } else {
            stay_awake();
        }
        if (running && time_left() == 0) {
            late();
        }
        if (renew && !running) { /* what asked for it has been answered */
            renew = false;
            if (handover()) {
                return;
            }
        }
        proceed();
    }
}

static DWORD complain(const WCHAR *what, const WCHAR *why)
{
    DWORD error = GetLastError();
    OutputDebugStringW(L"ceagent: cannot start: ");
    OutputDebugStringW(what);
    OutputDebugStringW(why);
    return error ? error : 1;
}

static uint32_t boot_number(void)
{
    uint32_t boot = 0;
    while (!boot) { /* 0 would mean "not a worker" on its command line */
        random_bytes((uint8_t *)&boot, sizeof boot);
    }
    return boot;
}

static void misses(const char *name)
{
    static const char *missing[5];
    session.missing = missing;
    if (name) {
        missing[session.missing_count++] = name;
    }
}

DWORD supervisor_main(const struct settings *settings)
{
    enum { ERROR_NO_KEY = 87 }; /* ERROR_INVALID_PARAMETER */
    static uint8_t key[CEA_KEY];
    const WCHAR *what = L"", *why = L"";
    enum key_state state = key_read(key, settings, &what, &why);
    if (state == KEY_BAD) {
        return complain(what, why);
    }
    if (state == KEY_NONE && !settings->port[0]) {
        SetLastError(ERROR_NO_KEY);
        return complain(L"a TCP link needs a key (ceagent.key)", L"");
    }
    cea_crc32_prepare();
    misses(clock_prepare() ? NULL : "coredll!QueryPerformanceCounter");
    misses(random_prepare());
    keep_awake = (void (*)(void))os_symbol(os_module("coredll"), "SystemIdleTimerReset");
    misses(keep_awake ? NULL : "coredll!SystemIdleTimerReset");
    misses(os_module("ws2") ? NULL : "ws2");
    session.build = CEA_BUILD;
    session.boot = boot_number();
    session.key = state == KEY_THERE ? key : NULL;
    session.random = random_bytes;
    if (!worker_prepare(settings, session.boot) || !handover_prepare(settings, session.boot)) {
        return complain(L"shared memory", L"");
    }
    if (!link_open(settings, &what)) {
        return complain(what, L"");
    }
    /* The first worker also shows whether the image lets one process debug another. */
    worker_start();
    misses(worker_debugged() ? NULL : "coredll!WaitForDebugEvent");
    void (*started_up)(DWORD) = (void (*)(DWORD))os_symbol(os_module("coredll"), "SignalStarted");
    if (settings->sequence && started_up) {
        started_up(settings->sequence); /* what was to start after this process does */
    }
    serve();
    if (worker_handle()) {
        worker_dismiss();
    }
    return 0;
}
