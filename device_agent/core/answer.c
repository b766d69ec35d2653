#include "answer.h"

#include "zcbor_encode.h"

/* What an answer is made of. A worker that is gone wild may have left anything in `shared`, and a thread of it may
 * still be writing: no place and no end of a loop comes from there without being compared with what `program` says. */
struct report {
    const struct cea_program *program;
    const struct cea_shared *shared;
    uint32_t ended; /* runs that ended before the program did */
    bool lone;      /* the only value and its time stand there as bare numbers */
    uint32_t outcome, call, detail; /* CEA_DONE: none, unless the answer does not fit */
};

/* How much of an answer to write. */
struct extent {
    uint32_t values; /* elements of values and times */
    uint32_t runs;   /* at most so many runs */
    bool errors, outputs;
    bool overflow;   /* say that something is missing, */
    uint32_t call;   /* from this call on */
};

/* A run that the end of the program cut short counts like any other. */
static bool run_open(const struct cea_shared *shared, uint32_t call)
{
    return shared->call[call].looped && shared->call[call].count != 0;
}

static uint32_t runs_of(const struct report *report)
{
    uint32_t runs = report->ended;
    for (uint32_t i = 0; i < report->program->calls; i++) {
        runs += run_open(report->shared, i);
    }
    return runs;
}

/* Whether a call outside loops belongs in `errors`. */
static bool remarkable(const struct cea_call *call)
{
    return !call->looped && (call->count == 0 || call->failed);
}

static bool put_code(zcbor_state_t *cbor, bool failed, uint32_t error)
{
    return failed ? zcbor_uint32_put(cbor, error) : zcbor_nil_put(cbor, NULL);
}

static bool put_times(zcbor_state_t *cbor, const struct cea_shared *shared, uint32_t count)
{
    enum { TAG_UINT16 = 69, TAG_UINT32 = 70 };
    bool wide = false;
    for (uint32_t i = 0; i < count; i++) {
        wide = wide || shared->call[i].microseconds > 0xFFFF;
    }
    uint32_t bytes = wide ? 4 : 2, length = count * bytes;
    /* The header is that of a string of `length` bytes; the bytes are written in place. */
    if (!zcbor_tag_put(cbor, wide ? TAG_UINT32 : TAG_UINT16) || length + 3 > (size_t)(cbor->payload_end - cbor->payload)) {
        return false;
    }
    uint8_t *at = cbor->payload_mut;
    if (length < 24) {
        *at++ = (uint8_t)(0x40 | length);
    } else if (length < 0x100) {
        *at++ = 0x58;
        *at++ = (uint8_t)length;
    } else {
        *at++ = 0x59;
        *at++ = (uint8_t)(length >> 8);
        *at++ = (uint8_t)length;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t value = shared->call[i].microseconds;
        for (uint32_t byte = 0; byte < bytes; byte++, value >>= 8) {
            *at++ = (uint8_t)value;
        }
    }
    cbor->payload_mut = at;
    cbor->elem_count++;
    return true;
}

static bool put_outcome(zcbor_state_t *cbor, const struct report *report, const struct extent *extent)
{
    const struct cea_end *end = &report->program->end;
    uint32_t outcome = report->outcome, call = report->call;
    if (outcome == CEA_DONE) {
        outcome = CEA_OVERFLOW;
        call = extent->call;
    }
    if (call > report->program->calls) {
        call = report->program->calls;
    }
    bool detailed = outcome == CEA_FAULTED || outcome == CEA_EXITED || outcome == CEA_UNRESOLVED || outcome == CEA_NO_THREAD;
    bool located = outcome == CEA_FAULTED && end->located;
    uint32_t count = 2 + detailed + located;
    return zcbor_uint32_put(cbor, 1) && zcbor_list_start_encode(cbor, count) && zcbor_uint32_put(cbor, outcome) &&
           zcbor_uint32_put(cbor, call) && (!detailed || zcbor_uint32_put(cbor, report->detail)) &&
           (!located || zcbor_uint_encode(cbor, &end->address, sizeof end->address)) &&
           zcbor_list_end_encode(cbor, count);
}

