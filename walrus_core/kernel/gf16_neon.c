/* GF(2^16) with NEON, which every aarch64 CPU has: the products of each nibble, looked up 16 at a time. */
#include "kernel.h"

#if defined(__aarch64__)
#include <arm_neon.h>

typedef struct { uint8x16_t lo, hi; } vec;
#define PARTS 4
#define RADIX 2
#include "gf16_nibbles.h"

static ALWAYS_INLINE vec vec_load(const stripe *s, int part)
{
    return (vec){vld1q_u8(s->lo + 16 * part), vld1q_u8(s->hi + 16 * part)};
}

static ALWAYS_INLINE void vec_store(stripe *s, int part, vec x)
{
    vst1q_u8(s->lo + 16 * part, x.lo);
    vst1q_u8(s->hi + 16 * part, x.hi);
}

static ALWAYS_INLINE vec vec_zero(void) { return (vec){vdupq_n_u8(0), vdupq_n_u8(0)}; }
static ALWAYS_INLINE vec vec_xor(vec a, vec b) { return (vec){veorq_u8(a.lo, b.lo), veorq_u8(a.hi, b.hi)}; }

static ALWAYS_INLINE vec vec_multiply_add(vec a, vec b, const constant *c)
{
    const uint8x16_t mask = vdupq_n_u8(15);
    uint8x16_t nibble[4] = {
        vandq_u8(b.lo, mask), vshrq_n_u8(b.lo, 4), vandq_u8(b.hi, mask), vshrq_n_u8(b.hi, 4),
    };
    for (int i = 0; i < 4; i++) {
        a.lo = veorq_u8(a.lo, vqtbl1q_u8(vld1q_u8(c->lo[i]), nibble[i]));
        a.hi = veorq_u8(a.hi, vqtbl1q_u8(vld1q_u8(c->hi[i]), nibble[i]));
    }
    return a;
}

#include "gf16_split.h"
#include "copy.h"
#include "gf16_transform.h"

static bool supported(void) { return true; }

#include "engine_table.h"
ENGINE_TABLE(neon)
#endif
