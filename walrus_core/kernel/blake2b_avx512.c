/* Eight Blake2b messages, one per 64-bit lane of a 512-bit register. */
#include "kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include "target.h"

BEGIN_TARGET("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,gfni")

typedef __m512i word;

static ALWAYS_INLINE word word_load(const void *p) { return _mm512_load_si512(p); }
static ALWAYS_INLINE void word_store(void *p, word x) { _mm512_store_si512(p, x); }
static ALWAYS_INLINE word word_set(uint64_t x) { return _mm512_set1_epi64((long long)x); }
#define word_add _mm512_add_epi64
#define word_xor _mm512_xor_si512
#define word_rotate _mm512_ror_epi64
#define word_join(high, low) _mm512_shldi_epi64(high, low, 8)

/* Rows to columns: word w of row l becomes lane l of out[w]. */
static ALWAYS_INLINE void transpose(word out[8], const word row[8])
{
    word pair[8], quad[8];
    for (int i = 0; i < 8; i += 2) {
        pair[i] = _mm512_unpacklo_epi64(row[i], row[i + 1]);
        pair[i + 1] = _mm512_unpackhi_epi64(row[i], row[i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int j = 0; j < 2; j++) {
            quad[i + j] = _mm512_shuffle_i64x2(pair[i + j], pair[i + 2 + j], 0x88);
            quad[i + 2 + j] = _mm512_shuffle_i64x2(pair[i + j], pair[i + 2 + j], 0xdd);
        }
    for (int j = 0; j < 4; j++) {
        out[j] = _mm512_shuffle_i64x2(quad[j], quad[4 + j], 0x88);
        out[4 + j] = _mm512_shuffle_i64x2(quad[j], quad[4 + j], 0xdd);
    }
}

/* Masked loads touch no byte outside the message: neither the implicit prefix nor what follows the end. */
static ALWAYS_INLINE void load_words(word m[8], const uint8_t *data, size_t pitch, __mmask64 mask)
{
    word row[8];
    for (size_t lane = 0; lane < 8; lane++)
        row[lane] = _mm512_maskz_loadu_epi8(mask, data + lane * pitch);
    transpose(m, row);
}

/* One word of each message: seven shuffles where a transposition takes 24. */
static ALWAYS_INLINE word load_word(const uint8_t *data, size_t pitch, __mmask16 mask)
{
    __m128i pair[4];
    for (size_t i = 0; i < 4; i++)
        pair[i] = _mm_unpacklo_epi64(_mm_maskz_loadu_epi8(mask, data + 2 * i * pitch),
                                     _mm_maskz_loadu_epi8(mask, data + (2 * i + 1) * pitch));
    __m256i low = _mm256_inserti64x2(_mm256_castsi128_si256(pair[0]), pair[1], 1);
    __m256i high = _mm256_inserti64x2(_mm256_castsi128_si256(pair[2]), pair[3], 1);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

static ALWAYS_INLINE void load_block(word m[16], const uint8_t *data, size_t pitch, int skip, size_t len)
{
    if (len <= 8) {
        m[0] = load_word(data, pitch, (__mmask16)(((1u << len) - 1) & ~(unsigned)skip));
        for (int i = 1; i < 16; i++)
            m[i] = _mm512_setzero_si512();
        return;
    }
    __mmask64 low = (len >= 64 ? ~0ull : (1ull << len) - 1) & ~(uint64_t)skip;
    load_words(m, data, pitch, low);
    if (len > 64)
        load_words(m + 8, data + 64, pitch, len == 128 ? ~0ull : (1ull << (len - 64)) - 1);
    else
        for (int i = 8; i < 16; i++)
            m[i] = _mm512_setzero_si512();
}

#include "blake2b_lanes.h"

void blake2b_avx512_leaf(state8 *state, node8 *out, const uint8_t *data, size_t pitch, size_t len, size_t done,
                         bool last)
{
    leaf_lanes(state, out, 0, data, pitch, len, done, last);
}

void blake2b_avx512_parent(node8 *out, const node8 *left, const node8 *right)
{
    word l[4], r[4];
    for (int i = 0; i < 4; i++) {
        l[i] = word_load(left->word[i]);
        r[i] = word_load(right->word[i]);
    }
    parent_lanes(out->word, l, r);
}

void blake2b_avx512_parent_of_neighbours(node8 *out, const node8 *first, const node8 *second)
{
    const __m512i even = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
    const __m512i odd = _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15);
    word l[4], r[4];
    for (int i = 0; i < 4; i++) {
        word a = word_load(first->word[i]), b = word_load(second->word[i]);
        l[i] = _mm512_permutex2var_epi64(a, even, b);
        r[i] = _mm512_permutex2var_epi64(a, odd, b);
    }
    parent_lanes(out->word, l, r);
}

static ALWAYS_INLINE word two_digests(const uint8_t *digests, unsigned low, unsigned high)
{
    __m512i a = _mm512_castsi256_si512(_mm256_load_si256((const __m256i *)(digests + (size_t)DIGEST * low)));
    return _mm512_inserti64x4(a, _mm256_load_si256((const __m256i *)(digests + (size_t)DIGEST * high)), 1);
}

bool blake2b_avx512_lookup(node8 *out, const uint8_t *symbols, size_t pitch, const uint8_t *digests)
{
    unsigned symbol[8], any = 0;
    word row[4], pair[4];
    for (size_t lane = 0; lane < 8; lane++) {
        symbol[lane] = symbols[lane * pitch] | (unsigned)symbols[lane * pitch + 1] << 8;
        any |= symbol[lane];
    }
    for (int i = 0; i < 4; i++)
        row[i] = two_digests(digests, symbol[i], symbol[4 + i]);
    for (int i = 0; i < 4; i += 2) {
        pair[i] = _mm512_unpacklo_epi64(row[i], row[i + 1]);      /* words 0, 2 of rows i, i+1 | of i+4, i+5 */
        pair[i + 1] = _mm512_unpackhi_epi64(row[i], row[i + 1]);  /* words 1, 3 */
    }
    const __m512i low = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
    const __m512i high = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
    for (int i = 0; i < 2; i++) {
        word_store(out->word[i], _mm512_permutex2var_epi64(pair[i], low, pair[2 + i]));
        word_store(out->word[2 + i], _mm512_permutex2var_epi64(pair[i], high, pair[2 + i]));
    }
    return any == 0;
}
END_TARGET
#endif
