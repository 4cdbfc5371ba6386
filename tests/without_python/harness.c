/* The C kernel without Python: every engine of the CPU that it runs on, on cases with known answers.
 *
 *     harness CASES     a file that make_cases.py wrote; exit status 1 if anything differs
 *
 * It runs where there is no Python: on an emulated aarch64, under valgrind, with any sanitizer; `.ci/without-python`
 * does all that. A case is the source matrix of a blob, and what its encoding must be; everything else (windows,
 * decoding, expanding, trees, proofs) leads from one part of that to another. Buffers have their exact sizes, and hold
 * noise before use. */
#define _POSIX_C_SOURCE 200112L
#include "kernel.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_THREADS 2

typedef struct {
    char name[40];
    uint64_t n, k1, k2, s;
    const uint8_t *matrix;     /* k1 rows of k2 symbols */
    const uint8_t *hashes;     /* n pairs of digests */
    const uint8_t *repair;     /* n - k1 rows of k2 symbols */
    const uint8_t *secondary;  /* n columns of k1 symbols */
} known;

/* ---- Memory: freed all at once when a check is done. */

static void *taken[1024];
static size_t n_taken;

static void *take(size_t bytes)
{
    void *memory;
    if (n_taken == sizeof taken / sizeof *taken || posix_memalign(&memory, 64, bytes ? bytes : 1)) {
        fputs("out of memory\n", stderr);
        exit(2);
    }
    memset(memory, 0xa5, bytes);
    return taken[n_taken++] = memory;
}

static void release(void)
{
    while (n_taken)
        free(taken[--n_taken]);
}

/* ---- Verdicts. */

static size_t failures;

static void check(const char *what, const uint8_t *got, const uint8_t *expected, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (got[i] != expected[i]) {
            printf("  WRONG: %s, from byte %zu of %zu\n", what, i, bytes);
            failures++;
            return;
        }
}

/* ---- Random subsets that are the same everywhere. */

static uint64_t random_state;

static size_t below(size_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (random_state >> 33) % limit;
}

/* `count` of 0..n-1, ascending. */
static void subset(size_t *chosen, size_t n, size_t count)
{
    for (size_t i = 0, at = 0; i < n; i++)
        if (below(n - i) < count - at)
            chosen[at++] = i;
}

/* ---- Jobs. */

static const int never;  /* the flag that cancels */

static void start_job(rs2_job *job, const engine *e, const known *t, size_t k1, size_t k2)
{
    if (t->s == 2 && t->n >= 256)
        engine_prepare_leaves(e);
    rs2_job_init(job, e, t->n, k1, k2, t->s);
    job->cancel = &never;
    size_t primary = rs_skews_needed(&job->primary), secondary = rs_skews_needed(&job->secondary);
    engine_prepare(e, primary > secondary ? primary : secondary);
}

typedef struct { crew *crew; rs2_work work; } share;

static void *work_in_thread(void *given)
{
    share *s = given;
    crew_work(s->crew, &s->work);
    return NULL;
}

static void run(const rs2_job *job, crew *c, size_t threads)
{
    pthread_t thread[MAX_THREADS];
    share shares[MAX_THREADS];
    size_t progress = 0;
    c->cancel = &never;
    c->progress = &progress;
    for (size_t i = 0; i < threads; i++)
        shares[i] = (share){c, rs2_work_at(job, take(rs2_work_bytes(job)))};
    for (size_t i = 1; i < threads; i++)
        pthread_create(thread + i, NULL, work_in_thread, shares + i);
    work_in_thread(shares);
    for (size_t i = 1; i < threads; i++)
        pthread_join(thread[i], NULL);
    if (progress != crew_units(c)) {
        printf("  WRONG: %zu of %zu units done\n", progress, crew_units(c));
        failures++;
    }
}

static void *pointers(const uint8_t *start, size_t count, size_t stride)
{
    const uint8_t **all = take(count * sizeof *all);
    for (size_t i = 0; i < count; i++)
        all[i] = start + i * stride;
    return all;
}

/* ---- Encoding: all at once, and in windows of columns. */

static void start_encoding(rs2_job *job, const engine *e, const known *t)
{
    size_t size = t->k1 * t->k2 * t->s;
    uint8_t *matrix = take(size + STRIPE);  /* may be read so far beyond its end */
    memcpy(matrix, t->matrix, size);
    start_job(job, e, t, t->k1, t->k2);
    job->source = pointers(matrix, t->k1, t->k2 * t->s);
    job->row_nodes = take(rs2_chunks(job) * job->groups * sizeof(node8));
    job->row_zero = take(rs2_chunks(job) * job->groups);
    job->column_roots = take(t->n * DIGEST);
    job->pair_hashes = take(2 * t->n * DIGEST);
}

