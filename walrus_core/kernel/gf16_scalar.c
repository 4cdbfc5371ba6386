/* GF(2^16) in portable C: a product is the sum, over the bits of one factor, of the constant's images of those bits.
 * Vectors of 16 bytes are the compiler's own: SSE2 or NEON registers where the baseline has them, words elsewhere. */
#include "kernel.h"
#include <string.h>

typedef uint8_t bytes __attribute__((vector_size(16)));
typedef struct { bytes lo, hi; } vec;
typedef struct { uint16_t image[16]; } constant;
#define PARTS 4
#define RADIX 2

static ALWAYS_INLINE vec vec_load(const stripe *s, int part)
{
    vec x;
    memcpy(&x.lo, s->lo + 16 * part, 16);
    memcpy(&x.hi, s->hi + 16 * part, 16);
    return x;
}

static ALWAYS_INLINE void vec_store(stripe *s, int part, vec x)
{
    memcpy(s->lo + 16 * part, &x.lo, 16);
    memcpy(s->hi + 16 * part, &x.hi, 16);
}

static ALWAYS_INLINE vec vec_zero(void) { return (vec){{0}, {0}}; }
static ALWAYS_INLINE vec vec_xor(vec a, vec b) { return (vec){a.lo ^ b.lo, a.hi ^ b.hi}; }

static ALWAYS_INLINE vec vec_multiply_add(vec a, vec b, const constant *c)
{
    for (int bit = 0; bit < 8; bit++) {
        const uint8_t one = (uint8_t)(1 << bit);
        bytes low = (bytes)((b.lo & one) == one), high = (bytes)((b.hi & one) == one);
        a.lo ^= (low & (uint8_t)c->image[bit]) ^ (high & (uint8_t)c->image[8 + bit]);
        a.hi ^= (low & (uint8_t)(c->image[bit] >> 8)) ^ (high & (uint8_t)(c->image[8 + bit] >> 8));
    }
    return a;
}

#include "gf16_split.h"
#include "copy.h"
#include "gf16_transform.h"

static void make_constant(void *out, const uint16_t image[16]) { memcpy(out, image, sizeof(constant)); }
static bool supported(void) { return true; }

#include "engine_table.h"
ENGINE_TABLE(scalar)