static bool put_errors(zcbor_state_t *cbor, const struct cea_shared *shared, uint32_t values, uint32_t count)
{
    bool good = zcbor_uint32_put(cbor, 2) && zcbor_list_start_encode(cbor, 2 * count);
    for (uint32_t i = 0; good && i < values; i++) {
        const struct cea_call *call = &shared->call[i];
        if (remarkable(call)) {
            good = zcbor_uint32_put(cbor, i) && put_code(cbor, call->failed, call->error);
        }
    }
    return good && zcbor_list_end_encode(cbor, 2 * count);
}

static bool put_run(zcbor_state_t *cbor, uint32_t call, uint32_t count, bool failed, uint32_t error)
{
    return zcbor_uint32_put(cbor, call) && zcbor_uint32_put(cbor, count) && put_code(cbor, failed, error);
}

static bool put_runs(zcbor_state_t *cbor, const struct report *report, uint32_t count)
{
    const struct cea_shared *shared = report->shared;
    bool good = zcbor_uint32_put(cbor, 3) && zcbor_list_start_encode(cbor, 3 * count);
    uint32_t i = 0;
    for (; good && i < count && i < report->ended; i++) {
        const struct cea_run *run = &shared->run[i];
        good = put_run(cbor, run->call, run->count, run->failed, run->error);
    }
    for (uint32_t number = 0; good && i < count && number < report->program->calls; number++) {
        if (run_open(shared, number)) {
            const struct cea_call *call = &shared->call[number];
            good = put_run(cbor, number, call->count, call->failed, call->error);
            i++;
        }
    }
    return good && zcbor_list_end_encode(cbor, 3 * count);
}

static bool put_outputs(zcbor_state_t *cbor, const struct report *report, uint32_t count)
{
    const uint8_t *arena = (const uint8_t *)report->shared->arena;
    bool good = zcbor_uint32_put(cbor, 4) && zcbor_list_start_encode(cbor, count);
    for (uint32_t i = 0; good && i < report->program->buffer_count; i++) {
        const struct cea_buffer *buffer = &report->program->buffers[i];
        uint32_t length = buffer->size;
        if (!buffer->returned) {
            continue;
        }
        while (length && !arena[buffer->offset + length - 1]) {
            length--;
        }
        good = zcbor_bstr_encode_ptr(cbor, (const char *)arena + buffer->offset, length);
    }
    return good && zcbor_list_end_encode(cbor, count);
}

/* The whole answer to this extent; 0 when it does not fit. */
static size_t put(uint8_t *out, const struct report *report, uint8_t seq, const struct extent *extent)
{
    const struct cea_program *program = report->program;
    const struct cea_shared *shared = report->shared;
    enum { TAG_UINT32 = 70, TAG_UINT64 = 71 };
    uint32_t errors = 0, outputs = 0, runs = runs_of(report);
    for (uint32_t i = 0; i < extent->values; i++) {
        errors += remarkable(&shared->call[i]);
    }
    for (uint32_t i = 0; i < program->buffer_count; i++) {
        outputs += program->buffers[i].returned;
    }
    errors = extent->errors ? errors : 0;
    outputs = extent->outputs ? outputs : 0;
    runs = runs < extent->runs ? runs : extent->runs;
    bool outcome = report->outcome != CEA_DONE || extent->overflow;
    uint32_t parts = outcome + (errors != 0) + (runs != 0) + (outputs != 0), elements = parts ? 5 : 4;

    ZCBOR_STATE_E(cbor, 3, out, CEA_FRAME, 1);
    bool good = zcbor_list_start_encode(cbor, elements) && zcbor_uint32_put(cbor, CEA_ANSWER) &&
                zcbor_uint32_put(cbor, seq);
    if (report->lone && extent->values == 1) {
        good = good && zcbor_uint_encode(cbor, &shared->slot[0], sizeof shared->slot[0]) &&
               zcbor_uint32_put(cbor, shared->call[0].microseconds);
    } else {
        good = good && zcbor_tag_put(cbor, CEA_WORD == 8 ? TAG_UINT64 : TAG_UINT32) &&
               zcbor_bstr_encode_ptr(cbor, (const char *)shared->slot, extent->values * sizeof(cea_word)) &&
               put_times(cbor, shared, extent->values);
    }
    if (parts) {
        good = good && zcbor_map_start_encode(cbor, parts);
        good = good && (!outcome || put_outcome(cbor, report, extent));
        good = good && (!errors || put_errors(cbor, shared, extent->values, errors));
        good = good && (!runs || put_runs(cbor, report, runs));
        good = good && (!outputs || put_outputs(cbor, report, outputs));
        good = good && zcbor_map_end_encode(cbor, parts);
    }
    good = good && zcbor_list_end_encode(cbor, elements);
    return good ? (size_t)(cbor->payload - out) : 0;
}

