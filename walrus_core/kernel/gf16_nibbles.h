/* "Multiply by this" for engines that look bytes up in tables of 16: the products of each of an element's nibbles. */
typedef struct { uint8_t lo[4][16], hi[4][16]; } constant;  /* low and high byte of nibble << 4*i times the constant */

static void make_constant(void *out, const uint16_t image[16])
{
    constant *c = out;
    for (unsigned i = 0; i < 4; i++)
        for (unsigned nibble = 0; nibble < 16; nibble++) {
            uint16_t product = 0;
            for (unsigned bit = 0; bit < 4; bit++)
                product ^= nibble >> bit & 1 ? image[4 * i + bit] : 0;
            c->lo[i][nibble] = (uint8_t)product;
            c->hi[i][nibble] = (uint8_t)(product >> 8);
        }
}
