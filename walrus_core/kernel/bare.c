/* The engine's inner functions on data that stays in the nearest cache: what the machine could do if nothing else took
 * time. Benchmarks relate whole encodings to this. */
#include "kernel.h"
#include <string.h>

#define LOG_TRANSFORM 9
#define PITCH 2112  /* rows of the messages; an odd number of lines, room for 2 KiB */

size_t bare_work_bytes(void) { return LANES * PITCH + 2 * slots((size_t)1 << LOG_TRANSFORM) * sizeof(stripe); }

/* `rounds` times eight leaves over symbols of `size` bytes. Returns compressions. */
size_t bare_leaves(const engine *e, uint8_t *work, size_t size, size_t rounds)
{
    state8 state;
    node8 out;
    for (size_t i = 0; i < rounds; i++) {
        e->leaf(&state, &out, work + 64, PITCH, size, 0, true);
        work[64] ^= (uint8_t)out.word[0][0];
    }
    return rounds * LANES * ((size + 1 + 127) / 128);
}

size_t bare_parents(const engine *e, uint8_t *work, size_t rounds)
{
    node8 *node = (node8 *)work;
    for (size_t i = 0; i < rounds; i++)
        e->parent(node + (i + 1) % 4, node + i % 4, node + (i + 2) % 4);
    return rounds * LANES;
}

/* An IFFT and an FFT of 512 positions each round. Returns butterflies of 128 bytes. */
size_t bare_transforms(const engine *e, uint8_t *work, size_t rounds)
{
    size_t size = (size_t)1 << LOG_TRANSFORM;
    stripe *a = (stripe *)(work + LANES * PITCH), *b = a + slots(size);
    for (size_t i = 0; i < rounds; i++) {
        e->ifft(a, LOG_TRANSFORM, size, size, e->constants);
        e->fft(b, a, LOG_TRANSFORM, size, size, e->constants);
    }
    return rounds * 2 * LOG_TRANSFORM * size / 2;
}