/* Call of the run that stands at place `index` of all runs. */
static uint32_t call_of_run(const struct report *report, uint32_t index)
{
    const struct cea_shared *shared = report->shared;
    if (index < report->ended) {
        return shared->run[index].call;
    }
    uint32_t number = 0;
    for (index -= report->ended; number < report->program->calls; number++) {
        if (run_open(shared, number) && index-- == 0) {
            break;
        }
    }
    return number;
}

/* The call that a thread began last, or the main thread while it waits for no other. */
static uint32_t call_of_thread(const struct cea_shared *shared, uint32_t thread)
{
    for (unsigned i = 0; thread && i < CEA_THREADS; i++) {
        if (shared->thread[i] == thread) {
            return shared->current[i + 1];
        }
    }
    uint32_t joining = shared->joining;
    return shared->current[joining <= CEA_THREADS ? joining : 0];
}

/* What the supervisor saw comes before what the worker wrote; but that a program whose first outcome left another
 * thread in a call was ended at its deadline is no news. */
static void judge(struct report *report)
{
    const struct cea_end *end = &report->program->end;
    const struct cea_shared *shared = report->shared;
    uint32_t found = shared->outcome;
    bool told = found >= CEA_UNRESOLVED && found <= CEA_NO_THREAD;
    if (end->outcome != CEA_DONE && !(told && end->outcome == CEA_BLOCKED)) {
        report->outcome = end->outcome;
        report->call = call_of_thread(shared, end->thread);
        report->detail = end->detail;
    } else if (found != CEA_DONE) {
        report->outcome = told ? found : CEA_OVERFLOW;
        report->call = shared->outcome_call;
        report->detail = shared->outcome_detail;
    }
}

/* One more than the highest call that ran. */
static uint32_t reached(const struct report *report)
{
    uint32_t calls = report->program->calls;
    while (calls && !report->shared->call[calls - 1].count) {
        calls--;
    }
    return calls;
}

size_t cea_answer(uint8_t *out, const struct cea_program *program, const struct cea_shared *shared, uint8_t seq)
{
    enum { RUNS_BYTES = 4, RUN_BYTES = 3 + 5 + 5, VALUE_BYTES = sizeof(cea_word) + 4, FRAME_BYTES = 40 };
    uint32_t runs = shared->runs;
    struct report made = {program, shared, runs < CEA_RUNS ? runs : CEA_RUNS, false, CEA_DONE, 0, 0}, *report = &made;
    judge(report);
    report->lone = program->calls == 1 && shared->call[0].count;
    uint32_t values = report->outcome == CEA_DONE ? program->calls : reached(report);
    struct extent extent = {values, UINT32_MAX, true, true, false, values};
    size_t length = put(out, report, seq, &extent);
    if (length) {
        return length;
    }
    extent.overflow = true;
    extent.outputs = false;
    length = put(out, report, seq, &extent);
    if (length) {
        return length;
    }
    extent.runs = 0;
    length = put(out, report, seq, &extent);
    if (length) {
        size_t room = CEA_FRAME - length;
        extent.runs = room < RUNS_BYTES ? 0 : (uint32_t)((room - RUNS_BYTES) / RUN_BYTES);
        extent.call = call_of_run(report, extent.runs);
        length = put(out, report, seq, &extent);
        if (length) {
            return length;
        }
        extent.runs = 0; /* what did fit a moment ago has been written over since */
    }
    extent.errors = false;
    if (extent.values > (CEA_FRAME - FRAME_BYTES) / VALUE_BYTES) {
        extent.values = (CEA_FRAME - FRAME_BYTES) / VALUE_BYTES;
    }
    extent.call = extent.values;
    return put(out, report, seq, &extent);
}
