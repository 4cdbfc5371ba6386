/* Threads that share the units of a few phases. The threads are the caller's; they meet here. */
#include "kernel.h"
#include <sched.h>

static void encode_rows(void *job, rs2_work *work, size_t unit) { rs2_encode_rows(job, work, unit); }
static void encode_columns(void *job, rs2_work *work, size_t unit) { rs2_encode_columns(job, work, unit); }
static void decode(void *decoding, rs2_work *work, size_t unit) { rs2_decode(decoding, work, unit); }
static void root(void *rooting, rs2_work *work, size_t unit) { rs2_root(rooting, work, unit); }

static void encode_roots(void *job, rs2_work *work, size_t unit)
{
    (void)work;
    rs2_encode_roots(job, unit);
}

static void encode_chunk(void *job, rs2_work *work, size_t unit)
{
    (void)unit;
    rs2_encode_chunk(job, work);
}

void crew_encode(crew *c, rs2_job *job)
{
    *c = (crew){.context = job, .n_phases = 3, .phase = {
        {.unit = encode_rows, .units = rs2_row_units(job)},
        {.unit = encode_columns, .units = rs2_column_units(job)},
        {.unit = encode_roots, .units = job->groups},
    }};
}

void crew_encode_rows(crew *c, rs2_job *job)
{
    *c = (crew){.context = job, .n_phases = 1, .phase = {{.unit = encode_rows, .units = rs2_row_units(job)}}};
}

void crew_encode_window(crew *c, rs2_job *job)
{
    *c = (crew){.context = job, .n_phases = 2, .phase = {
        {.unit = encode_columns, .units = rs2_column_units(job)},
        {.unit = encode_chunk, .units = rs2_window_completes_chunk(job)},
    }};
}

void crew_encode_roots(crew *c, rs2_job *job)
{
    *c = (crew){.context = job, .n_phases = 1, .phase = {{.unit = encode_roots, .units = job->groups}}};
}

void crew_decode(crew *c, rs2_decoding *decoding)
{
    *c = (crew){.context = decoding, .n_phases = 1, .phase = {{.unit = decode, .units = rs2_decode_units(decoding)}}};
}

void crew_root(crew *c, rs2_rooting *rooting, size_t n_slivers)
{
    *c = (crew){.context = rooting, .n_phases = 1, .phase = {{.unit = root, .units = n_slivers}}};
}

size_t crew_units(const crew *c)
{
    size_t total = 0;
    for (size_t i = 0; i < c->n_phases; i++)
        total += c->phase[i].units;
    return total;
}

static bool cancelled(const crew *c) { return flag_raised(c->cancel); }

/* One thread's share. Returns when all units are done or the crew is cancelled. */
void crew_work(crew *c, rs2_work *work)
{
    for (crew_phase *phase = c->phase; phase < c->phase + c->n_phases; phase++) {
        while (!cancelled(c)) {
            size_t unit = __atomic_fetch_add(&phase->next, 1, __ATOMIC_RELAXED);
            if (unit >= phase->units)
                break;
            phase->unit(c->context, work, unit);
            __atomic_fetch_add(&phase->done, 1, __ATOMIC_RELEASE);
            __atomic_fetch_add(c->progress, 1, __ATOMIC_RELAXED);
        }
        while (__atomic_load_n(&phase->done, __ATOMIC_ACQUIRE) < phase->units && !cancelled(c))
            sched_yield();
    }
}
