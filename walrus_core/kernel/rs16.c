/* The Leopard code over windows of symbols: k source symbols to n - k repair symbols, and back from any k.
 * Chapter 1.3 of the Walrus encoding: two arrangements, chosen by which of source and repair needs the larger power
 * of two. A code's symbols lie `pitch` bytes apart; a window is the (up to) 128 bytes of each that a stripe holds. */
#include "kernel.h"
#include <string.h>

static unsigned log2_ceil(size_t x)
{
    unsigned log = 0;
    while ((size_t)1 << log < x)
        log++;
    return log;
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

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

/* Where the bytes of some blocks in a row go. A block has the low bytes of its elements first, then the high ones; it
 * is 64 bytes of a symbol, or what is left at its end. */
layout rs_layout(const uint8_t *blocks, size_t n_blocks)
{
    layout map;
    memset(&map, 0, sizeof map);
    size_t element = 0, at = 0;
    for (size_t b = 0; b < n_blocks; at += blocks[b++]) {
        size_t half = blocks[b] / 2;
        map.last = (uint8_t)half;
        map.half = map.runs++ ? map.half : map.last;
        for (size_t i = 0; i < half; i++, element++) {
            map.split[element] = (uint8_t)(at + i);
            map.split[64 + element] = (uint8_t)(at + half + i);
            map.merge[at + i] = (uint8_t)element;
            map.merge[at + half + i] = (uint8_t)(64 + element);
        }
    }
    return map;
}

size_t rs_encode_slots(const rs_code *code) { return 2 * slots(code->chunk); }

static void encode_high(const engine *e, const rs_code *code, const uint8_t *source, size_t source_pitch,
                        uint8_t *repair, size_t pitch, const layout *map, stripe *work)
{
    size_t chunk = code->chunk;
    stripe *sum = work, *term = work + slots(chunk);
    for (size_t start = 0; start < code->n_source; start += chunk) {
        stripe *into = start == 0 ? sum : term;
        e->ifft_symbols(into, source + start * source_pitch, source_pitch, map, code->log_chunk,
                        smaller(chunk, code->n_source - start), start + chunk, e->constants);
        if (start > 0)
            e->add(sum, term, chunk);
    }
    e->fft_symbols(repair, pitch, map, term, sum, code->log_chunk, code->n_symbols - code->n_source, 0, e->constants);
}

static void encode_low(const engine *e, const rs_code *code, const uint8_t *source, size_t source_pitch,
                       uint8_t *repair, size_t pitch, const layout *map, stripe *work)
{
    size_t chunk = code->chunk, n_repair = code->n_symbols - code->n_source;
    stripe *coefficients = work, *values = work + slots(chunk);
    e->ifft_symbols(coefficients, source, source_pitch, map, code->log_chunk, code->n_source, 0, e->constants);
    for (size_t start = 0; start < n_repair; start += chunk)
        e->fft_symbols(repair + start * pitch, pitch, map, values, coefficients, code->log_chunk,
                       smaller(chunk, n_repair - start), start + chunk, e->constants);
}

/* Windows of the k source symbols in, of the n - k repair symbols out. Reads whole windows of 128 bytes. */
void rs_encode(const engine *e, const rs_code *code, const uint8_t *source, size_t source_pitch, uint8_t *repair,
               size_t pitch, const layout *map, stripe *work)
{
    (code->high ? encode_high : encode_low)(e, code, source, source_pitch, repair, pitch, map, work);
}

static size_t position_of(const rs_code *code, size_t index)
{
    if (index < code->n_source)
        return code->high ? code->chunk + index : index;
    size_t repair = index - code->n_source;
    return code->high ? repair : code->chunk + repair;
}

/* ---- Erasure decoding.
 *
 * Received symbols times the locator of the erasures, through IFFT, formal derivative and FFT over `size` positions,
 * are the missing ones times theirs. The transforms are done in blocks of a quarter of that size. The layers between
 * blocks multiply whole blocks by numbers, and those of the FFT undo those of the IFFT, so all that they and the part
 * of the derivative between blocks amount to is one number for each pair of blocks: rebuilt block j is the FFT of
 * derivative(block j) + sum over i of mix[j][i] * block i. Blocks with nothing missing are never built. */

static unsigned log_block(const rs_code *code)
{
    unsigned log_size = log2_ceil(end_of(code));
    return log_size > LOG_BLOCKS ? log_size - LOG_BLOCKS : 0;
}

static size_t size_of(const rs_code *code) { return (size_t)1 << (log_block(code) + LOG_BLOCKS); }

static void walsh(uint16_t *values, size_t size)
{
    for (size_t width = 1; width < size; width *= 2)
        for (size_t start = 0; start < size; start += 2 * width)
            for (size_t i = start; i < start + width; i++) {
                uint32_t a = values[i], b = values[i + width];
                uint32_t sum = a + b, difference = a + MODULUS - b;
                values[i] = (uint16_t)(sum >= MODULUS ? sum - MODULUS : sum);
                values[i + width] = (uint16_t)(difference >= MODULUS ? difference - MODULUS : difference);
            }
}

/* Logarithms of the locator at each position: the sum over the erased q of log(p ^ q), a convolution. Erasures beyond
 * `size` would add the same to every p, which cancels. Three Walsh transforms leave a factor `size`; its inverse modulo
 * 2^16 - 1 is a power of two. */
static void locate(uint16_t *erasures, uint16_t *logs, size_t size)
{
    const uint32_t inverse = (uint32_t)(FIELD / size);
    for (size_t i = 0; i < size; i++)
        logs[i] = i ? gf16_log[i] : 0;
    walsh(erasures, size);
    walsh(logs, size);
    for (size_t i = 0; i < size; i++)
        erasures[i] = (uint16_t)((uint32_t)erasures[i] * logs[i] % MODULUS);
    walsh(erasures, size);
    for (size_t i = 0; i < size; i++)
        erasures[i] = (uint16_t)(erasures[i] * (uint64_t)inverse % MODULUS);
}

static void make_factor(const engine *e, void *constant, uint16_t log)
{
    uint16_t image[16];
    gf16_image(image, log);
    e->make_constant(constant, image);
}

static uint16_t times_skew(uint16_t value, size_t index)
{
    return gf16_skew[index] == MODULUS ? 0 : gf16_multiply(value, gf16_skew[index]);
}

/* What the layers between blocks make of a one in block i: IFFT, derivative, FFT. */
static void mix_of_block(size_t i, size_t block, uint16_t mix[N_BLOCKS])
{
    uint16_t x[N_BLOCKS] = {0};
    x[i] = 1;
    for (size_t dist = 1; dist < N_BLOCKS; dist *= 2)
        for (size_t start = 0; start < N_BLOCKS; start += 2 * dist)
            for (size_t j = start; j < start + dist; j++) {
                x[j + dist] ^= x[j];
                x[j] ^= times_skew(x[j + dist], (start + dist) * block - 1);
            }
    for (size_t j = 0; j < N_BLOCKS; j++) {
        mix[j] = 0;
        for (size_t bit = 1; bit < N_BLOCKS; bit *= 2)
            mix[j] ^= j & bit ? 0 : x[j | bit];
    }
    for (size_t dist = N_BLOCKS / 2; dist > 0; dist /= 2)
        for (size_t start = 0; start < N_BLOCKS; start += 2 * dist)
            for (size_t j = start; j < start + dist; j++) {
                mix[j] ^= times_skew(mix[j + dist], (start + dist) * block - 1);
                mix[j + dist] ^= mix[j];
            }
}

static void plan_blocks(const engine *e, rs_plan *plan, size_t block)
{
    for (size_t i = 0; i < N_BLOCKS; i++) {
        uint16_t mix[N_BLOCKS];
        mix_of_block(i, block, mix);
        for (size_t j = 0; j < N_BLOCKS; j++) {
            plan->mixes[j][i] = mix[j] != 0;
            if (mix[j])
                make_factor(e, plan->mix[j][i], gf16_log[mix[j]]);
        }
    }
}

size_t rs_decode_slots(const rs_code *code) { return (N_BLOCKS + 1) * slots((size_t)1 << log_block(code)); }
size_t rs_plan_positions(const rs_code *code) { return size_of(code); }

/* Positions that are neither received nor known to be zero, which those beyond the source and repair symbols are. */
static void mark_erasures(rs_plan *plan, uint16_t *erasures)
{
    const rs_code *code = plan->code;
    memset(erasures, 0, size_of(code) * sizeof *erasures);
    for (size_t p = 0; p < plan->end; p++)
        erasures[p] = code->high || p < code->n_source || p >= code->chunk;
    if (!code->high)
        for (size_t p = plan->end; p < size_of(code); p++)
            erasures[p] = 1;
    for (size_t i = 0; i < plan->n_used; i++)
        erasures[plan->position[i]] = 0;
}

/* Slot of a position when every block has its own padding. */
static size_t block_slot(const rs_plan *plan, size_t position)
{
    size_t block = (size_t)1 << plan->log_block;
    return (position >> plan->log_block) * slots(block) + slot(position & (block - 1));
}

/* Where the received symbols go, and which slots of the blocks in use every window has to clear. */
static void assign_slots(rs_plan *plan, uint16_t *filled)
{
    size_t block = (size_t)1 << plan->log_block, blocks_end = (plan->end + block - 1) / block * block;
    memset(filled, 0, blocks_end * sizeof *filled);
    for (size_t i = 0; i < plan->n_used; i++) {
        filled[plan->position[i]] = 1;
        plan->slot[i] = block_slot(plan, plan->position[i]);
    }
    plan->n_gaps = 0;
    for (size_t p = 0; p < blocks_end; p++)
        if (!filled[p])
            plan->gap[plan->n_gaps++] = block_slot(plan, p);
}

/* Which block each missing symbol is in, and where in it. */
static void assign_missing(rs_plan *plan)
{
    size_t block = (size_t)1 << plan->log_block;
    memset(plan->missing_in, 0, sizeof plan->missing_in);
    for (size_t i = 0; i < plan->n_missing; i++) {
        size_t position = position_of(plan->code, plan->missing[i]);
        plan->missing_in[position >> plan->log_block]++;
        plan->missing_slot[i] = slot(position & (block - 1));
    }
}

/* `indices`: the n_source distinct symbols that are there, in any order. `scratch`: two numbers for each position. One
 * plan serves every window. */
void rs_plan_make(const engine *e, rs_plan *plan, const rs_code *code, const size_t *indices, uint16_t *scratch)
{
    uint16_t *erasures = scratch, *logs = scratch + size_of(code);
    plan->code = code;
    plan->end = end_of(code);
    plan->log_block = log_block(code);
    plan->n_used = code->n_source;
    for (size_t i = 0; i < plan->n_used; i++)
        plan->position[i] = position_of(code, indices[i]);
    mark_erasures(plan, erasures);
    plan->n_missing = 0;
    for (size_t i = 0; i < code->n_source; i++)
        if (erasures[position_of(code, i)])
            plan->missing[plan->n_missing++] = i;
    if (plan->n_missing == 0)
        return;
    locate(erasures, logs, size_of(code));
    for (size_t i = 0; i < plan->n_used; i++)
        make_factor(e, plan->factor + i * e->constant_size, erasures[plan->position[i]]);
    for (size_t i = 0; i < plan->n_missing; i++) {
        uint16_t log = erasures[position_of(code, plan->missing[i])];
        make_factor(e, plan->unfactor + i * e->constant_size, (uint16_t)(MODULUS - log));
    }
    assign_missing(plan);
    plan_blocks(e, plan, (size_t)1 << plan->log_block);
    assign_slots(plan, scratch);
}

/* Rebuilt block `j`, of which `values` has room for one. */
static void rebuild_block(const engine *e, const rs_plan *plan, const stripe *work, size_t j, stripe *values)
{
    size_t block = (size_t)1 << plan->log_block, stride = slots(block), n_others = 0;
    const stripe *others[N_BLOCKS];
    const void *factors[N_BLOCKS];
    for (size_t i = 0; i * block < plan->end; i++)
        if (plan->mixes[j][i]) {
            others[n_others] = work + i * stride;
            factors[n_others++] = plan->mix[j][i];
        }
    e->combine(values, work + j * stride, plan->log_block, others, factors, n_others);
    e->fft(values, values, plan->log_block, smaller(block, plan->end - j * block), j * block, e->constants);
}

/* `received`: windows of the symbols in the plan's order; `rebuilt`: windows of its missing source symbols. */
void rs_decode(const engine *e, const rs_plan *plan, const uint8_t *received, uint8_t *rebuilt, size_t pitch,
               const layout *map, stripe *work)
{
    size_t block = (size_t)1 << plan->log_block, stride = slots(block), done = 0;
    stripe *values = work + N_BLOCKS * stride;
    e->take(work, plan, received, pitch, map);
    for (size_t i = 0; i * block < plan->end; i++)
        e->ifft(work + i * stride, plan->log_block, smaller(block, plan->end - i * block), i * block, e->constants);
    for (size_t j = 0; j < N_BLOCKS; j++) {
        if (!plan->missing_in[j])
            continue;
        rebuild_block(e, plan, work, j, values);
        e->give(rebuilt + done * pitch, pitch, map, values, plan, done, plan->missing_in[j]);
        done += plan->missing_in[j];
    }
}
