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

/* The windows that `count` symbols side by side, or one block of `bytes`, are coded in. A window's 128 bytes may reach
 * into its neighbour to the right, so windows are done from left to right. */
typedef struct { size_t at, symbol, within; const layout *map; } window;

static inline size_t window_count(const rs2_job *job, size_t count, size_t bytes)
{
    return job->packed ? ceil_div(count, job->packed) : count * ceil_div(bytes, STRIPE);
}

static inline window window_of(const rs2_job *job, size_t bytes, size_t i)
{
    if (job->packed)
        return (window){i * job->packed * bytes, i * job->packed, 0, &job->window};
    size_t each = ceil_div(bytes, STRIPE), within = i % each * STRIPE;
    return (window){i / each * bytes + within, i / each, within,
                    within + STRIPE <= bytes ? &job->window : &job->tail};
}

#endif
