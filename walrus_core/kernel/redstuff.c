/* The two-dimensional code: rows of the source are extended with the secondary code, columns with the primary code, and
 * every symbol is hashed into a row's and a column's tree (chapters 1 and 2 of the Walrus encoding).
 *
 * Everything passes through the stage: the same bytes of each symbol of a codeword, one pitch apart, small enough for
 * the second-level cache. Symbols of up to 128 bytes are staged whole, several codewords side by side, so that a stripe
 * is full; larger ones block by block. The repair-by-repair quadrant is hashed on the stage and goes nowhere else. */
#include "kernel.h"
#include <string.h>

#ifndef MAX_BLOCK
#define MAX_BLOCK 1024  /* bytes of a symbol on the stage at a time, at most: 1000 of them fill most of an L2 cache */
#endif
#define STAGE_HEAD 64   /* room for the byte before a block, which its first hash block needs */
#define NO_COLUMN SIZE_MAX
#define CHUNK 8         /* columns whose leaves are held until the row trees have taken them */
#define CHUNK_LEVELS 3

static size_t ceil_div(size_t a, size_t b) { return (a + b - 1) / b; }
static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static size_t larger(size_t a, size_t b) { return a > b ? a : b; }
static bool cancelled(const rs2_job *job) { return __atomic_load_n(job->cancel, __ATOMIC_RELAXED); }
static size_t whole_stripes(size_t bytes) { return ceil_div(bytes, STRIPE) * STRIPE; }

static uint8_t *staged(const rs2_job *job, const rs2_work *work, size_t symbol)
{
    return work->stage + symbol * job->pitch;
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
    bool small = symbol_size <= STRIPE;
    job->words = small ? STRIPE / symbol_size : 0;
    job->window = small ? rs_layout(job->words, symbol_size) : rs_layout(1, STRIPE);
    job->tail = rs_layout(1, small || symbol_size % STRIPE == 0 ? 2 : symbol_size % STRIPE);
    job->columns_per_unit = CHUNK * (small ? smaller(4, larger(1, job->words / CHUNK)) : 1);
    if (small) {
        /* The last window of a unit may reach beyond its symbols: leave room. */
        job->block = whole_stripes(job->columns_per_unit * symbol_size + STRIPE - symbol_size);
        tree_zeros(e, job->zeros, symbol_size);
    } else {
        job->block = whole_stripes(ceil_div(symbol_size, ceil_div(symbol_size, MAX_BLOCK)));
    }
    job->pitch = STAGE_HEAD + job->block;  /* an odd number of cache lines: rows spread over the cache sets */
}

static size_t stage_symbols(const rs2_job *job)
{
    return larger(LANES * job->groups, 2 * larger(job->k1, job->k2));
}

static size_t stripe_slots(const rs2_job *job)
{
    size_t encode = larger(rs_encode_slots(&job->primary), rs_encode_slots(&job->secondary));
    return larger(encode, larger(rs_decode_slots(&job->primary), rs_decode_slots(&job->secondary)));
}

/* A thread's work space: six parts, each a whole number of cache lines. */
static size_t part_bytes(const rs2_job *job, size_t parts[6])
{
    size_t total = 0;
    parts[0] = STAGE_HEAD + stage_symbols(job) * job->pitch + STRIPE;
    parts[1] = stripe_slots(job) * sizeof(stripe);
    parts[2] = job->groups * sizeof(state8);
    parts[3] = CHUNK * job->groups * sizeof(node8);
    parts[4] = CHUNK * job->groups;
    parts[5] = job->n * 64;
    for (int i = 0; i < 6; i++) {
        parts[i] = (parts[i] + 63) & ~(size_t)63;
        total += parts[i];
    }
    return total;
}

size_t rs2_work_bytes(const rs2_job *job)
{
    size_t parts[6];
    return part_bytes(job, parts);
}

rs2_work rs2_work_at(const rs2_job *job, void *memory)
{
    size_t parts[6];
    rs2_work work;
    uint8_t *at = memory;
    part_bytes(job, parts);
    work.stage = at + STAGE_HEAD;
    work.stripes = (stripe *)(at += parts[0]);
    work.states = (state8 *)(at += parts[1]);
    work.leaves = (node8 *)(at += parts[2]);
    work.zero = at += parts[3];
    work.rest = (uint8_t(*)[64])(at + parts[4]);
    return work;
}

