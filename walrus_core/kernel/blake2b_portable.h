/* The parts of an engine's Blake2b that move bytes rather than mix them, for engines of fewer than eight lanes; after
 * blake2b_lanes.h, with WIDTH lanes to a word and
 *   word_deal(even, odd, p)                 2 * WIDTH lanes dealt out to two words */
#include "piece.h"

static ALWAYS_INLINE void leaf8(state8 *state, node8 *out, const uint8_t *data, size_t pitch, size_t len, size_t done,
                                bool last)
{
    for (int lane = 0; lane < LANES; lane += WIDTH)
        leaf_lanes(state, out, lane, data + (size_t)lane * pitch, pitch, len, done, last);
}

static ALWAYS_INLINE void parent8(node8 *out, const node8 *left, const node8 *right)
{
    for (int lane = 0; lane < LANES; lane += WIDTH) {
        word l[4], r[4];
        for (int i = 0; i < 4; i++) {
            l[i] = word_load(&left->word[i][lane]);
            r[i] = word_load(&right->word[i][lane]);
        }
        parent_lanes((uint64_t(*)[LANES])(&out->word[0][lane]), l, r);
    }
}

/* Lane l takes lanes 2l and 2l + 1 of both nodes' sixteen. `out` may be `first`: lanes are overwritten after they are
 * read. */
static ALWAYS_INLINE void parent_of_neighbours8(node8 *out, const node8 *first, const node8 *second)
{
    for (int lane = 0; lane < LANES; lane += WIDTH) {
        const node8 *from = lane < LANES / 2 ? first : second;
        word l[4], r[4];
        for (int i = 0; i < 4; i++)
            word_deal(l + i, r + i, &from->word[i][2 * lane % LANES]);
        parent_lanes((uint64_t(*)[LANES])(&out->word[0][lane]), l, r);
    }
}

static ALWAYS_INLINE uint64_t little_endian(const uint8_t *p)
{
    uint64_t x = 0;
    for (int i = 7; i >= 0; i--)
        x = x << 8 | p[i];
    return x;
}

static ALWAYS_INLINE bool lookup8(node8 *out, const uint8_t *symbols, size_t pitch, const uint8_t *digests)
{
    unsigned any = 0;
    for (size_t lane = 0; lane < LANES; lane++) {
        unsigned symbol = symbols[lane * pitch] | (unsigned)symbols[lane * pitch + 1] << 8;
        any |= symbol;
        for (unsigned w = 0; w < 4; w++)
            out->word[w][lane] = little_endian(digests + (size_t)DIGEST * symbol + 8 * w);
    }
    return any == 0;
}

/* A message of at most eight bytes as a word, made in registers: bytes stored one by one would have to reach the cache
 * before they could be loaded together. */
static ALWAYS_INLINE uint64_t short_message(const uint8_t *data, int skip, size_t len)
{
    uint64_t word = 0;
    for (size_t at = (size_t)skip; at < len; at++)
        word |= (uint64_t)data[at] << (8 * at);
    return word;
}

/* Bytes of one lane's block: zero before the message where `skip` says so, and zero after it. */
static ALWAYS_INLINE void copy_block(uint8_t block[128], const uint8_t *data, int skip, size_t len)
{
    const line zero = {{0}};
    memcpy(block, &zero, sizeof zero);
    memcpy(block + sizeof zero, &zero, sizeof zero);
    copy_piece(block + skip, data + skip, len - (size_t)skip);
}

#define BLAKE2B_FUNCTIONS(isa)                                                                                      \
    void blake2b_##isa##_leaf(state8 *state, node8 *out, const uint8_t *data, size_t pitch, size_t len, size_t done, \
                              bool last)                                                                            \
    {                                                                                                               \
        leaf8(state, out, data, pitch, len, done, last);                                                            \
    }                                                                                                               \
    void blake2b_##isa##_parent(node8 *out, const node8 *left, const node8 *right) { parent8(out, left, right); }   \
    void blake2b_##isa##_parent_of_neighbours(node8 *out, const node8 *first, const node8 *second)                  \
    {                                                                                                               \
        parent_of_neighbours8(out, first, second);                                                                  \
    }                                                                                                               \
    bool blake2b_##isa##_lookup(node8 *out, const uint8_t *symbols, size_t pitch, const uint8_t *digests)           \
    {                                                                                                               \
        return lookup8(out, symbols, pitch, digests);                                                               \
    }
