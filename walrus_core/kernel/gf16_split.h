/* Raw bytes to stripes and back for engines without a byte shuffle of two registers: the halves of a layout's runs,
 * each in one copy of `piece` bytes, the next power of two. What that copies too much the next run overwrites; the
 * last run's copy is exact. */
#include "piece.h"

static ALWAYS_INLINE void split_runs(stripe *work, size_t first, size_t count, const uint8_t *rows, size_t pitch,
                                     const layout *map, const size_t piece)
{
    size_t half = map->half, last = map->runs - 1u, pieces = last + (map->last == piece && half == piece);
    for (size_t i = first; i < first + count; i++, rows += pitch) {
        stripe *out = work + slot(i);
        for (size_t run = 0; run < pieces; run++) {
            memcpy(out->lo + run * half, rows + 2 * run * half, piece);
            memcpy(out->hi + run * half, rows + (2 * run + 1) * half, piece);
        }
        if (pieces == last) {
            copy_piece(out->lo + last * half, rows + 2 * last * half, map->last);
            copy_piece(out->hi + last * half, rows + 2 * last * half + map->last, map->last);
        }
    }
}

static ALWAYS_INLINE void merge_runs(uint8_t *rows, size_t pitch, const stripe *work, size_t first, size_t count,
                                     const layout *map, const size_t piece)
{
    size_t half = map->half, last = map->runs - 1u, pieces = last + (map->last == piece && half == piece);
    for (size_t i = first; i < first + count; i++, rows += pitch) {
        const stripe *in = work + slot(i);
        for (size_t run = 0; run < pieces; run++) {
            memcpy(rows + 2 * run * half, in->lo + run * half, piece);
            memcpy(rows + (2 * run + 1) * half, in->hi + run * half, piece);
        }
        if (pieces == last) {
            copy_piece(rows + 2 * last * half, in->lo + last * half, map->last);
            copy_piece(rows + 2 * last * half + map->last, in->hi + last * half, map->last);
        }
    }
}

/* Symbols of one element: loops that compilers know as shuffles. */
static void split_elements(stripe *work, size_t first, size_t count, const uint8_t *rows, size_t pitch)
{
    for (size_t i = first; i < first + count; i++, rows += pitch) {
        stripe *restrict out = work + slot(i);
        for (size_t e = 0; e < 64; e++) {
            out->lo[e] = rows[2 * e];
            out->hi[e] = rows[2 * e + 1];
        }
    }
}

static void merge_elements(uint8_t *rows, size_t pitch, const stripe *work, size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++, rows += pitch) {
        const stripe *restrict in = work + slot(i);
        uint8_t *restrict out = rows;
        for (size_t e = 0; e < 64; e++) {
            out[2 * e] = in->lo[e];
            out[2 * e + 1] = in->hi[e];
        }
    }
}

#define FOR_PIECE(half, CALL) \
    do {                      \
        if ((half) > 16)      \
            CALL(32);         \
        else if ((half) > 8)  \
            CALL(16);         \
        else if ((half) > 4)  \
            CALL(8);          \
        else if ((half) > 2)  \
            CALL(4);          \
        else                  \
            CALL(2);          \
    } while (0)

static void split(stripe *work, size_t first, size_t count, const uint8_t *rows, size_t pitch, const layout *map)
{
#define CALL(piece) split_runs(work, first, count, rows, pitch, map, piece)
    if (map->runs == 64)
        split_elements(work, first, count, rows, pitch);
    else
        FOR_PIECE(map->half, CALL);
#undef CALL
}

static void merge(uint8_t *rows, size_t pitch, const stripe *work, size_t first, size_t count, const layout *map)
{
#define CALL(piece) merge_runs(rows, pitch, work, first, count, map, piece)
    if (map->runs == 64)
        merge_elements(rows, pitch, work, first, count);
    else
        FOR_PIECE(map->half, CALL);
#undef CALL
}
