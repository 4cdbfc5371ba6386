/* Four Blake2b messages, one per 64-bit lane of a 256-bit register; eight lanes are two of those. */
#include "kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include "target.h"

BEGIN_TARGET("avx2")

#define WIDTH 4
typedef __m256i word;

static ALWAYS_INLINE word word_load(const void *p) { return _mm256_load_si256(p); }
static ALWAYS_INLINE void word_store(void *p, word x) { _mm256_store_si256(p, x); }
static ALWAYS_INLINE word word_set(uint64_t x) { return _mm256_set1_epi64x((long long)x); }
#define word_add _mm256_add_epi64
#define word_xor _mm256_xor_si256
#define word_or _mm256_or_si256
#define word_left _mm256_slli_epi64
#define word_right _mm256_srli_epi64

static ALWAYS_INLINE word word_rotate(word x, const int bits)
{
    const __m256i by24 = _mm256_setr_epi8(3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10,
                                          3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10);
    const __m256i by16 = _mm256_setr_epi8(2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9,
                                          2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9);
    switch (bits) {
    case 32: return _mm256_shuffle_epi32(x, 0xb1);
    case 24: return _mm256_shuffle_epi8(x, by24);
    case 16: return _mm256_shuffle_epi8(x, by16);
    default: return _mm256_or_si256(_mm256_srli_epi64(x, 63), _mm256_add_epi64(x, x));
    }
}

static ALWAYS_INLINE void word_deal(word *even, word *odd, const uint64_t *p)
{
    word a = word_load(p), b = word_load(p + 4);
    *even = _mm256_permute4x64_epi64(_mm256_unpacklo_epi64(a, b), 0xd8);
    *odd = _mm256_permute4x64_epi64(_mm256_unpackhi_epi64(a, b), 0xd8);
}

static ALWAYS_INLINE void copy_block(uint8_t block[128], const uint8_t *data, int skip, size_t len);
static ALWAYS_INLINE uint64_t short_message(const uint8_t *data, int skip, size_t len);

/* Rows to columns, four words at a time. */
static ALWAYS_INLINE void transpose(word m[4], const uint8_t *const row[4], size_t at)
{
    word r[4], pair[4];
    for (int lane = 0; lane < 4; lane++)
        r[lane] = _mm256_loadu_si256((const __m256i *)(row[lane] + at));
    for (int i = 0; i < 4; i += 2) {
        pair[i] = _mm256_unpacklo_epi64(r[i], r[i + 1]);
        pair[i + 1] = _mm256_unpackhi_epi64(r[i], r[i + 1]);
    }
    for (int i = 0; i < 2; i++) {
        m[i] = _mm256_permute2x128_si256(pair[i], pair[2 + i], 0x20);
        m[2 + i] = _mm256_permute2x128_si256(pair[i], pair[2 + i], 0x31);
    }
}

static ALWAYS_INLINE void load_block(word m[16], const uint8_t *data, size_t pitch, int skip, size_t len)
{
    _Alignas(32) uint8_t block[WIDTH][128];
    const uint8_t *row[WIDTH];
    if (len <= 8) {
        uint64_t lane[WIDTH];
        for (size_t i = 0; i < WIDTH; i++)
            lane[i] = short_message(data + i * pitch, skip, len);
        m[0] = _mm256_setr_epi64x((long long)lane[0], (long long)lane[1], (long long)lane[2], (long long)lane[3]);
        for (size_t i = 1; i < 16; i++)
            m[i] = _mm256_setzero_si256();
        return;
    }
    for (size_t lane = 0; lane < WIDTH; lane++) {
        row[lane] = data + lane * pitch;
        if (skip || len < 128) {
            copy_block(block[lane], row[lane], skip, len);
            row[lane] = block[lane];
        }
    }
    for (size_t at = 0; at < 128 && at < len; at += 32)
        transpose(m + at / 8, row, at);
    for (size_t i = (len + 31) / 32 * 4; i < 16; i++)
        m[i] = _mm256_setzero_si256();
}

#include "blake2b_lanes.h"
#include "blake2b_portable.h"
BLAKE2B_FUNCTIONS(avx2)
END_TARGET
#endif