static void check_encode(const engine *e, const known *t, size_t threads)
{
    rs2_job job;
    crew c;
    size_t row = t->k2 * t->s, column = t->k1 * t->s, n_repair = t->n - t->k1;
    uint8_t *repair = take(n_repair * row), *secondary = take(t->n * column);
    start_encoding(&job, e, t);
    job.primary_repair = pointers(repair, n_repair, row);
    job.columns = pointers(secondary, t->n, column);
    crew_encode(&c, &job);
    run(&job, &c, threads);
    check("primary slivers", repair, t->repair, n_repair * row);
    check("secondary slivers", secondary, t->secondary, t->n * column);
    check("sliver pair hashes", job.pair_hashes, t->hashes, 2 * t->n * DIGEST);
    release();
}

/* Columns first..end-1 into buffers of their own, which are then compared with those parts of the whole. */
static void encode_window(rs2_job *job, uint8_t **columns, const known *t, size_t first, size_t end, size_t threads)
{
    crew c;
    size_t source = first < t->k2 ? (end < t->k2 ? end : t->k2) - first : 0, n_repair = t->n - t->k1, before = n_taken;
    uint8_t *secondary = take(source * t->k1 * t->s), *repair = take(n_repair * source * t->s);
    rs2_job_window(job, first, end);
    for (size_t i = 0; i < source; i++)
        columns[first + i] = secondary + i * t->k1 * t->s;
    job->primary_repair = source ? pointers(repair, n_repair, source * t->s) : NULL;
    crew_encode_window(&c, job);
    run(job, &c, threads);
    check("a window's secondary slivers", secondary, t->secondary + first * t->k1 * t->s, source * t->k1 * t->s);
    for (size_t row = 0; source && row < n_repair; row++)
        check("a window's part of a primary sliver", repair + row * source * t->s,
              t->repair + (row * t->k2 + first) * t->s, source * t->s);
    while (n_taken > before)
        free(taken[--n_taken]);
}

/* `narrow`: fewer than eight columns at a time, which the row trees wait for. */
static void check_windows(const engine *e, const known *t, bool narrow, size_t threads)
{
    rs2_job job;
    crew c;
    size_t column = t->k1 * t->s, n_extended = t->n - t->k2;
    uint8_t **columns = take(t->n * sizeof *columns), *extended = take(n_extended * column);
    start_encoding(&job, e, t);
    memset(columns, 0, t->n * sizeof *columns);
    for (size_t i = 0; i < n_extended; i++)
        columns[t->k2 + i] = extended + i * column;
    job.columns = columns;
    crew_encode_rows(&c, &job);
    run(&job, &c, threads);
    check("extended rows", extended, t->secondary + t->k2 * column, n_extended * column);
    size_t unit = job.columns_per_unit;
    if (narrow) {
        job.leaves = take(8 * job.groups * sizeof(node8));
        job.leaves_zero = take(8 * job.groups);
    }
    for (size_t first = 0, end; first < t->n; first = end) {
        end = first + (narrow ? 1 + below(8 - first % 8) : unit * (1 + below(2)));
        if (end > t->n)
            end = t->n;
        encode_window(&job, columns, t, first, end, threads);
    }
    crew_encode_roots(&c, &job);
    run(&job, &c, threads);
    check("sliver pair hashes, windows", job.pair_hashes, t->hashes, 2 * t->n * DIGEST);
    release();
}

/* ---- Slivers: every one of either axis is `sliver_of`. */

static size_t symbols_in_sliver(const known *t, bool columns) { return columns ? t->k1 : t->k2; }

static const uint8_t *sliver_of(const known *t, bool columns, size_t index)
{
    size_t bytes = symbols_in_sliver(t, columns) * t->s;
    if (columns)
        return t->secondary + index * bytes;
    return index < t->k1 ? t->matrix + index * bytes : t->repair + (index - t->k1) * bytes;
}

static const uint8_t *root_of(const known *t, bool columns, size_t index)
{
    return t->hashes + DIGEST * (columns ? 2 * (t->n - 1 - index) + 1 : 2 * index);
}

/* ---- Decoding. */

