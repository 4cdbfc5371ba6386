/* The two-dimensional code: rows of the source are extended with the secondary code, columns with the primary code, and
 * every symbol is hashed into a row's and a column's tree (chapters 1 and 2 of the Walrus encoding). The
 * repair-by-repair quadrant is hashed on the stage and goes nowhere else. */
#include "stage.h"
#include <string.h>

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
