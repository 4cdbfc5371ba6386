/* GF(2^16) with AVX2: a constant is the products of each nibble, looked up 32 at a time. */
#include "kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include "target.h"

BEGIN_TARGET("avx2")

typedef struct { __m256i lo, hi; } vec;
#define PARTS 2
#define RADIX 2
#include "gf16_nibbles.h"

static ALWAYS_INLINE vec vec_load(const stripe *s, int part)
{
    return (vec){_mm256_load_si256((const __m256i *)s->lo + part), _mm256_load_si256((const __m256i *)s->hi + part)};
}

static ALWAYS_INLINE void vec_store(stripe *s, int part, vec x)
{
    _mm256_store_si256((__m256i *)s->lo + part, x.lo);
    _mm256_store_si256((__m256i *)s->hi + part, x.hi);
}

static ALWAYS_INLINE vec vec_zero(void) { return (vec){_mm256_setzero_si256(), _mm256_setzero_si256()}; }

static ALWAYS_INLINE vec vec_xor(vec a, vec b)
{
    return (vec){_mm256_xor_si256(a.lo, b.lo), _mm256_xor_si256(a.hi, b.hi)};
}

static ALWAYS_INLINE __m256i look_up(const uint8_t table[16], __m256i nibbles)
{
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)table)), nibbles);
}

static ALWAYS_INLINE vec vec_multiply_add(vec a, vec b, const constant *c)
{
    const __m256i mask = _mm256_set1_epi8(15);
    __m256i nibble[4] = {
        _mm256_and_si256(b.lo, mask), _mm256_and_si256(_mm256_srli_epi16(b.lo, 4), mask),
        _mm256_and_si256(b.hi, mask), _mm256_and_si256(_mm256_srli_epi16(b.hi, 4), mask),
    };
    for (int i = 0; i < 4; i++) {
        a.lo = _mm256_xor_si256(a.lo, look_up(c->lo[i], nibble[i]));
        a.hi = _mm256_xor_si256(a.hi, look_up(c->hi[i], nibble[i]));
    }
    return a;
}

#include "gf16_split.h"
#define STREAM_LINE(to, from)                                                                          \
    (_mm256_stream_si256((__m256i *)(to), _mm256_loadu_si256((const __m256i *)(from))),                \
     _mm256_stream_si256((__m256i *)(to) + 1, _mm256_loadu_si256((const __m256i *)(from) + 1)))
#define STREAM_FENCE _mm_sfence
#include "copy.h"
#include "gf16_transform.h"

static bool supported(void) { return __builtin_cpu_supports("avx2"); }

#include "engine_table.h"
ENGINE_TABLE(avx2)
END_TARGET
#endif
