/* Which engines this CPU can run, and their tables, made when first needed. */
#include "kernel.h"
#include <string.h>

size_t engine_list(const engine *out[4])
{
    static const engine *const best_first[] = {
#if defined(__x86_64__)
        &engine_avx512, &engine_avx2,
#elif defined(__aarch64__)
        &engine_neon,
#endif
        &engine_scalar,
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof best_first / sizeof *best_first; i++)
        if (best_first[i]->supported())
            out[count++] = best_first[i];
    return count;
}

/* A skew of 65535 means that there is nothing to multiply: the constant that gives zero. */
void engine_prepare(const engine *e, size_t n_constants)
{
    for (size_t i = *e->constants_ready; i < n_constants; i++) {
        uint16_t image[16] = {0};
        if (gf16_skew[i] != MODULUS)
            gf16_image(image, gf16_skew[i]);
        e->make_constant(e->constants + i * e->constant_size, image);
    }
    if (*e->constants_ready < n_constants)
        *e->constants_ready = n_constants;
}

void engine_prepare_leaves(const engine *e)
{
    if (*e->leaf_digests_ready)
        return;
    for (unsigned first = 0; first < FIELD; first += LANES) {
        uint8_t symbols[2 * LANES];
        state8 state;
        node8 out;
        for (unsigned lane = 0; lane < LANES; lane++) {
            symbols[2 * lane] = (uint8_t)(first + lane);
            symbols[2 * lane + 1] = (uint8_t)((first + lane) >> 8);
        }
        e->leaf(&state, &out, symbols, 2, 2, 0, true);
        for (unsigned lane = 0; lane < LANES; lane++)
            node8_get(&out, lane, e->leaf_digests + (size_t)DIGEST * (first + lane));
    }
    *e->leaf_digests_ready = true;
}