static void make_plan(rs_plan *plan, const engine *e, const rs_code *code, const size_t *indices)
{
    size_t positions = rs_plan_positions(code), k = code->n_source;
    plan->position = take(k * sizeof *plan->position);
    plan->slot = take(k * sizeof *plan->slot);
    plan->missing = take(k * sizeof *plan->missing);
    plan->missing_slot = take(k * sizeof *plan->missing_slot);
    plan->factor = take(k * e->constant_size);
    plan->unfactor = take(k * e->constant_size);
    plan->gap = take(positions * sizeof *plan->gap);
    rs_plan_make(e, plan, code, indices, take(2 * positions * sizeof(uint16_t)));
}

/* `indices`: k of the axis, ascending. */
static void check_decode(const engine *e, const known *t, bool columns, const size_t *indices, size_t threads)
{
    rs2_job job;
    rs_plan plan;
    crew c;
    size_t k = columns ? t->k2 : t->k1, row = t->k2 * t->s, present = 0;
    uint8_t *matrix = take(t->k1 * row);
    const uint8_t **received = take(k * sizeof *received);
    uint8_t **rows = take(t->k1 * sizeof *rows);
    start_job(&job, e, t, t->k1, t->k2);
    make_plan(&plan, e, columns ? &job.secondary : &job.primary, indices);
    for (size_t i = 0; i < k; i++) {
        received[i] = sliver_of(t, columns, indices[i]);
        present += indices[i] < k;
    }
    for (size_t i = 0; !columns && i < t->k1; i++)
        rows[i] = matrix + (i < present ? indices[i] : plan.missing[i - present]) * row;
    rs2_decoding decoding = {.job = &job, .plan = &plan, .indices = indices, .received = received,
                             .n_present = present, .columns = columns, .matrix = matrix, .rows = rows};
    crew_decode(&c, &decoding);
    run(&job, &c, threads);
    check(columns ? "blob from secondary slivers" : "blob from primary slivers", matrix, t->matrix, t->k1 * row);
}

/* With nothing missing, one sliver, as many as can be, and some at random. */
static void check_decodes(const engine *e, const known *t)
{
    for (int columns = 0; columns < 2; columns++) {
        size_t k = columns ? t->k2 : t->k1, *indices = take(k * sizeof *indices);
        const size_t first[3] = {0, 1, t->n - k};
        for (int i = 0; i < 3; i++) {
            for (size_t j = 0; j < k; j++)
                indices[j] = first[i] + j;
            check_decode(e, t, columns, indices, 1);
        }
        subset(indices, t->n, k);
        check_decode(e, t, columns, indices, 2);
    }
    release();
}

/* ---- One sliver: all its symbols, their tree, proofs of some. */

/* Symbol `index` of a sliver where an output holds it: not where both are beyond the source. */
static const uint8_t *crossing(const known *t, bool columns, size_t sliver, size_t index)
{
    size_t row = columns ? index : sliver, column = columns ? sliver : index;
    if (row < t->k1)
        return t->secondary + (column * t->k1 + row) * t->s;
    return column < t->k2 ? t->repair + ((row - t->k1) * t->k2 + column) * t->s : NULL;
}

static void check_proofs(const engine *e, const known *t, const uint8_t *symbols, const uint8_t *tree,
                         const uint8_t *root)
{
    uint32_t index[LANES];
    uint8_t roots[LANES][DIGEST], *leaves = take(LANES * t->s);
    size_t depth = tree_depth(t->n);
    uint8_t *paths = take(LANES * depth * DIGEST);
    memset(paths, 0, LANES * depth * DIGEST);
    for (size_t lane = 0; lane < LANES; lane++) {
        index[lane] = (uint32_t)below(t->n);
        memcpy(leaves + lane * t->s, symbols + index[lane] * t->s, t->s);
        const uint8_t *nodes = tree;
        size_t count = t->n, at = index[lane];
        for (size_t level = 0; level < depth; level++, at /= 2) {
            if ((at ^ 1) < count)
                memcpy(paths + (lane * depth + level) * DIGEST, nodes + (at ^ 1) * DIGEST, DIGEST);
            nodes += count * DIGEST;
            count = (count + 1) / 2;
        }
    }
    proof_roots(e, leaves, t->s, index, paths, depth, roots);
    for (size_t lane = 0; lane < LANES; lane++)
        check("root from a proof", roots[lane], root, DIGEST);
}

