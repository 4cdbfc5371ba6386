/* The stage: the same bytes of each symbol of a codeword, one pitch apart, small enough for the L2 cache.
 *
 * Symbols that fit are staged whole, several codewords side by side, so that memory is touched in long pieces and,
 * where symbols are smaller than a stripe, stripes are full; larger ones come block by block. Only redstuff*.c
 * includes this. */
#ifndef WALRUS_CORE_STAGE_H
#define WALRUS_CORE_STAGE_H

#include "kernel.h"

static inline size_t ceil_div(size_t a, size_t b) { return (a + b - 1) / b; }
static inline size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t larger(size_t a, size_t b) { return a > b ? a : b; }
static inline bool cancelled(const rs2_job *job) { return flag_raised(job->cancel); }

static inline uint8_t *staged(const rs2_job *job, const rs2_work *work, size_t symbol)
{
    return work->stage + symbol * job->pitch;
}

/* How many windows `count` symbols side by side, or one block of `bytes`, are coded in. A window's 128 bytes may reach
 * beyond what it holds, into its neighbour to the right, so windows are done from left to right. */
static inline size_t window_count(const rs2_job *job, size_t count, size_t bytes)
{
    size_t n = 0;
    while (n < job->n_windows && job->window_at[n] < count * bytes)
        n++;
    return n;
}

static inline const layout *layout_of(const rs2_job *job, size_t i, size_t bytes)
{
    bool last = job->block < job->symbol_size && job->window_at[i] + (size_t)STRIPE > bytes;
    return last ? &job->tail : job->layouts + job->window_layout[i];
}

#endif
