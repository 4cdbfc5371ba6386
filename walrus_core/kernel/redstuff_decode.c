/* The source matrix from enough slivers of one axis. Codewords are the columns of primary slivers or the rows of
 * secondary ones; either way the next codeword's symbol follows in the same sliver. */
#include "stage.h"

/* A unit writes runs of so many codewords, or bytes, if side_of() is not more: but for their ends, whole cache lines.
 * Large symbols are so few in a window that threads could not share longer runs. */
#define CODEWORDS_PER_RUN 8
#define BYTES_PER_RUN 4096

static size_t codewords(const rs2_decoding *d) { return d->columns ? d->job->k1 : d->job->k2; }

/* Unlike an encoder, which hashes, a decoder wants its stripes full above all. */
static size_t side_of(const rs2_decoding *d) { return d->job->full_side; }

static size_t codewords_per_unit(const rs2_decoding *d)
{
    size_t run = smaller(CODEWORDS_PER_RUN, ceil_div(BYTES_PER_RUN, d->job->symbol_size));
    return larger(run, side_of(d));
}

size_t rs2_decode_units(const rs2_decoding *d) { return ceil_div(codewords(d), codewords_per_unit(d)); }

static void decode_staged(const rs2_decoding *d, rs2_work *work, size_t count, size_t bytes)
{
    uint8_t *rebuilt = staged(d->job, work, d->plan->n_used);
    for (size_t i = 0; d->plan->n_missing && i < window_count(d->job, count, bytes); i++) {
        size_t at = d->job->window_at[i];
        rs_decode(d->job->engine, d->plan, work->stage + at, rebuilt + at, d->job->pitch, layout_of(d->job, i, bytes),
                  work->stripes);
    }
}

/* Source symbols `index[i]` of `count` rows from `first`, `bytes` from `at` of each, staged from `from` on. */
static void place_in_rows(const rs2_decoding *d, const uint8_t *from, const size_t *index, size_t n, size_t first,
                          size_t count, size_t at, size_t bytes)
{
    size_t s = d->job->symbol_size, row = d->job->k2 * s;
    for (size_t i = 0; i < n; i++)
        d->job->engine->move(d->matrix + first * row + index[i] * s + at, row, from + i * d->job->pitch, bytes, count,
                             bytes);
}

void rs2_decode(const rs2_decoding *d, rs2_work *work, size_t unit)
{
    const rs2_job *job = d->job;
    const rs_plan *plan = d->plan;
    size_t s = job->symbol_size, begin = unit * codewords_per_unit(d);
    size_t end = smaller(begin + codewords_per_unit(d), codewords(d));
    for (size_t first = begin; first < end; first += side_of(d)) {
        size_t count = smaller(side_of(d), end - first);
        for (size_t at = 0; at < s && !cancelled(job); at += job->block) {
            size_t bytes = smaller(job->block, s - at);
            bool head = first == begin && at == 0, tail = first + count == end && at + bytes == s;
            const uint8_t *rebuilt = staged(job, work, plan->n_used);
            job->engine->gather(work->stage, job->pitch, d->received, first * s + at, plan->n_used, count * bytes);
            decode_staged(d, work, count, bytes);
            if (d->columns) {
                place_in_rows(d, work->stage, d->indices, d->n_present, first, count, at, bytes);
                place_in_rows(d, rebuilt, plan->missing, plan->n_missing, first, count, at, bytes);
            } else {
                job->engine->stream_across(d->rows, first * s + at, work->stage, job->pitch, d->n_present,
                                           count * bytes, work->rest, head, tail);
                job->engine->stream_across(d->rows + d->n_present, first * s + at, rebuilt, job->pitch,
                                           plan->n_missing, count * bytes, work->rest + d->n_present, head, tail);
            }
        }
    }
}
