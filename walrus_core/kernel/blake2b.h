/* Constants of Blake2b (RFC 7693) with a 32-byte digest, no key. */
#ifndef WALRUS_CORE_BLAKE2B_H
#define WALRUS_CORE_BLAKE2B_H

#include <stdint.h>

#define BLOCK 128                /* bytes of a message block */
#define PARENT_BYTES 65          /* 0x01 || left || right */
#define PARAMETERS 0x01010020u   /* fanout 1, depth 1, 32 bytes */

static const uint64_t blake2b_iv[8] = {
    0x6a09e667f3bcc908u, 0xbb67ae8584caa73bu, 0x3c6ef372fe94f82bu, 0xa54ff53a5f1d36f1u,
    0x510e527fade682d1u, 0x9b05688c2b3e6c1fu, 0x1f83d9abfb41bd6bu, 0x5be0cd19137e2179u,
};

static const uint8_t blake2b_sigma[12][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
};

/* A message of w words is all zeros beyond them, and adding zeros is skipped: bodies exist for these sizes. */
#define FOR_WORDS(words, CALL) \
    do {                       \
        if ((words) <= 1)      \
            CALL(1);           \
        else if ((words) <= 4) \
            CALL(4);           \
        else if ((words) <= 9) \
            CALL(9);           \
        else                   \
            CALL(16);          \
    } while (0)

#endif
