/* What goes on the stage, in which windows, and the work space around it. */
#include "stage.h"
#include <string.h>

#define MAX_BLOCK 1024  /* bytes of a symbol, or of symbols side by side, on the stage: 1000 of them fit an L2 cache */
#define MAX_SIDE 32     /* symbols side by side: more would leave too few units for many threads */
#define STAGE_HEAD 64   /* room for the byte before a block, which its first hash block needs */
#define SYMBOL_BLOCK 64 /* bytes of a symbol whose low and high halves stand apart */

static size_t whole_stripes(size_t bytes) { return ceil_div(bytes, STRIPE) * STRIPE; }

/* The layout of the window that ends here, one of few: symbols side by side repeat their pattern. */
static void end_window(rs2_job *job, size_t at, const uint8_t *blocks, size_t n_blocks)
{
    layout map = rs_layout(blocks, n_blocks);
    size_t i = 0;
    while (i < job->n_layouts && memcmp(job->layouts[i].split, map.split, sizeof map.split))
        i++;
    if (i == job->n_layouts)
        job->layouts[job->n_layouts++] = map;
    job->window_at[job->n_windows] = (uint16_t)at;
    job->window_layout[job->n_windows++] = (uint8_t)i;
}

/* Windows of as many blocks as fit, whichever symbol they belong to: half-empty stripes would be wasted transforms. */
static void plan_windows(rs2_job *job, size_t n_symbols)
{
    uint8_t blocks[STRIPE / 2];
    size_t start = 0, used = 0, n_blocks = 0;
    for (size_t symbol = 0; symbol < n_symbols; symbol++)
        for (size_t at = 0; at < job->block; at += SYMBOL_BLOCK) {
            size_t size = smaller(SYMBOL_BLOCK, job->block - at);
            if (used + size > STRIPE) {
                end_window(job, start, blocks, n_blocks);
                start += used;
                used = n_blocks = 0;
            }
            blocks[n_blocks++] = (uint8_t)size;
            used += size;
        }
    end_window(job, start, blocks, n_blocks);
}

static layout tail_layout(size_t bytes)
{
    uint8_t blocks[2] = {(uint8_t)smaller(SYMBOL_BLOCK, bytes), (uint8_t)(bytes - smaller(SYMBOL_BLOCK, bytes))};
    return rs_layout(blocks, bytes > SYMBOL_BLOCK ? 2 : 1);
}

static void plan_stage(rs2_job *job)
{
    size_t s = job->symbol_size;
    for (job->side = 1; 2 * job->side <= smaller(MAX_SIDE, MAX_BLOCK / s);)
        job->side *= 2;
    /* Symbols on the stage whole leave room for what their last window reaches beyond them. */
    job->block = s <= MAX_BLOCK ? s : whole_stripes(ceil_div(s, ceil_div(s, MAX_BLOCK)));
    size_t width = whole_stripes(job->side * job->block + STRIPE - 2);
    job->pitch = STAGE_HEAD + width;  /* an odd number of cache lines: rows spread over the cache sets */
    job->columns_per_unit = larger(CHUNK, job->side);
    job->full_side = larger(job->side, STRIPE / s * (width / STRIPE));
    plan_windows(job, job->full_side);
    job->tail = tail_layout(s % STRIPE ? s % STRIPE : STRIPE);
}

void rs2_job_init(rs2_job *job, const engine *e, size_t n, size_t k1, size_t k2, size_t symbol_size)
{
    memset(job, 0, sizeof *job);
    job->engine = e;
    job->n = n;
    job->k1 = k1;
    job->k2 = k2;
    job->symbol_size = symbol_size;
    job->primary = rs_code_of(k1, n);
    job->secondary = rs_code_of(k2, n);
    job->groups = ceil_div(n, LANES);
    job->end = n;
    job->leaf_digests = symbol_size == 2 && *e->leaf_digests_ready ? e->leaf_digests : NULL;
    plan_stage(job);
    if (symbol_size <= FEW_BYTES)
        tree_zeros(e, job->zeros, symbol_size, tree_depth(n));
}

static size_t stripe_slots(const rs2_job *job)
{
    size_t encode = larger(rs_encode_slots(&job->primary), rs_encode_slots(&job->secondary));
    return larger(encode, larger(rs_decode_slots(&job->primary), rs_decode_slots(&job->secondary)));
}

#define ROOMS 8

/* A thread's work space: rooms, each a whole number of cache lines. */
static size_t room_bytes(const rs2_job *job, size_t rooms[ROOMS])
{
    size_t total = 0, symbols = larger(LANES * job->groups, 2 * larger(job->k1, job->k2));
    rooms[0] = STAGE_HEAD + symbols * job->pitch + STRIPE;
    rooms[1] = stripe_slots(job) * sizeof(stripe);
    rooms[2] = job->groups * sizeof(state8);
    rooms[3] = CHUNK * job->groups * sizeof(node8);
    rooms[4] = CHUNK * job->groups;
    rooms[5] = CHUNK * part_count(job) * sizeof(node8);
    rooms[6] = CHUNK * part_count(job);
    rooms[7] = job->n * 64;
    for (int i = 0; i < ROOMS; i++) {
        rooms[i] = (rooms[i] + 63) & ~(size_t)63;
        total += rooms[i];
    }
    return total;
}

size_t rs2_work_bytes(const rs2_job *job)
{
    size_t rooms[ROOMS];
    return room_bytes(job, rooms);
}

rs2_work rs2_work_at(const rs2_job *job, void *memory)
{
    size_t rooms[ROOMS];
    rs2_work work;
    uint8_t *at = memory;
    room_bytes(job, rooms);
    work.stage = at + STAGE_HEAD;
    work.stripes = (stripe *)(at += rooms[0]);
    work.states = (state8 *)(at += rooms[1]);
    work.leaves = (node8 *)(at += rooms[2]);
    work.zero = at += rooms[3];
    work.parts = (node8 *)(at += rooms[4]);
    work.part_zero = at += rooms[5];
    work.rest = (uint8_t(*)[64])(at + rooms[6]);
    return work;
}
