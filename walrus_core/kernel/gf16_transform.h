/* The additive FFT of the Leopard code, written once for every engine.
 *
 * An engine's gf16 file includes this after it has defined
 *   vec                         PARTS of which make a stripe: registers of low and of high bytes
 *   constant                    its form of "multiply by this"
 *   vec_load, vec_store, vec_xor(a, b), vec_multiply_add(a, b, c) = a + b*c
 *   RADIX                       layers done in registers at a time: 3 where 16 vecs fit, else 2
 *   split, merge                see kernel.h
 *
 * Layer "dist" of FFT: for each pair (a, b) `dist` apart: a += b*skew; b += a. IFFT undoes that. A block's skew is
 * constants[block + dist + delta - 1]; it is zero, so there is nothing to multiply, only where block + delta = 0.
 * No pass straddles distance 64, where slot() bends. */
#include <string.h>

/* Unrolled, or the legs would live in memory instead of registers. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

static ALWAYS_INLINE void fft_layers(vec *x, const constant *const *skew, const int radix, const bool first)
{
    UNROLL for (int layer = 0; layer < radix; layer++) {
        const int half = 1 << (radix - 1 - layer);
        UNROLL for (int i = 0; i < 1 << (radix - 1); i++) {
            const int block = i / half;
            vec *a = x + block * half + i, *b = a + half;
            if (!(first && block == 0))
                *a = vec_multiply_add(*a, *b, skew[(1 << layer) - 1 + block]);
            *b = vec_xor(*b, *a);
        }
    }
}

static ALWAYS_INLINE void ifft_layers(vec *x, const constant *const *skew, const int radix, const bool first)
{
    UNROLL for (int layer = radix - 1; layer >= 0; layer--) {
        const int half = 1 << (radix - 1 - layer);
        UNROLL for (int i = 0; i < 1 << (radix - 1); i++) {
            const int block = i / half;
            vec *a = x + block * half + i, *b = a + half;
            *b = vec_xor(*b, *a);
            if (!(first && block == 0))
                *a = vec_multiply_add(*a, *b, skew[(1 << layer) - 1 + block]);
        }
    }
}

/* One group of 2^radix legs, `dist` apart from `start`, for all `dist` offsets. */
static ALWAYS_INLINE void group(stripe *out, const stripe *in, size_t start, size_t dist, const constant *const *skew,
                                const int radix, const bool first, const bool inverse)
{
    size_t leg = slot(dist);
    for (size_t i = 0; i < dist; i++) {
        size_t base = slot(start + i);
        for (int part = 0; part < PARTS; part++) {
            vec x[1 << RADIX];
            UNROLL for (int j = 0; j < 1 << radix; j++)
                x[j] = vec_load(in + base + (size_t)j * leg, part);
            if (inverse)
                ifft_layers(x, skew, radix, first);
            else
                fft_layers(x, skew, radix, first);
            UNROLL for (int j = 0; j < 1 << radix; j++)
                vec_store(out + base + (size_t)j * leg, part, x[j]);
        }
    }
}

/* The 2^radix - 1 skews of a group, largest distance first. */
static ALWAYS_INLINE void gather_skews(const constant **skew, const constant *skews, size_t origin, size_t dist,
                                       int radix)
{
    for (int layer = 0; layer < radix; layer++)
        for (int block = 0; block < 1 << layer; block++) {
            size_t span = dist << (radix - layer);
            skew[(1 << layer) - 1 + block] = skews + origin + (size_t)block * span + span / 2 - 1;
        }
}

static ALWAYS_INLINE void pass_of(stripe *out, const stripe *in, size_t dist, size_t count, size_t delta,
                                  const constant *skews, int radix, bool inverse)
{
    for (size_t start = 0; start < count; start += dist << radix) {
        const constant *skew[7];
        gather_skews(skew, skews, start + delta, dist, radix);
        if (start + delta == 0)
            group(out, in, start, dist, skew, radix, true, inverse);
        else
            group(out, in, start, dist, skew, radix, false, inverse);
    }
}

