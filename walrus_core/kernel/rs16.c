/* The Leopard code over windows of symbols: k source symbols to n - k repair symbols, and back from any k.
 * Chapter 1.3 of the Walrus encoding: two arrangements, chosen by which of source and repair needs the larger power of
 * two. All symbols of a code lie `pitch` bytes apart; a window is the (up to) 128 bytes of each that one stripe holds. */
#include "kernel.h"
#include <string.h>

static unsigned log2_ceil(size_t x)
{
    unsigned log = 0;
    while ((size_t)1 << log < x)
        log++;
    return log;
}

rs_code rs_code_of(size_t n_source, size_t n_symbols)
{
    size_t n_repair = n_symbols - n_source;
    unsigned source = log2_ceil(n_source), repair = log2_ceil(n_repair);
    bool high = source > repair || (source == repair && n_source <= n_repair);
    unsigned log_chunk = high ? repair : source;
    return (rs_code){n_source, n_symbols, (size_t)1 << log_chunk, log_chunk, high};
}

/* Positions in use: one chunk for the smaller part, the other part after it. */
static size_t end_of(const rs_code *code)
{
    return code->chunk + (code->high ? code->n_source : code->n_symbols - code->n_source);
}

bool rs_code_fits(size_t n_source, size_t n_symbols)
{
    if (n_source < 1 || n_source >= n_symbols || n_symbols > FIELD)
        return false;
    rs_code code = rs_code_of(n_source, n_symbols);
    return end_of(&code) <= FIELD;
}

size_t rs_skews_needed(const rs_code *code)
{
    size_t all = (size_t)1 << log2_ceil(end_of(code));
    return all < MODULUS ? all : MODULUS;
}

/* A symbol's bytes: blocks of 64, low halves of 32 elements first, and a tail split in two halves likewise. */
layout rs_layout(size_t n_words, size_t bytes)
{
    layout map;
    memset(&map, 0, sizeof map);
    size_t element = 0;
    for (size_t start = 0; start < n_words * bytes; start += bytes)
        for (size_t at = 0; at < bytes; at += 64) {
            size_t half = (bytes - at < 64 ? bytes - at : 64) / 2;
            for (size_t i = 0; i < half; i++, element++) {
                map.split[element] = (uint8_t)(start + at + i);
                map.split[64 + element] = (uint8_t)(start + at + half + i);
                map.merge[start + at + i] = (uint8_t)element;
                map.merge[start + at + half + i] = (uint8_t)(64 + element);
            }
        }
    map.plain = bytes % 64 == 0 && n_words * bytes == STRIPE;
    return map;
}

static void clear(stripe *work, size_t first, size_t end)
{
    if (first < end)
        memset(work + slot(first), 0, (slot(end - 1) + 1 - slot(first)) * sizeof(stripe));
}

size_t rs_encode_slots(const rs_code *code) { return 2 * slots(code->chunk); }

static void encode_high(const engine *e, const rs_code *code, uint8_t *rows, size_t pitch, const layout *map,
                        stripe *work)
{
    size_t chunk = code->chunk, n_repair = code->n_symbols - code->n_source;
    stripe *sum = work, *term = work + slots(chunk);
    for (size_t start = 0; start < code->n_source; start += chunk) {
        size_t left = code->n_source - start, count = left < chunk ? left : chunk;
        stripe *into = start == 0 ? sum : term;
        e->split(into, 0, count, rows + start * pitch, pitch, map);
        clear(into, count, chunk);
        e->ifft(into, code->log_chunk, count, start + chunk, e->constants);
        if (start > 0)
            e->add(sum, term, chunk);
    }
    e->fft(term, sum, code->log_chunk, n_repair, 0, e->constants);
    e->merge(rows + code->n_source * pitch, pitch, term, 0, n_repair, map);
}

static void encode_low(const engine *e, const rs_code *code, uint8_t *rows, size_t pitch, const layout *map,
                       stripe *work)
{
    size_t chunk = code->chunk, n_repair = code->n_symbols - code->n_source;
    stripe *coefficients = work, *values = work + slots(chunk);
    e->split(coefficients, 0, code->n_source, rows, pitch, map);
    clear(coefficients, code->n_source, chunk);
    e->ifft(coefficients, code->log_chunk, code->n_source, 0, e->constants);
    for (size_t start = 0; start < n_repair; start += chunk) {
        size_t left = n_repair - start, count = left < chunk ? left : chunk;
        e->fft(values, coefficients, code->log_chunk, count, start + chunk, e->constants);
        e->merge(rows + (code->n_source + start) * pitch, pitch, values, 0, count, map);
    }
}