size_t rs2_row_units(const rs2_job *job) { return ceil_div(job->k1, larger(1, job->words)); }
size_t rs2_column_units(const rs2_job *job) { return ceil_div(job->n, job->columns_per_unit); }
size_t rs2_chunks(const rs2_job *job) { return ceil_div(job->n, CHUNK); }

/* Extends `count` small symbols side by side on the stage, or one block of `bytes` of a large one. */
static void extend_staged(const rs2_job *job, const rs_code *code, rs2_work *work, size_t count, size_t bytes)
{
    size_t step = job->words ? job->words * job->symbol_size : STRIPE;
    size_t end = job->words ? count * job->symbol_size : bytes;
    for (size_t at = 0; at < end; at += step)
        rs_encode(job->engine, code, work->stage + at, job->pitch, at + step <= end || job->words ? &job->window : &job->tail,
                  work->stripes);
}

static void extend_small_rows(const rs2_job *job, rs2_work *work, size_t first, size_t count)
{
    size_t s = job->symbol_size;
    for (size_t i = 0; i < count; i++)
        job->engine->move(work->stage + i * s, job->pitch, job->source[first + i], s, job->k2, s);
    extend_staged(job, &job->secondary, work, count, 0);
    job->engine->scatter(job->columns + job->k2, first * s, staged(job, work, job->k2), job->pitch, job->n - job->k2, count * s);
}

static void extend_large_row(const rs2_job *job, rs2_work *work, size_t row)
{
    size_t s = job->symbol_size;
    for (size_t at = 0; at < s && !cancelled(job); at += job->block) {
        size_t bytes = smaller(job->block, s - at);
        job->engine->move(work->stage, job->pitch, job->source[row] + at, s, job->k2, bytes);
        extend_staged(job, &job->secondary, work, 1, bytes);
        job->engine->scatter(job->columns + job->k2, row * s + at, staged(job, work, job->k2), job->pitch, job->n - job->k2,
                             bytes);
    }
}

/* Repair symbols of some rows, into the columns k2..n-1. */
void rs2_encode_rows(const rs2_job *job, rs2_work *work, size_t unit)
{
    if (!job->words)
        extend_large_row(job, work, unit);
    else if (!cancelled(job))
        extend_small_rows(job, work, unit * job->words, smaller(job->words, job->k1 - unit * job->words));
}

/* `bytes` from `at` in the k1 source symbols of column c, on the stage from `to` on. */
static void stage_column(const rs2_job *job, rs2_work *work, size_t c, size_t at, size_t bytes, size_t to)
{
    size_t s = job->symbol_size;
    if (c < job->k2)
        job->engine->gather(work->stage + to, job->pitch, job->source, c * s + at, job->k1, bytes);
    else
        job->engine->move(work->stage + to, job->pitch, job->columns[c] + at, s, job->k1, bytes);
}

/* The other way, a block of a large column from the stage to the slivers: a source column is new as a secondary sliver;
 * its repair symbols are parts of primary slivers. */
static void unstage_block(const rs2_job *job, rs2_work *work, size_t c, size_t at, size_t bytes)
{
    size_t s = job->symbol_size, unit = job->columns_per_unit;
    if (c >= job->k2)
        return;
    if (job->columns[c])
        job->engine->stream_along(job->columns[c] + at, s, work->stage, job->pitch, job->k1, bytes);
    if (job->primary_repair) {
        bool first = at == 0 && c % unit == 0, last = at + bytes == s && (c % unit == unit - 1 || c + 1 == job->k2);
        job->engine->stream_across(job->primary_repair, c * s + at, staged(job, work, job->k1), job->pitch, job->n - job->k1,
                                   bytes, work->rest, first, last);
    }
}

static bool all_zero(const uint8_t *symbols, size_t pitch, size_t bytes)
{
    for (size_t lane = 0; lane < LANES; lane++)
        for (size_t i = 0; i < bytes; i++)
            if (symbols[lane * pitch + i])
                return false;
    return true;
}

/* Leaves of the symbols that are whole on the stage from `from` on. */
static void hash_small(const rs2_job *job, rs2_work *work, size_t from, node8 *leaves, uint8_t *zero)
{
    const engine *e = job->engine;
    size_t s = job->symbol_size;
    for (size_t g = 0; g < job->groups; g++) {
        const uint8_t *symbols = staged(job, work, g * LANES) + from;
        if (s == 2 && *e->leaf_digests_ready) {
            zero[g] = e->lookup(leaves + g, symbols, job->pitch, e->leaf_digests);
            continue;
        }
        zero[g] = all_zero(symbols, job->pitch, s);
        if (zero[g])
            leaves[g] = job->zeros[0];
        else
            e->leaf(work->states, leaves + g, symbols, job->pitch, s, 0, true);
    }
}