static void pass(stripe *out, const stripe *in, size_t dist, size_t count, size_t delta, const constant *skews,
                 unsigned radix, bool inverse)
{
#if RADIX == 3
    if (radix == 3)
        (inverse ? pass_of(out, in, dist, count, delta, skews, 3, true)
                 : pass_of(out, in, dist, count, delta, skews, 3, false));
#endif
    if (radix == 2)
        (inverse ? pass_of(out, in, dist, count, delta, skews, 2, true)
                 : pass_of(out, in, dist, count, delta, skews, 2, false));
    if (radix == 1)
        (inverse ? pass_of(out, in, dist, count, delta, skews, 1, true)
                 : pass_of(out, in, dist, count, delta, skews, 1, false));
}

#define LOW 6  /* layers within 64 positions: done block by block, while a block is in the first-level cache */
#define BLOCK_OF_LOW 64

/* Layers from..to-1 (layer i has distance 2^i), in passes of up to RADIX of them. */
static void layers(stripe *out, const stripe *in, unsigned from, unsigned to, size_t count, size_t delta,
                   const constant *skews, bool inverse)
{
    while (from < to) {
        unsigned radix = to - from < RADIX ? to - from : RADIX;
        if (inverse) {
            pass(out, in, (size_t)1 << from, count, delta, skews, radix, true);
            from += radix;
        } else {
            to -= radix;
            pass(out, in, (size_t)1 << to, count, delta, skews, radix, false);
        }
        in = out;
    }
}

static size_t block_count(size_t count, size_t start)
{
    return count - start < BLOCK_OF_LOW ? count - start : BLOCK_OF_LOW;
}

static void low_layers(stripe *work, size_t start, unsigned log_size, size_t count, size_t delta,
                       const constant *skews, bool inverse)
{
    stripe *block = work + slot(start);
    layers(block, block, 0, log_size < LOW ? log_size : LOW, block_count(count, start), delta + start, skews, inverse);
}

static void engine_ifft(stripe *work, unsigned log_size, size_t count, size_t delta, const void *skews)
{
    for (size_t start = 0; start < count; start += BLOCK_OF_LOW)
        low_layers(work, start, log_size, count, delta, skews, true);
    layers(work, work, LOW, log_size, count, delta, skews, true);
}

/* Large symbols lie too far apart for hardware prefetchers; the next window of each is right beside this one. */
static ALWAYS_INLINE void fetch_next_window(const uint8_t *rows, size_t count, size_t pitch)
{
    for (size_t i = 0; i < count; i++)
        for (size_t line = 0; line < STRIPE; line += 64)
            __builtin_prefetch(rows + i * pitch + STRIPE + line, 0, 2);
}

static void engine_ifft_symbols(stripe *work, const uint8_t *rows, size_t pitch, const layout *map, unsigned log_size,
                                size_t count, size_t delta, const void *skews)
{
    size_t size = (size_t)1 << log_size;
    for (size_t start = 0; start < size; start += BLOCK_OF_LOW) {
        size_t filled = start < count ? block_count(count, start) : 0;
        fetch_next_window(rows + start * pitch, filled, pitch);
        if (filled)
            split(work, start, filled, rows + start * pitch, pitch, map);
        for (size_t i = start + filled; i < start + block_count(size, start); i++)
            for (int part = 0; part < PARTS; part++)
                vec_store(work + slot(i), part, vec_zero());
        if (filled)
            low_layers(work, start, log_size, count, delta, skews, true);
    }
    layers(work, work, LOW, log_size, count, delta, skews, true);
}

static void engine_fft(stripe *out, const stripe *in, unsigned log_size, size_t count, size_t delta, const void *skews)
{
    layers(out, in, LOW, log_size, count, delta, skews, false);
    if (log_size <= LOW && out != in)
        memcpy(out, in, slots((size_t)1 << log_size) * sizeof(stripe));
    for (size_t start = 0; start < count; start += BLOCK_OF_LOW)
        low_layers(out, start, log_size, count, delta, skews, false);
}

