/* The two-dimensional code: rows of the source are extended with the secondary code, columns with the primary code, and
 * every symbol is hashed into a row's and a column's tree (chapters 1 and 2 of the Walrus encoding). The
 * repair-by-repair quadrant is hashed on the stage and goes nowhere else. */
#include "stage.h"
#include <string.h>

#define MAX_BLOCK 1024  /* bytes of a symbol, or of symbols side by side, on the stage: 1000 of them fit an L2 cache */
#define MAX_SIDE 32     /* symbols side by side: more would leave too few units for many threads */
#define STAGE_HEAD 64   /* room for the byte before a block, which its first hash block needs */
#define CHUNK PART      /* columns whose leaves are held until the row trees have taken them */
#define FEW_BYTES 128   /* symbols up to this are tested for zeros, and written through the caches */
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
    job->width = whole_stripes(job->side * job->block + STRIPE - 2);
    job->pitch = STAGE_HEAD + job->width;  /* an odd number of cache lines: rows spread over the cache sets */
    job->columns_per_unit = larger(CHUNK, job->side);
    job->full_side = larger(job->side, STRIPE / s * (job->width / STRIPE));
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

static size_t part_count(const rs2_job *job) { return ceil_div(job->groups, PART); }
static size_t part_levels(const rs2_job *job) { return smaller(PART_LEVELS, tree_depth(job->n)); }

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

static size_t rows_per_unit(const rs2_job *job) { return job->full_side; }
size_t rs2_row_units(const rs2_job *job) { return ceil_div(job->k1, rows_per_unit(job)); }
size_t rs2_column_units(const rs2_job *job) { return ceil_div(job->end - job->origin, job->columns_per_unit); }
size_t rs2_chunks(const rs2_job *job) { return ceil_div(job->n, CHUNK); }

/* A window is whole chunks of columns, or, if even those are too large, columns whose leaves wait in job->leaves. */
void rs2_job_window(rs2_job *job, size_t first, size_t end)
{
    job->origin = first;
    job->end = end;
    job->columns_per_unit = job->leaves ? 1 : larger(CHUNK, job->side);
}

bool rs2_window_completes_chunk(const rs2_job *job)
{
    return job->leaves && (job->end % CHUNK == 0 || job->end == job->n);
}

/* Symbols that share windows are put together on the stage; the windows of larger ones are read where they are. */
static void extend_rows(const rs2_job *job, rs2_work *work, size_t first, size_t count, size_t at, size_t bytes)
{
    size_t s = job->symbol_size;
    bool together = job->full_side > 1;
    uint8_t *repair = staged(job, work, job->k2);
    for (size_t i = 0; together && i < count; i++)
        job->engine->move(work->stage + i * s, job->pitch, job->source[first + i], s, job->k2, s);
    for (size_t i = 0; i < window_count(job, count, bytes); i++) {
        const uint8_t *source = together ? work->stage : job->source[first] + at;
        size_t within = job->window_at[i];
        rs_encode(job->engine, &job->secondary, source + within, together ? job->pitch : s, repair + within,
                  job->pitch, layout_of(job, i, bytes), work->stripes);
    }
}

/* Repair symbols of some rows, into the columns k2..n-1. */
void rs2_encode_rows(const rs2_job *job, rs2_work *work, size_t unit)
{
    size_t s = job->symbol_size, first = unit * rows_per_unit(job);
    size_t count = smaller(rows_per_unit(job), job->k1 - first);
    for (size_t at = 0; at < s && !cancelled(job); at += job->block) {
        size_t bytes = smaller(job->block, s - at);
        extend_rows(job, work, first, count, at, bytes);
        job->engine->scatter(job->columns + job->k2, first * s + at, staged(job, work, job->k2), job->pitch,
                             job->n - job->k2, count * bytes);
    }
}

static void extend_staged(const rs2_job *job, const rs_code *code, rs2_work *work, size_t count, size_t bytes)
{
    for (size_t i = 0; i < window_count(job, count, bytes); i++) {
        size_t at = job->window_at[i];
        rs_encode(job->engine, code, work->stage + at, job->pitch, staged(job, work, code->n_source) + at, job->pitch,
                  layout_of(job, i, bytes), work->stripes);
    }
}

/* A batch of columns on the stage: `count` from `first`, `source` of them below k2; `bytes` from `at` of a symbol. */
typedef struct { size_t first, count, source, at, bytes; } batch;

static void stage_columns(const rs2_job *job, rs2_work *work, const batch *b)
{
    size_t s = job->symbol_size;
    if (b->source)
        job->engine->gather(work->stage, job->pitch, job->source, b->first * s + b->at, job->k1, b->source * b->bytes);
    for (size_t i = b->source; i < b->count; i++)
        job->engine->move(work->stage + i * b->bytes, job->pitch, job->columns[b->first + i] + b->at, s, job->k1,
                          b->bytes);
}

/* The other way: source columns are new as secondary slivers; their repair symbols are parts of primary slivers, whose
 * runs begin and end with the unit. */
