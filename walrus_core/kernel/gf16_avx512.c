/* GF(2^16) with AVX-512 and GFNI: a constant is four 8x8 bit matrices, low and high bytes to low and high bytes. */
#include "kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include "target.h"

BEGIN_TARGET("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,gfni")

typedef struct { __m512i lo, hi; } vec;
typedef struct { uint64_t lo_lo, hi_lo, lo_hi, hi_hi; } constant;  /* from_to */
#define PARTS 1
#define RADIX 3

static ALWAYS_INLINE vec vec_load(const stripe *s, int part)
{
    (void)part;
    return (vec){_mm512_load_si512(s->lo), _mm512_load_si512(s->hi)};
}

static ALWAYS_INLINE void vec_store(stripe *s, int part, vec x)
{
    (void)part;
    _mm512_store_si512(s->lo, x.lo);
    _mm512_store_si512(s->hi, x.hi);
}

static ALWAYS_INLINE vec vec_zero(void) { return (vec){_mm512_setzero_si512(), _mm512_setzero_si512()}; }

static ALWAYS_INLINE vec vec_xor(vec a, vec b)
{
    return (vec){_mm512_xor_si512(a.lo, b.lo), _mm512_xor_si512(a.hi, b.hi)};
}

static ALWAYS_INLINE __m512i map(__m512i x, uint64_t matrix)
{
    __m512i matrices = _mm512_set1_epi64((long long)matrix);
#if defined(__clang__)
    /* In a register: as a memory operand clang before 20 gives it a wrong address (LLVM's pull request 120340). */
    __asm__("" : "+v"(matrices));
#endif
    return _mm512_gf2p8affine_epi64_epi8(x, matrices, 0);
}

static ALWAYS_INLINE vec vec_multiply_add(vec a, vec b, const constant *c)
{
    enum { XOR3 = 0x96 };
    return (vec){_mm512_ternarylogic_epi64(a.lo, map(b.lo, c->lo_lo), map(b.hi, c->hi_lo), XOR3),
                 _mm512_ternarylogic_epi64(a.hi, map(b.lo, c->lo_hi), map(b.hi, c->hi_hi), XOR3)};
}

#define STREAM_LINE(to, from) _mm512_stream_si512((__m512i *)(to), _mm512_loadu_si512(from))
#define STREAM_FENCE _mm_sfence
#include "copy.h"
static void split(stripe *work, size_t first, size_t count, const uint8_t *rows, size_t pitch, const layout *map)
{
    __m512i lo = _mm512_load_si512(map->split), hi = _mm512_load_si512(map->split + 64);
    for (size_t i = first; i < first + count; i++, rows += pitch) {
        __m512i a = _mm512_loadu_si512(rows), b = _mm512_loadu_si512(rows + 64);
        vec_store(work + slot(i), 0, (vec){_mm512_permutex2var_epi8(a, lo, b), _mm512_permutex2var_epi8(a, hi, b)});
    }
}

static void merge(uint8_t *rows, size_t pitch, const stripe *work, size_t first, size_t count, const layout *map)
{
    __m512i low = _mm512_load_si512(map->merge), high = _mm512_load_si512(map->merge + 64);
    for (size_t i = first; i < first + count; i++, rows += pitch) {
        vec x = vec_load(work + slot(i), 0);
        _mm512_storeu_si512(rows, _mm512_permutex2var_epi8(x.lo, low, x.hi));
        _mm512_storeu_si512(rows + 64, _mm512_permutex2var_epi8(x.lo, high, x.hi));
    }
}

#include "gf16_transform.h"

/* Row i of a matrix is the byte 7-i of its word: which of eight input bits reach output bit i. The images of the input
 * bits are its columns, so this transposes 8x8 bits, by swapping ever smaller squares, and turns the rows around. */
static uint64_t matrix(const uint16_t image[8], unsigned shift)
{
    uint64_t x = 0;
    for (unsigned in = 0; in < 8; in++)
        x |= (uint64_t)(uint8_t)(image[in] >> shift) << (8 * in);
    static const struct { unsigned by; uint64_t mask; } swap[3] = {
        {28, 0x00000000f0f0f0f0u}, {14, 0x0000cccc0000ccccu}, {7, 0x00aa00aa00aa00aau},
    };
    for (int i = 0; i < 3; i++) {
        uint64_t difference = (x ^ x >> swap[i].by) & swap[i].mask;
        x ^= difference ^ difference << swap[i].by;
    }
    return __builtin_bswap64(x);
}

static void make_constant(void *out, const uint16_t image[16])
{
    *(constant *)out = (constant){matrix(image, 0), matrix(image + 8, 0), matrix(image, 8), matrix(image + 8, 8)};
}

static bool supported(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
           __builtin_cpu_supports("gfni");
}

#include "engine_table.h"
ENGINE_TABLE(avx512)
END_TARGET
#endif