static void engine_fft_symbols(uint8_t *rows, size_t pitch, const layout *map, stripe *out, const stripe *in,
                               unsigned log_size, size_t count, size_t delta, const void *skews)
{
    layers(out, in, LOW, log_size, count, delta, skews, false);
    if (log_size <= LOW)
        memcpy(out, in, slots((size_t)1 << log_size) * sizeof(stripe));
    for (size_t start = 0; start < count; start += BLOCK_OF_LOW) {
        low_layers(out, start, log_size, count, delta, skews, false);
        merge(rows + start * pitch, pitch, out, start, block_count(count, start), map);
    }
}

static void engine_add(stripe *out, const stripe *in, size_t count)
{
    for (size_t i = 0; i < slots(count); i++)
        for (int part = 0; part < PARTS; part++)
            vec_store(out + i, part, vec_xor(vec_load(out + i, part), vec_load(in + i, part)));
}

static ALWAYS_INLINE void scale(stripe *out, const stripe *in, const constant *factor)
{
    for (int part = 0; part < PARTS; part++)
        vec_store(out, part, vec_multiply_add(vec_zero(), vec_load(in, part), factor));
}

static void engine_take(stripe *work, const rs_plan *plan, const uint8_t *rows, size_t pitch, const layout *map)
{
    const constant *factors = (const constant *)plan->factor;
    for (size_t i = 0; i < plan->n_gaps; i++)
        for (int part = 0; part < PARTS; part++)
            vec_store(work + plan->gap[i], part, vec_zero());
    for (size_t i = 0; i < plan->n_used; i++) {
        stripe *own = work + plan->slot[i];
        split(own, 0, 1, rows + i * pitch, pitch, map);
        scale(own, own, factors + i);
    }
}

static void engine_give(uint8_t *rows, size_t pitch, const layout *map, const stripe *values, const rs_plan *plan,
                        size_t first, size_t count)
{
    const constant *factors = (const constant *)plan->unfactor;
    stripe one;
    for (size_t i = first; i < first + count; i++, rows += pitch) {
        scale(&one, values + plan->missing_slot[i], factors + i);
        merge(rows, pitch, &one, 0, 1, map);
    }
}

/* 2^radix positions from `start` on: the derivative, every value plus all those whose index has one more bit set, and
 * the multiples, all in registers. */
static ALWAYS_INLINE void combine_group(stripe *out, const stripe *own, size_t start, unsigned log_size,
                                        const stripe *const *others, const void *const *factors, size_t n_others,
                                        const int radix)
{
    const size_t at = slot(start);
    for (int part = 0; part < PARTS; part++) {
        vec x[1 << RADIX], sum[1 << RADIX];
        UNROLL for (int j = 0; j < 1 << radix; j++)
            x[j] = vec_load(own + at + j, part);
        UNROLL for (int j = 0; j < 1 << radix; j++) {
            sum[j] = vec_zero();
            UNROLL for (int bit = 0; bit < radix; bit++)
                if (!(j >> bit & 1))
                    sum[j] = vec_xor(sum[j], x[j | 1 << bit]);
        }
        for (unsigned bit = (unsigned)radix; bit < log_size; bit++)
            if (!(start >> bit & 1))
                UNROLL for (int j = 0; j < 1 << radix; j++)
                    sum[j] = vec_xor(sum[j], vec_load(own + slot(start | (size_t)1 << bit) + j, part));
        for (size_t i = 0; i < n_others; i++)
            UNROLL for (int j = 0; j < 1 << radix; j++)
                sum[j] = vec_multiply_add(sum[j], vec_load(others[i] + at + j, part), factors[i]);
        UNROLL for (int j = 0; j < 1 << radix; j++)
            vec_store(out + at + j, part, sum[j]);
    }
}

static void engine_combine(stripe *out, const stripe *own, unsigned log_size, const stripe *const *others,
                           const void *const *factors, size_t n_others)
{
    size_t size = (size_t)1 << log_size;
    for (size_t start = 0; log_size >= RADIX && start < size; start += 1 << RADIX)
        combine_group(out, own, start, log_size, others, factors, n_others, RADIX);
    for (size_t start = 0; log_size < RADIX && start < size; start++)
        combine_group(out, own, start, log_size, others, factors, n_others, 0);
}
