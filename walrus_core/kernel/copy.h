/* Copying pieces of symbols between the stage and memory, written once for every engine: the compiler turns the
 * 64-byte copies into the engine's registers. An engine may define STREAM_LINE(to, from) to store an aligned line past
 * the caches: slivers are written once and not read again, so fetching their lines first would be wasted traffic. */
#include "piece.h"

#ifndef STREAM_LINE
#define STREAM_LINE(to, from) memcpy(to, from, 64)
#define STREAM_FENCE()
#endif

static void engine_move(uint8_t *to, size_t to_pitch, const uint8_t *from, size_t from_pitch, size_t rows, size_t bytes)
{
    for (size_t r = 0; r < rows; r++)
        copy_piece(to + r * to_pitch, from + r * from_pitch, bytes);
}

static void engine_gather(uint8_t *to, size_t to_pitch, const uint8_t *const *from, size_t at, size_t rows,
                          size_t bytes)
{
    for (size_t r = 0; r < rows; r++)
        copy_piece(to + r * to_pitch, from[r] + at, bytes);
}

static void engine_scatter(uint8_t *const *to, size_t at, const uint8_t *from, size_t from_pitch, size_t rows,
                           size_t bytes)
{
    for (size_t r = 0; r < rows; r++)
        copy_piece(to[r] + at, from + r * from_pitch, bytes);
}

/* The next `bytes` of a run that is written piece by piece. A line that two pieces share waits in `rest`, so that only
 * whole lines are stored; the run's ends, whose lines others write too, are copied. The first piece is >= 64 bytes. */
static ALWAYS_INLINE void stream_piece(uint8_t *to, const uint8_t *from, size_t bytes, uint8_t rest[64], bool first,
                                       bool last)
{
    size_t offset = (uintptr_t)to & 63;
    if (offset) {
        size_t head = 64 - offset < bytes ? 64 - offset : bytes;
        uint8_t *line = to - offset;
        if (first) {
            memcpy(to, from, head);
        } else {
            memcpy(rest + offset, from, head);
            if (offset + head == 64)
                STREAM_LINE(line, rest);
            else if (last)
                memcpy(line, rest, offset + head);
        }
        to += head;
        from += head;
        bytes -= head;
    }
    for (; bytes >= 64; to += 64, from += 64, bytes -= 64)
        STREAM_LINE(to, from);
    if (bytes)
        memcpy(last ? to : rest, from, bytes);
}

/* One piece of each of some runs, as when a column goes into the rows. */
static void engine_stream_across(uint8_t *const *to, size_t at, const uint8_t *from, size_t pitch, size_t rows,
                                 size_t bytes, uint8_t (*rest)[64], bool first, bool last)
{
    for (size_t r = 0; r < rows; r++)
        stream_piece(to[r] + at, from + r * pitch, bytes, rest[r], first, last);
    STREAM_FENCE();
}

/* Pieces `to_pitch` apart: one run if that is their length, as when a column goes into its sliver. */
static void engine_stream_along(uint8_t *to, size_t to_pitch, const uint8_t *from, size_t pitch, size_t rows,
                                size_t bytes)
{
    uint8_t rest[64];
    for (size_t r = 0; r < rows; r++) {
        bool apart = to_pitch != bytes;
        stream_piece(to + r * to_pitch, from + r * pitch, bytes, rest, apart || r == 0, apart || r + 1 == rows);
    }
    STREAM_FENCE();
}
