/* The parts of an engine's Blake2b that move bytes rather than mix them, for engines of fewer than eight lanes; after
 * blake2b_lanes.h, with WIDTH lanes to a word. */
#include <string.h>

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

static ALWAYS_INLINE void parent_of_neighbours8(node8 *out, const node8 *first, const node8 *second)
{
    node8 left, right;
    for (int i = 0; i < 4; i++)
        for (int lane = 0; lane < LANES; lane++) {
            const node8 *from = lane < LANES / 2 ? first : second;
            left.word[i][lane] = from->word[i][2 * lane % LANES];
            right.word[i][lane] = from->word[i][2 * lane % LANES + 1];
        }
    parent8(out, &left, &right);
}

static ALWAYS_INLINE bool lookup8(node8 *out, const uint8_t *symbols, size_t pitch, const uint8_t *digests)
{
    unsigned any = 0;
    for (size_t lane = 0; lane < LANES; lane++) {
        unsigned symbol = symbols[lane * pitch] | (unsigned)symbols[lane * pitch + 1] << 8;
        any |= symbol;
        node8_set(out, (unsigned)lane, digests + (size_t)DIGEST * symbol);
    }
    return any == 0;
}

/* A short copy of any length, without a call. */
static ALWAYS_INLINE void copy_bytes(uint8_t *to, const uint8_t *from, size_t bytes)
{
    if (bytes >= 8) {
        for (size_t at = 0; at + 8 <= bytes; at += 8)
            memcpy(to + at, from + at, 8);
        memcpy(to + bytes - 8, from + bytes - 8, 8);
    } else if (bytes >= 4) {
        memcpy(to, from, 4);
        memcpy(to + bytes - 4, from + bytes - 4, 4);
    } else {
        for (size_t at = 0; at < bytes; at++)
            to[at] = from[at];
    }
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
    memset(block, 0, 128);
    copy_bytes(block + skip, data + skip, len - (size_t)skip);
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
