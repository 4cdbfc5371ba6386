/* Tables of GF(2^16) in the Cantor basis (polynomial 0x1002D) and the skew factors of the Leopard transform.
 * Chapter 1.3 of the Walrus encoding; the same numbers as the LCH transform of reed-solomon-simd. */
#include "kernel.h"

uint16_t gf16_exp[FIELD], gf16_log[FIELD], gf16_skew[MODULUS];

static const uint16_t cantor_basis[16] = {
    0x0001, 0xACCA, 0x3C0E, 0x163E, 0xC582, 0xED2E, 0x914C, 0x4012,
    0x6C98, 0x10D8, 0x6A72, 0xB900, 0xFDB8, 0xFB34, 0xFF38, 0x991E,
};

static uint16_t add_logs(uint16_t a, uint16_t b)
{
    uint32_t sum = (uint32_t)a + b;
    return (uint16_t)(sum + (sum >> 16));
}

uint16_t gf16_multiply(uint16_t value, uint16_t log)
{
    return value ? gf16_exp[add_logs(gf16_log[value], log)] : 0;
}

/* What multiplying by exp(log) does to each of the 16 bits. */
void gf16_image(uint16_t image[16], uint16_t log)
{
    for (unsigned bit = 0; bit < 16; bit++)
        image[bit] = gf16_multiply((uint16_t)(1u << bit), log);
}

static void make_logs(void)
{
    static uint16_t shift_register_log[FIELD], cantor[FIELD];
    uint32_t state = 1;
    for (uint32_t i = 0; i < MODULUS; i++) {
        shift_register_log[state] = (uint16_t)i;
        state <<= 1;
        if (state >= FIELD)
            state ^= 0x1002D;
    }
    shift_register_log[0] = MODULUS;
    for (unsigned bit = 0; bit < 16; bit++)
        for (uint32_t j = 0, width = 1u << bit; j < width; j++)
            cantor[j + width] = cantor[j] ^ cantor_basis[bit];
    for (uint32_t x = 0; x < FIELD; x++) {
        gf16_log[x] = shift_register_log[cantor[x]];
        gf16_exp[gf16_log[x]] = (uint16_t)x;
    }
    gf16_exp[MODULUS] = gf16_exp[0];
}

static void make_skews(void)
{
    uint16_t temp[15];
    for (unsigned i = 1; i < 16; i++)
        temp[i - 1] = (uint16_t)(1u << i);
    for (unsigned m = 0; m < 15; m++) {
        uint32_t step = 2u << m;
        gf16_skew[(1u << m) - 1] = 0;
        for (unsigned i = m; i < 15; i++) {
            uint32_t span = 2u << i;
            for (uint32_t j = (1u << m) - 1; j < span; j += step)
                gf16_skew[j + span] = gf16_skew[j] ^ temp[i];
        }
        temp[m] = (uint16_t)(MODULUS - gf16_log[gf16_multiply(temp[m], gf16_log[temp[m] ^ 1])]);
        for (unsigned i = m + 1; i < 15; i++)
            temp[i] = gf16_multiply(temp[i], add_logs(gf16_log[temp[i] ^ 1], temp[m]));
    }
    for (uint32_t i = 0; i < MODULUS; i++)
        gf16_skew[i] = gf16_log[gf16_skew[i]];
}

void gf16_init(void)
{
    make_logs();
    make_skews();
}