/* Asks for the share of group g in the source that the stage takes next: rows lie so far apart that no hardware
 * prefetcher finds them. */
static ALWAYS_INLINE void fetch_ahead(const rs2_job *job, size_t g, size_t c, size_t at)
{
    if (at >= job->symbol_size) {
        at = 0;
        c++;
    }
    if (c >= job->k2)
        return;
    size_t bytes = smaller(job->block, job->symbol_size - at), offset = c * job->symbol_size + at;
    for (size_t r = g * job->k1 / job->groups; r < (g + 1) * job->k1 / job->groups; r++)
        for (size_t i = 0; i < bytes; i += 64)
            __builtin_prefetch(job->source[r] + offset + i, 0, 2);
}

/* Takes a block of the symbols of column c (or of a lone sliver: NO_COLUMN) into their hashes, and keeps its last byte
 * in the head of each stage row. */
static void hash_block(const rs2_job *job, rs2_work *work, size_t c, size_t at, size_t bytes, node8 *leaves)
{
    bool last = at + bytes == job->symbol_size;
    for (size_t g = 0; g < job->groups; g++) {
        job->engine->leaf(work->states + g, leaves + g, staged(job, work, g * LANES), job->pitch, bytes, at, last);
        if (c < job->k2)
            fetch_ahead(job, g, c, at + bytes);
    }
    if (!last)
        for (size_t i = 0; i < job->n; i++)
            staged(job, work, i)[-1] = staged(job, work, i)[bytes - 1];
}

/* The leaves of up to eight columns go into the row trees, three levels up, and then into the columns' own. */
static void plant(const rs2_job *job, rs2_work *work, size_t first, size_t count)
{
    size_t chunk = first / CHUNK, levels = smaller(CHUNK_LEVELS, tree_depth(job->n));
    for (size_t g = 0; g < job->groups; g++) {
        node8 nodes[CHUNK];
        uint8_t zero[CHUNK];
        for (size_t i = 0; i < count; i++) {
            nodes[i] = work->leaves[i * job->groups + g];
            zero[i] = work->zero[i * job->groups + g];
        }
        tree_of_nodes(job->engine, nodes, 1, zero, 1, count, (unsigned)levels, 0, job->zeros);
        job->row_nodes[chunk * job->groups + g] = nodes[0];
        job->row_zero[chunk * job->groups + g] = zero[0] && count == CHUNK;
    }
    for (size_t i = 0; i < count; i++)
        tree_of_lanes(job->engine, work->leaves + i * job->groups, work->zero + i * job->groups, job->n, job->zeros,
                      NULL, job->column_roots + (first + i) * DIGEST);
}

static void encode_small_columns(const rs2_job *job, rs2_work *work, size_t first, size_t count)
{
    size_t s = job->symbol_size, source = first < job->k2 ? smaller(count, job->k2 - first) : 0;
    if (source)
        job->engine->gather(work->stage, job->pitch, job->source, first * s, job->k1, source * s);
    for (size_t i = source; i < count; i++)
        stage_column(job, work, first + i, 0, s, i * s);
    extend_staged(job, &job->primary, work, count, 0);
    for (size_t i = 0; i < source; i++)
        if (job->columns[first + i])
            job->engine->move(job->columns[first + i], s, work->stage + i * s, job->pitch, job->k1, s);
    if (job->primary_repair && source)
        job->engine->scatter(job->primary_repair, first * s, staged(job, work, job->k1), job->pitch, job->n - job->k1,
                             source * s);
    for (size_t start = 0; start < count; start += CHUNK) {
        size_t chunk = smaller(CHUNK, count - start);
        for (size_t i = 0; i < chunk; i++)
            hash_small(job, work, (start + i) * s, work->leaves + i * job->groups, work->zero + i * job->groups);
        plant(job, work, first + start, chunk);
    }
}

static void encode_large_column(const rs2_job *job, rs2_work *work, size_t c, node8 *leaves)
{
    for (size_t at = 0; at < job->symbol_size && !cancelled(job); at += job->block) {
        size_t bytes = smaller(job->block, job->symbol_size - at);
        stage_column(job, work, c, at, bytes, 0);
        extend_staged(job, &job->primary, work, 1, bytes);
        hash_block(job, work, c, at, bytes, leaves);
        unstage_block(job, work, c, at, bytes);
    }
}