static void unstage_columns(const rs2_job *job, rs2_work *work, const batch *b)
{
    const engine *e = job->engine;
    size_t s = job->symbol_size, n_repair = job->n - job->k1;
    size_t from = b->first - job->origin, end = from + b->source, unit = job->columns_per_unit;
    bool run_ends = end % unit == 0 || b->first + b->source == smaller(job->k2, job->end);
    const uint8_t *repair = staged(job, work, job->k1);
    bool few = s <= FEW_BYTES;
    for (size_t i = 0; i < b->source; i++) {
        uint8_t *column = job->columns[b->first + i];
        if (column)
            (few ? e->move : e->stream_along)(column + b->at, s, work->stage + i * b->bytes, job->pitch, job->k1,
                                              b->bytes);
    }
    if (!job->primary_repair || !b->source)
        return;
    if (few)
        e->scatter(job->primary_repair, from * s, repair, job->pitch, n_repair, b->source * s);
    else
        e->stream_across(job->primary_repair, from * s + b->at, repair, job->pitch, n_repair, b->source * b->bytes,
                         work->rest, b->at == 0 && from % unit == 0,
                         b->at + b->bytes == s && run_ends);
}

static bool all_zero(const uint8_t *symbols, size_t pitch, size_t bytes)
{
    for (size_t lane = 0; lane < LANES; lane++)
        for (size_t i = 0; i < bytes; i++)
            if (symbols[lane * pitch + i])
                return false;
    return true;
}

/* Leaves of eight small symbols, and whether they are all zero. */
static ALWAYS_INLINE bool hash_few(const rs2_job *job, const uint8_t *symbols, state8 *state, node8 *leaves)
{
    const engine *e = job->engine;
    size_t s = job->symbol_size;
    if (job->leaf_digests)
        return e->lookup(leaves, symbols, job->pitch, job->leaf_digests);
    bool zero = all_zero(symbols, job->pitch, s);
    if (zero)
        *leaves = job->zeros[0];
    else
        e->leaf(state, leaves, symbols, job->pitch, s, 0, true);
    return zero;
}

/* Eight symbols' leaves, or what `bytes` from `at` of them add to their hashes. */
static ALWAYS_INLINE bool hash_group(const rs2_job *job, rs2_work *work, size_t g, size_t from, size_t at, size_t bytes,
                                     node8 *leaves)
{
    const uint8_t *symbols = staged(job, work, g * LANES) + from;
    if (job->symbol_size <= FEW_BYTES)
        return hash_few(job, symbols, work->states + g, leaves);
    job->engine->leaf(work->states + g, leaves, symbols, job->pitch, bytes, at, at + bytes == job->symbol_size);
    return false;
}

/* The last byte of a block waits in the head of its stage row for the next one. */
static void keep_last_bytes(const rs2_job *job, rs2_work *work, size_t bytes)
{
    for (size_t i = 0; i < job->n; i++)
        staged(job, work, i)[-1] = staged(job, work, i)[bytes - 1];
}

/* Asks for part `i` of `parts` of the source that the stage takes after this batch: its rows lie so far apart that no
 * hardware prefetcher finds them. */
static ALWAYS_INLINE void fetch_ahead(const rs2_job *job, const batch *b, size_t i, size_t parts)
{
    size_t s = job->symbol_size, from = b->first * s + b->at + b->source * b->bytes;
    if (from >= job->k2 * s)
        return;
    size_t end = smaller(from + b->source * b->bytes, job->k2 * s);
    for (size_t r = i * job->k1 / parts; r < (i + 1) * job->k1 / parts; r++)
        for (size_t at = from; at < end; at += 64)
            __builtin_prefetch(job->source[r] + at, 0, 2);
}

static size_t part_end(const rs2_job *job, size_t part) { return smaller((part + 1) * PART, job->groups); }

/* A part of the rows: what up to eight columns' leaves are to their trees, three levels up. */
static void plant(const rs2_job *job, const node8 *leaves, const uint8_t *zero, size_t first, size_t count, size_t part)
{
    size_t at = first / CHUNK * job->groups;
    for (size_t g = part * PART; g < part_end(job, part); g++)
        job->row_zero[at + g] = trees_part(job->engine, job->row_nodes + at + g, leaves + g, zero + g, job->groups,
                                           count, part_levels(job), job->zeros);
}

void rs2_encode_chunk(const rs2_job *job, rs2_work *work)
{
    size_t first = (job->end - 1) / CHUNK * CHUNK;
    (void)work;
    for (size_t part = 0; part < part_count(job); part++)
        plant(job, job->leaves, job->leaves_zero, first, job->end - first, part);
}

