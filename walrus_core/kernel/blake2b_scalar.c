/* Blake2b in portable C, one message at a time; eight lanes are eight of those. */
#include "kernel.h"
#include <string.h>

#define WIDTH 1
typedef uint64_t word;

static ALWAYS_INLINE word word_load(const uint64_t *p) { return *p; }
static ALWAYS_INLINE void word_store(uint64_t *p, word x) { *p = x; }
static ALWAYS_INLINE word word_set(uint64_t x) { return x; }
static ALWAYS_INLINE word word_add(word a, word b) { return a + b; }
static ALWAYS_INLINE word word_xor(word a, word b) { return a ^ b; }
static ALWAYS_INLINE word word_or(word a, word b) { return a | b; }
static ALWAYS_INLINE word word_left(word x, const int bits) { return x << bits; }
static ALWAYS_INLINE word word_right(word x, const int bits) { return x >> bits; }
static ALWAYS_INLINE word word_rotate(word x, const int bits) { return x >> bits | x << (64 - bits); }

static ALWAYS_INLINE void word_deal(word *even, word *odd, const uint64_t *p)
{
    *even = p[0];
    *odd = p[1];
}

static ALWAYS_INLINE void copy_block(uint8_t block[128], const uint8_t *data, int skip, size_t len);
static ALWAYS_INLINE uint64_t little_endian(const uint8_t *p);
static ALWAYS_INLINE uint64_t short_message(const uint8_t *data, int skip, size_t len);

static ALWAYS_INLINE void load_block(word m[16], const uint8_t *data, size_t pitch, int skip, size_t len)
{
    uint8_t block[128];
    (void)pitch;
    if (len <= 8) {
        m[0] = short_message(data, skip, len);
        memset(m + 1, 0, 15 * sizeof *m);
        return;
    }
    copy_block(block, data, skip, len);
    for (int i = 0; i < 16; i++)
        m[i] = little_endian(block + 8 * i);
}

#include "blake2b_lanes.h"
#include "blake2b_portable.h"
BLAKE2B_FUNCTIONS(scalar)