/* `rows`: the n symbols' windows, source in, repair out. */
void rs_encode(const engine *e, const rs_code *code, uint8_t *rows, size_t pitch, const layout *map, stripe *work)
{
    (code->high ? encode_high : encode_low)(e, code, rows, pitch, map, work);
}

static size_t position_of(const rs_code *code, size_t index)
{
    if (index < code->n_source)
        return code->high ? code->chunk + index : index;
    size_t repair = index - code->n_source;
    return code->high ? repair : code->chunk + repair;
}

/* Marks in `erasures` (65536 entries) which positions are unknown; shortened positions count as known zeros. */
static void mark_erasures(const rs_code *code, const size_t *positions, uint16_t *erasures)
{
    size_t end = end_of(code);
    memset(erasures, 0, FIELD * sizeof *erasures);
    if (code->high) {
        for (size_t p = 0; p < end; p++)
            erasures[p] = 1;
    } else {
        for (size_t p = 0; p < FIELD; p++)
            erasures[p] = p < code->n_source || p >= code->chunk;
    }
    for (size_t i = 0; i < code->n_source; i++)
        erasures[positions[i]] = 0;
}

static void locate(const engine *e, uint16_t *erasures)
{
    e->walsh(erasures);
    for (size_t i = 0; i < FIELD; i++)
        erasures[i] = (uint16_t)((uint32_t)erasures[i] * gf16_log_walsh[i] % MODULUS);
    e->walsh(erasures);
}

static void make_factor(const engine *e, void *constant, uint16_t log)
{
    uint16_t image[16];
    gf16_image(image, log);
    e->make_constant(constant, image);
}

size_t rs_decode_slots(const rs_code *code) { return slots((size_t)1 << log2_ceil(end_of(code))); }

/* `indices`: the n_source distinct symbols that are there, in any order. One plan serves every window. */
void rs_plan_make(const engine *e, rs_plan *plan, const rs_code *code, const size_t *indices, uint16_t *erasures)
{
    plan->code = code;
    plan->end = end_of(code);
    plan->log_size = log2_ceil(plan->end);
    plan->n_used = code->n_source;
    for (size_t i = 0; i < plan->n_used; i++)
        plan->position[i] = position_of(code, indices[i]);
    mark_erasures(code, plan->position, erasures);
    plan->n_missing = 0;
    for (size_t i = 0; i < code->n_source; i++)
        if (erasures[position_of(code, i)])
            plan->missing[plan->n_missing++] = i;
    if (plan->n_missing == 0)
        return;
    locate(e, erasures);
    for (size_t i = 0; i < plan->n_used; i++)
        make_factor(e, plan->factor + i * e->constant_size, erasures[plan->position[i]]);
    for (size_t i = 0; i < plan->n_missing; i++) {
        uint16_t log = erasures[position_of(code, plan->missing[i])];
        make_factor(e, plan->unfactor + i * e->constant_size, (uint16_t)(MODULUS - log));
    }
}

/* `received`: windows of the symbols in the plan's order; `rebuilt`: windows of its missing source symbols. */
void rs_decode(const engine *e, const rs_plan *plan, const uint8_t *received, uint8_t *rebuilt, size_t pitch,
               const layout *map, stripe *work)
{
    const rs_code *code = plan->code;
    size_t size = (size_t)1 << plan->log_size;
    memset(work, 0, slots(size) * sizeof(stripe));
    for (size_t i = 0; i < plan->n_used; i++) {
        stripe one, *at = work + slot(plan->position[i]);
        e->split(&one, 0, 1, received + i * pitch, pitch, map);
        e->scale(at, &one, plan->factor + i * e->constant_size);
    }
    e->ifft(work, plan->log_size, plan->end, 0, e->constants);
    /* Low arrangement: only the first chunk is wanted, and the outer layers of the FFT leave it as it is. */
    unsigned log_size = code->high ? plan->log_size : code->log_chunk;
    size_t end = code->high ? plan->end : code->n_source;
    e->derive(work, plan->log_size, code->high ? size : (size_t)1 << log_size);
    e->fft(work, work, log_size, end, 0, e->constants);
    for (size_t i = 0; i < plan->n_missing; i++) {
        stripe one;
        e->scale(&one, work + slot(position_of(code, plan->missing[i])), plan->unfactor + i * e->constant_size);
        e->merge(rebuilt + i * pitch, pitch, &one, 0, 1, map);
    }
}