/* A part of a column: its leaves, or what this batch adds to them, and then that part of its tree. */
static void hash_part(const rs2_job *job, rs2_work *work, const batch *b, size_t i, size_t part, node8 *leaves,
                      uint8_t *zero)
{
    size_t first = part * PART, own = (b->first + i) % CHUNK * part_count(job) + part;
    for (size_t g = first; g < part_end(job, part); g++) {
        zero[g] = hash_group(job, work, g, i * b->bytes, b->at, b->bytes, leaves + g);
        if (job->symbol_size > FEW_BYTES)
            fetch_ahead(job, b, i * job->groups + g, b->count * job->groups);
    }
    if (b->at + b->bytes == job->symbol_size)
        work->part_zero[own] = tree_part(job->engine, work->parts + own, leaves + first, zero + first,
                                         smaller(PART * LANES, job->n - first * LANES), part_levels(job), job->zeros);
}

static void root_column(const rs2_job *job, rs2_work *work, size_t column)
{
    size_t own = column % CHUNK * part_count(job), levels = part_levels(job);
    tree_of_lanes(job->engine, work->parts + own, work->part_zero + own, ceil_div(job->n, (size_t)1 << levels), levels,
                  job->zeros, NULL, job->column_roots + column * DIGEST);
}

/* Columns of one chunk, part by part, so that the trees of both directions find the leaves in the nearest cache. */
static void hash_run(const rs2_job *job, rs2_work *work, const batch *b, size_t i, size_t count)
{
    node8 *leaves = job->leaves ? job->leaves : work->leaves;
    uint8_t *zero = job->leaves ? job->leaves_zero : work->zero;
    size_t column = b->first + i, place = column % CHUNK, groups = job->groups;
    bool last = b->at + b->bytes == job->symbol_size;
    bool ends = (column + count) % CHUNK == 0 || column + count == job->n;
    for (size_t part = 0; part < part_count(job); part++) {
        for (size_t j = 0; j < count; j++)
            hash_part(job, work, b, i + j, part, leaves + (place + j) * groups, zero + (place + j) * groups);
        if (last && ends && !job->leaves)
            plant(job, leaves, zero, column - place, place + count, part);
    }
    for (size_t j = 0; last && j < count; j++)
        root_column(job, work, column + j);
}

static void hash_columns(const rs2_job *job, rs2_work *work, const batch *b)
{
    for (size_t i = 0, count; i < b->count; i += count) {
        count = smaller(CHUNK - (b->first + i) % CHUNK, b->count - i);
        hash_run(job, work, b, i, count);
    }
    if (b->at + b->bytes < job->symbol_size)
        keep_last_bytes(job, work, b->bytes);
}

void rs2_encode_columns(const rs2_job *job, rs2_work *work, size_t unit)
{
    size_t s = job->symbol_size, first = job->origin + unit * job->columns_per_unit;
    size_t end = smaller(first + job->columns_per_unit, job->end);
    for (batch b = {.first = first}; b.first < end; b.first += job->side) {
        b.count = smaller(job->side, end - b.first);
        b.source = b.first < job->k2 ? smaller(b.count, job->k2 - b.first) : 0;
        for (b.at = 0; b.at < s && !cancelled(job); b.at += job->block) {
            b.bytes = smaller(job->block, s - b.at);
            stage_columns(job, work, &b);
            extend_staged(job, &job->primary, work, b.count, b.bytes);
            unstage_columns(job, work, &b);
            hash_columns(job, work, &b);
        }
    }
}

/* Finishes eight row trees and writes their pairs' roots: primary p, then secondary n-1-p. */
void rs2_encode_roots(const rs2_job *job, size_t group)
{
    size_t n = job->n;
    node8 *nodes = job->row_nodes + group;
    trees_of_nodes(job->engine, nodes, job->row_zero + group, job->groups, rs2_chunks(job), part_levels(job),
                   job->zeros);
    for (size_t p = group * LANES; p < smaller(n, (group + 1) * LANES); p++) {
        node8_get(nodes, p % LANES, job->pair_hashes + 2 * DIGEST * p);
        memcpy(job->pair_hashes + 2 * DIGEST * p + DIGEST, job->column_roots + (n - 1 - p) * DIGEST, DIGEST);
    }
}

void rs2_expand(const rs2_job *job, rs2_work *work, const rs_code *code, const uint8_t *sliver, uint8_t *symbols,
                uint8_t *tree, uint8_t *root)
{
    size_t s = job->symbol_size;
    for (size_t at = 0; at < s && !cancelled(job); at += job->block) {
        size_t bytes = smaller(job->block, s - at);
        job->engine->move(work->stage, job->pitch, sliver + at, s, code->n_source, bytes);
        extend_staged(job, code, work, 1, bytes);
        for (size_t g = 0; root && g < job->groups; g++)
            work->zero[g] = hash_group(job, work, g, 0, at, bytes, work->leaves + g);
        if (symbols)
            job->engine->move(symbols + at, s, work->stage, job->pitch, job->n, bytes);
        if (at + bytes < s)
            keep_last_bytes(job, work, bytes);
    }
    if (root)
        tree_of_lanes(job->engine, work->leaves, work->zero, job->n, 0, job->zeros, tree, root);
}

void rs2_root(const rs2_rooting *r, rs2_work *work, size_t sliver)
{
    rs2_expand(r->job, work, r->code, r->slivers[sliver], NULL, NULL, r->roots + sliver * DIGEST);
}