static void check_sliver(const engine *e, const known *t, bool columns, size_t index)
{
    rs2_job job;
    size_t k = symbols_in_sliver(t, columns), tree_bytes = tree_digests(t->n) * DIGEST;
    uint8_t root[DIGEST], *symbols = take(t->n * t->s), *tree = take(tree_bytes), *tree_again = take(tree_bytes);
    const uint8_t *expected = root_of(t, columns, index);
    start_job(&job, e, t, k, k);
    rs2_work work = rs2_work_at(&job, take(rs2_work_bytes(&job)));
    rs2_expand(&job, &work, &job.primary, sliver_of(t, columns, index), symbols, tree, root);
    check("root of an expanded sliver", root, expected, DIGEST);
    for (size_t i = 0; i < t->n; i++)
        if (crossing(t, columns, index, i))
            check("symbol of an expanded sliver", symbols + i * t->s, crossing(t, columns, index, i), t->s);
    tree_of_bytes(e, symbols, t->s, t->n, take((t->n + 7) / 8 * sizeof(node8)), tree_again, root);
    check("root of a tree over bytes", root, expected, DIGEST);
    check("levels of a tree", tree, tree_again, tree_bytes);
    check_proofs(e, t, symbols, tree, expected);
    release();
}

static void check_roots(const engine *e, const known *t, bool columns, size_t threads)
{
    enum { COUNT = 3 };
    rs2_job job;
    crew c;
    size_t k = symbols_in_sliver(t, columns), index[COUNT];
    const uint8_t *slivers[COUNT];
    uint8_t *roots = take(COUNT * DIGEST);
    for (size_t i = 0; i < COUNT; i++)
        slivers[i] = sliver_of(t, columns, index[i] = below(t->n));
    start_job(&job, e, t, k, k);
    rs2_rooting rooting = {.job = &job, .code = &job.primary, .slivers = slivers, .roots = roots};
    crew_root(&c, &rooting, COUNT);
    run(&job, &c, threads);
    for (size_t i = 0; i < COUNT; i++)
        check("root of a sliver", roots + i * DIGEST, root_of(t, columns, index[i]), DIGEST);
    release();
}

/* ---- Cases. */

static void check_all(const engine *e, const known *t)
{
    size_t failed = failures;
    printf("%-40s n = %4zu  s = %4zu  %s\n", t->name, (size_t)t->n, (size_t)t->s, e->name);
    fflush(stdout);
    random_state = t->n * 65536 + t->s;
    check_encode(e, t, 1);
    check_encode(e, t, 2);
    check_windows(e, t, false, 1);
    check_windows(e, t, true, 2);
    check_decodes(e, t);
    for (int columns = 0; columns < 2; columns++) {
        check_sliver(e, t, columns, 0);
        check_sliver(e, t, columns, t->n - 1);
        check_roots(e, t, columns, 2);
    }
    if (failures > failed)
        printf("  %zu differences\n", failures - failed);
}

static const uint8_t *cut(uint8_t **at, size_t bytes)
{
    *at += bytes;
    return *at - bytes;
}

/* A name, four 64-bit numbers, little-endian as this machine is, and four byte strings whose lengths follow. */
static known parse(uint8_t **at)
{
    known t;
    memcpy(t.name, cut(at, sizeof t.name), sizeof t.name);
    memcpy(&t.n, cut(at, 4 * sizeof t.n), 4 * sizeof t.n);
    t.matrix = cut(at, t.k1 * t.k2 * t.s);
    t.hashes = cut(at, 2 * t.n * DIGEST);
    t.repair = cut(at, (t.n - t.k1) * t.k2 * t.s);
    t.secondary = cut(at, t.n * t.k1 * t.s);
    return t;
}

static uint8_t *read_all(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END)) {
        perror(path);
        exit(2);
    }
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *data = malloc(*size);
    if (!data || fread(data, 1, *size, file) != *size) {
        perror(path);
        exit(2);
    }
    fclose(file);
    return data;
}

int main(int argc, char **argv)
{
    const engine *engines[4];
    size_t n_engines = engine_list(engines), size, n_cases = 0;
    if (argc != 2) {
        fputs("usage: harness CASES\n", stderr);
        return 2;
    }
    uint8_t *data = read_all(argv[1], &size), *at = data;
    gf16_init();
    for (; at < data + size; n_cases++) {
        known t = parse(&at);
        for (size_t i = 0; i < n_engines; i++)
            check_all(engines[i], &t);
    }
    free(data);
    printf("%zu cases on %zu engines: %zu differences\n", n_cases, n_engines, failures);
    return failures > 0 || n_cases == 0;
}
