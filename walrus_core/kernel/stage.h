/* The stage: the same bytes of each symbol of a codeword, one pitch apart, small enough for the L2 cache.
 *
 * Symbols that fit are staged whole, several codewords side by side, so that memory is touched in long pieces and
 * stripes are full; larger ones come block by block. Only stage.c and redstuff*.c include this. */
#ifndef WALRUS_CORE_STAGE_H
#define WALRUS_CORE_STAGE_H

#include "kernel.h"

#define CHUNK PART      /* columns whose leaves are held until the row trees have taken them */
#define FEW_BYTES 128   /* symbols up to this are tested for zeros, and written through the caches */

static inline size_t ceil_div(size_t a, size_t b) { return (a + b - 1) / b; }
static inline size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t larger(size_t a, size_t b) { return a > b ? a : b; }
static inline bool cancelled(const rs2_job *job) { return flag_raised(job->cancel); }

/* A column's tree is built in parts of 64 leaves, and these first up to one node8 each. */
static inline size_t part_count(const rs2_job *job) { return ceil_div(job->groups, PART); }
static inline size_t part_levels(const rs2_job *job) { return smaller(PART_LEVELS, tree_depth(job->n)); }

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
