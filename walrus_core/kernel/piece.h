/* Copying a few bytes, where a call, or the `rep movs` that GCC makes of a memcpy, would cost more than the copy. */
#ifndef WALRUS_CORE_PIECE_H
#define WALRUS_CORE_PIECE_H

#include <string.h>

typedef struct { uint64_t word[2]; } two_words;
typedef struct { uint64_t word[4]; } four_words;
typedef struct { uint64_t word[8]; } line;

/* The first and the last `type` of a piece, which may overlap. */
#define COPY_ENDS(type)                                         \
    do {                                                        \
        type head, tail;                                        \
        memcpy(&head, from, sizeof head);                       \
        memcpy(&tail, from + bytes - sizeof tail, sizeof tail); \
        memcpy(to, &head, sizeof head);                         \
        memcpy(to + bytes - sizeof tail, &tail, sizeof tail);   \
    } while (0)

/* At least one byte. */
static ALWAYS_INLINE void copy_piece(uint8_t *to, const uint8_t *from, size_t bytes)
{
    if (bytes >= 64) {
        line last;
        memcpy(&last, from + bytes - 64, 64);
        for (size_t at = 0; at + 64 <= bytes; at += 64) {
            line one;
            memcpy(&one, from + at, 64);
            memcpy(to + at, &one, 64);
        }
        memcpy(to + bytes - 64, &last, 64);
    } else if (bytes >= 32) {
        COPY_ENDS(four_words);
    } else if (bytes >= 16) {
        COPY_ENDS(two_words);
    } else if (bytes >= 8) {
        COPY_ENDS(uint64_t);
    } else if (bytes >= 4) {
        COPY_ENDS(uint32_t);
    } else if (bytes >= 2) {
        COPY_ENDS(uint16_t);
    } else {
        *to = *from;
    }
}

#endif
