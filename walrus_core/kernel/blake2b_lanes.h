/* Blake2b over WIDTH lanes side by side, written once for every engine.
 *
 * An engine's blake2b file includes this after it has defined
 *   word                                    WIDTH 64-bit lanes
 *   word_load(p), word_store(p, x), word_set(u64), word_add, word_xor, word_or, word_rotate(x, 32 | 24 | 16 | 63),
 *   word_left(x, bits), word_right(x, bits); or word_join(high, low) = high << 8 | low >> 56 in one instruction
 *   load_block(m, data, pitch, skip, len)   the words of WIDTH message blocks of `len` <= 128 bytes, zero beyond;
 *                                           `skip` is 1 if the first byte is to read as zero, untouched
 * Rounds are unrolled, so that which words a body adds, and which are zero, is settled when it is compiled. */
#include "blake2b.h"

static ALWAYS_INLINE void half_round(word v[16], const word m[16], const int words, const int round, const int half)
{
    const uint8_t *sigma = blake2b_sigma[round] + 8 * half;
    const int turn = half;  /* the second half works on diagonals */
#define A v[i]
#define B v[4 + (i + turn) % 4]
#define C v[8 + (i + 2 * turn) % 4]
#define D v[12 + (i + 3 * turn) % 4]
#define EACH _Pragma("GCC unroll 4") for (int i = 0; i < 4; i++)
    EACH { A = word_add(A, B); if (sigma[2 * i] < words) A = word_add(A, m[sigma[2 * i]]); }
    EACH D = word_rotate(word_xor(D, A), 32);
    EACH C = word_add(C, D);
    EACH B = word_rotate(word_xor(B, C), 24);
    EACH { A = word_add(A, B); if (sigma[2 * i + 1] < words) A = word_add(A, m[sigma[2 * i + 1]]); }
    EACH D = word_rotate(word_xor(D, A), 16);
    EACH C = word_add(C, D);
    EACH B = word_rotate(word_xor(B, C), 63);
#undef A
#undef B
#undef C
#undef D
#undef EACH
}

/* v[0..7] is the chaining value on entry; `bytes` counts the message up to and with this block. */
static ALWAYS_INLINE void rounds(word v[16], const word m[16], const int words, uint64_t bytes, bool last)
{
    for (int i = 0; i < 8; i++)
        v[8 + i] = word_set(blake2b_iv[i] ^ (i == 4 ? bytes : i == 6 && last ? ~(uint64_t)0 : 0));
#pragma GCC unroll 12
    for (int round = 0; round < 12; round++) {
        half_round(v, m, words, round, 0);
        half_round(v, m, words, round, 1);
    }
}

static ALWAYS_INLINE word initial(int i) { return word_set(blake2b_iv[i] ^ (i == 0 ? PARAMETERS : 0)); }

/* A whole message in one block: constant state, four words out. */
static ALWAYS_INLINE void hash_once(uint64_t (*out)[LANES], const word m[16], const int words, uint64_t bytes)
{
    word v[16];
    for (int i = 0; i < 8; i++)
        v[i] = initial(i);
    rounds(v, m, words, bytes, true);
    for (int i = 0; i < 4; i++)
        word_store(out[i], word_xor(initial(i), word_xor(v[i], v[8 + i])));
}

#if defined(__GNUC__) && !defined(__clang__)
#define OWN_BODY __attribute__((noinline))
#else
#define OWN_BODY
#endif

#define ONCE(words)                                                                          \
    static OWN_BODY void once_##words(uint64_t (*out)[LANES], const word m[16], size_t len)   \
    {                                                                                        \
        hash_once(out, m, words, len);                                                       \
    }
ONCE(1)
ONCE(4)
ONCE(9)
ONCE(16)

static OWN_BODY void absorb(uint64_t (*state)[LANES], const word m[16], uint64_t bytes, bool last)
{
    word v[16], h[8];
    for (int i = 0; i < 8; i++)
        v[i] = h[i] = word_load(state[i]);
    rounds(v, m, 16, bytes, last);
    for (int i = 0; i < 8; i++)
        word_store(state[i], word_xor(h[i], word_xor(v[i], v[8 + i])));
}

/* See `leaf` in kernel.h, for the lanes from `lane` on. The message is the data with one zero byte before it, so block
 * j starts at the byte before data[128 j]; the first of those is a zero that need not be there. */
static ALWAYS_INLINE void leaf_lanes(state8 *state, node8 *out, int lane, const uint8_t *data, size_t pitch, size_t len,
                                     size_t done, bool last)
{
    word m[16];
    size_t stream = len + last;  /* message bytes to absorb now; the prefix went with the first block */
    if (done == 0 && last && stream <= BLOCK) {
        uint64_t(*once)[LANES] = (uint64_t(*)[LANES])(&out->word[0][lane]);
        load_block(m, data - 1, pitch, 1, stream);
#define CALL(words) once_##words(once, m, stream)
        FOR_WORDS((stream + 7) / 8, CALL);
#undef CALL
        return;
    }
    uint64_t(*chain)[LANES] = (uint64_t(*)[LANES])(&state->word[0][lane]);
    if (done == 0)
        for (int i = 0; i < 8; i++)
            word_store(chain[i], initial(i));
    for (size_t at = 0; at < stream; at += BLOCK) {
        size_t size = stream - at < BLOCK ? stream - at : BLOCK;
        load_block(m, data + at - 1, pitch, done + at == 0, size);
        absorb(chain, m, done + at + size, last && at + size == stream);
    }
    if (last)
        for (int i = 0; i < 4; i++)
            word_store(&out->word[i][lane], word_load(chain[i]));
}

#ifndef word_join
static ALWAYS_INLINE word word_join(word high, word low) { return word_or(word_left(high, 8), word_right(low, 56)); }
#endif

/* 0x01 || left || right: nine words, each a byte's shift across its neighbours. */
static ALWAYS_INLINE void parent_lanes(uint64_t (*out)[LANES], const word left[4], const word right[4])
{
    word m[16];
    m[0] = word_join(left[0], word_set((uint64_t)1 << 56));
    for (int i = 1; i < 4; i++)
        m[i] = word_join(left[i], left[i - 1]);
    m[4] = word_join(right[0], left[3]);
    for (int i = 1; i < 4; i++)
        m[4 + i] = word_join(right[i], right[i - 1]);
    m[8] = word_join(word_set(0), right[3]);
    hash_once(out, m, 9, PARENT_BYTES);
}
