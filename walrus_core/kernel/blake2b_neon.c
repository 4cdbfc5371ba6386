/* Four Blake2b messages, two per 128-bit register; eight lanes are two of those. Two registers' chains of dependent
 * instructions fill the four vector pipes of a large core, one's cannot, although their 32 words then spill: about 230
 * instead of 350 cycles a block on Neoverse V1, 420 instead of 365 on the narrower N1; portable C takes 350 and 470
 * (llvm-mca's estimates). */
#include "kernel.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#define WIDTH 4
typedef struct { uint64x2_t a, b; } word;

#define TO_BOTH(name, operation)                           \
    static ALWAYS_INLINE word name(word x, const int bits) \
    {                                                      \
        return (word){operation(x.a, bits), operation(x.b, bits)}; \
    }
#define OF_BOTH(name, operator) \
    static ALWAYS_INLINE word name(word x, word y) { return (word){x.a operator y.a, x.b operator y.b}; }

static ALWAYS_INLINE uint64x2_t left(uint64x2_t x, const int bits) { return x << bits; }
static ALWAYS_INLINE uint64x2_t right(uint64x2_t x, const int bits) { return x >> bits; }

/* Whole bytes move by one look-up; the odd bit takes a shift, and another that inserts into its result. */
static ALWAYS_INLINE uint64x2_t rotate(uint64x2_t x, const int bits)
{
    static const uint8_t by24[16] = {3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10};
    static const uint8_t by16[16] = {2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9};
    switch (bits) {
    case 32: return vreinterpretq_u64_u32(vrev64q_u32(vreinterpretq_u32_u64(x)));
    case 24: return vreinterpretq_u64_u8(vqtbl1q_u8(vreinterpretq_u8_u64(x), vld1q_u8(by24)));
    case 16: return vreinterpretq_u64_u8(vqtbl1q_u8(vreinterpretq_u8_u64(x), vld1q_u8(by16)));
    default: return vsriq_n_u64(x + x, x, 63);
    }
}

OF_BOTH(word_add, +)
OF_BOTH(word_xor, ^)
OF_BOTH(word_or, |)
TO_BOTH(word_left, left)
TO_BOTH(word_right, right)
TO_BOTH(word_rotate, rotate)

static ALWAYS_INLINE word word_set(uint64_t x) { return (word){vdupq_n_u64(x), vdupq_n_u64(x)}; }
static ALWAYS_INLINE word word_load(const uint64_t *p) { return (word){vld1q_u64(p), vld1q_u64(p + 2)}; }

static ALWAYS_INLINE void word_store(uint64_t *p, word x)
{
    vst1q_u64(p, x.a);
    vst1q_u64(p + 2, x.b);
}

static ALWAYS_INLINE void word_deal(word *even, word *odd, const uint64_t *p)
{
    uint64x2x2_t low = vld2q_u64(p), high = vld2q_u64(p + 4);
    *even = (word){low.val[0], high.val[0]};
    *odd = (word){low.val[1], high.val[1]};
}

static ALWAYS_INLINE void copy_block(uint8_t block[128], const uint8_t *data, int skip, size_t len);
static ALWAYS_INLINE uint64_t short_message(const uint8_t *data, int skip, size_t len);

/* Rows to columns, two words at a time. */
static ALWAYS_INLINE void transpose(word m[2], const uint8_t *const row[WIDTH], size_t at)
{
    uint64x2_t r[WIDTH];
    for (int lane = 0; lane < WIDTH; lane++)
        r[lane] = vreinterpretq_u64_u8(vld1q_u8(row[lane] + at));
    m[0] = (word){vzip1q_u64(r[0], r[1]), vzip1q_u64(r[2], r[3])};
    m[1] = (word){vzip2q_u64(r[0], r[1]), vzip2q_u64(r[2], r[3])};
}

static ALWAYS_INLINE void load_block(word m[16], const uint8_t *data, size_t pitch, int skip, size_t len)
{
    uint8_t block[WIDTH][128];
    const uint8_t *row[WIDTH];
    size_t words = 0;
    if (len <= 8) {
        uint64_t lane[WIDTH];
        for (size_t i = 0; i < WIDTH; i++)
            lane[i] = short_message(data + i * pitch, skip, len);
        m[words++] = word_load(lane);
    } else {
        for (size_t lane = 0; lane < WIDTH; lane++) {
            row[lane] = data + lane * pitch;
            if (skip || len < 128) {
                copy_block(block[lane], row[lane], skip, len);
                row[lane] = block[lane];
            }
        }
        for (; 8 * words < len; words += 2)
            transpose(m + words, row, 8 * words);
    }
    for (; words < 16; words++)
        m[words] = word_set(0);
}

#include "blake2b_lanes.h"
#include "blake2b_portable.h"
BLAKE2B_FUNCTIONS(neon)
#endif
