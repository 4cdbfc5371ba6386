/* Raw bytes to stripes and back for engines without a two-register byte shuffle: halves where the layout is plain
 * (two whole blocks of 64 bytes), one byte at a time elsewhere. */
#include <string.h>

static void split(stripe *work, size_t first, size_t count, const uint8_t *rows, size_t pitch, const layout *map)
{
    for (size_t i = first; i < first + count; i++, rows += pitch) {
        stripe *out = work + slot(i);
        if (map->plain) {
            memcpy(out->lo, rows, 32);
            memcpy(out->hi, rows + 32, 32);
            memcpy(out->lo + 32, rows + 64, 32);
            memcpy(out->hi + 32, rows + 96, 32);
        } else {
            for (size_t e = 0; e < 64; e++) {
                out->lo[e] = rows[map->split[e]];
                out->hi[e] = rows[map->split[64 + e]];
            }
        }
    }
}

static void merge(uint8_t *rows, size_t pitch, const stripe *work, size_t first, size_t count, const layout *map)
{
    for (size_t i = first; i < first + count; i++, rows += pitch) {
        const stripe *in = work + slot(i);
        if (map->plain) {
            memcpy(rows, in->lo, 32);
            memcpy(rows + 32, in->hi, 32);
            memcpy(rows + 64, in->lo + 32, 32);
            memcpy(rows + 96, in->hi + 32, 32);
        } else {
            for (size_t b = 0; b < STRIPE; b++)
                rows[b] = (map->merge[b] < 64 ? in->lo : in->hi)[map->merge[b] & 63];
        }
    }
}