void rs2_encode_columns(const rs2_job *job, rs2_work *work, size_t unit)
{
    size_t first = unit * job->columns_per_unit, count = smaller(job->columns_per_unit, job->n - first);
    if (cancelled(job))
        return;
    if (job->words) {
        encode_small_columns(job, work, first, count);
        return;
    }
    memset(work->zero, 0, CHUNK * job->groups);
    for (size_t i = 0; i < count; i++)
        encode_large_column(job, work, first + i, work->leaves + i * job->groups);
    plant(job, work, first, count);
}

/* Finishes eight row trees and writes their pairs' roots: primary p, then secondary n-1-p. */
void rs2_encode_roots(const rs2_job *job, size_t group)
{
    size_t depth = tree_depth(job->n), n = job->n;
    node8 *nodes = job->row_nodes + group;
    if (depth > CHUNK_LEVELS)
        tree_of_nodes(job->engine, nodes, job->groups, job->row_zero + group, job->groups, rs2_chunks(job),
                      (unsigned)depth - CHUNK_LEVELS, CHUNK_LEVELS, job->zeros);
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
        if (root && job->words)
            hash_small(job, work, 0, work->leaves, work->zero);
        else if (root)
            hash_block(job, work, NO_COLUMN, at, bytes, work->leaves);
        if (symbols)
            job->engine->move(symbols + at, s, work->stage, job->pitch, job->n, bytes);
    }
    if (root)
        tree_of_lanes(job->engine, work->leaves, job->words ? work->zero : NULL, job->n, job->zeros, tree, root);
}

void rs2_root(const rs2_rooting *r, rs2_work *work, size_t sliver)
{
    rs2_expand(r->job, work, r->code, r->slivers[sliver], NULL, NULL, r->roots + sliver * DIGEST);
}

/* Codewords are the columns of primary slivers or the rows of secondary ones; either way the next codeword's symbol
 * follows in the same sliver. A unit is what fits on the stage. */
static size_t codewords(const rs2_decoding *d) { return d->columns ? d->job->k1 : d->job->k2; }

static size_t codewords_per_unit(const rs2_decoding *d)
{
    return d->job->words ? d->job->words * (d->job->block / STRIPE) : 1;
}

size_t rs2_decode_units(const rs2_decoding *d) { return ceil_div(codewords(d), codewords_per_unit(d)); }

/* Source symbol `index` of `count` codewords from `first`, `bytes` from `at` of each, from the stage to the matrix. */
static void place(const rs2_decoding *d, const uint8_t *from, size_t index, size_t first, size_t count, size_t at,
                  size_t bytes)
{
    size_t s = d->job->symbol_size, row = d->job->k2 * s;
    if (!d->columns)
        d->job->engine->move(d->matrix + index * row + first * s + at, 0, from, 0, 1, count * bytes);
    else
        d->job->engine->move(d->matrix + first * row + index * s + at, row, from, bytes, count, bytes);
}

static void decode_staged(const rs2_decoding *d, rs2_work *work, size_t count, size_t bytes)
{
    const rs2_job *job = d->job;
    size_t step = job->words ? job->words * job->symbol_size : STRIPE, end = count * bytes;
    uint8_t *rebuilt = staged(job, work, d->plan->n_used);
    for (size_t at = 0; at < end; at += step)
        rs_decode(job->engine, d->plan, work->stage + at, rebuilt + at, job->pitch,
                  at + step <= end || job->words ? &job->window : &job->tail, work->stripes);
}

void rs2_decode(const rs2_decoding *d, rs2_work *work, size_t unit)
{
    const rs2_job *job = d->job;
    const rs_plan *plan = d->plan;
    size_t s = job->symbol_size, first = unit * codewords_per_unit(d);
    size_t count = smaller(codewords_per_unit(d), codewords(d) - first), block = job->words ? s : job->block;
    for (size_t at = 0; at < s && !cancelled(job); at += block) {
        size_t bytes = smaller(block, s - at);
        job->engine->gather(work->stage, job->pitch, d->received, first * s + at, plan->n_used, count * bytes);
        if (plan->n_missing)
            decode_staged(d, work, count, bytes);
        for (size_t i = 0; i < plan->n_used; i++)
            if (d->indices[i] < plan->code->n_source)
                place(d, staged(job, work, i), d->indices[i], first, count, at, bytes);
        for (size_t i = 0; i < plan->n_missing; i++)
            place(d, staged(job, work, plan->n_used + i), plan->missing[i], first, count, at, bytes);
    }
}
