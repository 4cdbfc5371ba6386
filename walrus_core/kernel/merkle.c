/* Merkle trees over lane-interleaved digests. Nodes stay interleaved from the leaves to the root.
 *
 * A tree's lanes either run along its leaves (a column's tree: neighbours in the lanes are siblings) or across eight
 * trees that are built side by side (the rows': siblings are whole node8s). A missing right sibling is 32 zero bytes.
 * `zero` flags mark node8s all of whose lanes are the node over zero symbols of that level, which need no hashing. */
#include "kernel.h"
#include <string.h>

static const node8 empty;

size_t tree_depth(size_t n_leaves)
{
    size_t depth = 0;
    for (; n_leaves > 1; n_leaves = (n_leaves + 1) / 2)
        depth++;
    return depth;
}

size_t tree_digests(size_t n_leaves)
{
    size_t total = n_leaves;
    for (; n_leaves > 1; total += n_leaves)
        n_leaves = (n_leaves + 1) / 2;
    return total;
}

void node8_set(node8 *node, unsigned lane, const uint8_t digest[DIGEST])
{
    for (unsigned w = 0; w < 4; w++) {
        uint64_t word = 0;
        for (int i = 7; i >= 0; i--)
            word = word << 8 | digest[8 * w + (unsigned)i];
        node->word[w][lane] = word;
    }
}

void node8_get(const node8 *node, unsigned lane, uint8_t digest[DIGEST])
{
    for (unsigned w = 0; w < 4; w++)
        for (unsigned i = 0; i < 8; i++)
            digest[8 * w + i] = (uint8_t)(node->word[w][lane] >> (8 * i));
}

static void clear_lanes(node8 *nodes, size_t count)
{
    if (count % LANES)
        for (unsigned w = 0; w < 4; w++)
            for (size_t lane = count % LANES; lane < LANES; lane++)
                nodes[count / LANES].word[w][lane] = 0;
}

static uint8_t *save_level(const node8 *nodes, size_t count, uint8_t *tree)
{
    for (size_t i = 0; i < count; i++, tree += DIGEST)
        node8_get(nodes + i / LANES, i % LANES, tree);
    return tree;
}

/* The leaf of a zero symbol of at most 128 bytes and the nodes of `depth` levels above it, in every lane. */
void tree_zeros(const engine *e, node8 zeros[MAX_TREE_DEPTH + 1], size_t symbol_size, size_t depth)
{
    static const uint8_t symbol[STRIPE];
    state8 state;
    e->leaf(&state, zeros, symbol, 0, symbol_size, 0, true);
    for (size_t level = 0; level < depth; level++)
        e->parent(zeros + level + 1, zeros + level, zeros + level);
}

/* One level of a tree that runs along the lanes: `count` nodes in, half of them out, which may be the same place.
 * `zero` is the node over two that are flagged; the flags may be absent. Returns how many there are now. */
static size_t lanes_up(const engine *e, node8 *out, uint8_t *out_zero, const node8 *in, const uint8_t *in_zero,
                       size_t count, const node8 *zero)
{
    size_t full = count / LANES, vectors = (count + LANES - 1) / LANES;
    for (size_t i = 0; 2 * i < vectors; i++) {
        const node8 *second = 2 * i + 1 < vectors ? in + 2 * i + 1 : &empty;
        bool copy = in_zero && 2 * i + 1 < full && in_zero[2 * i] && in_zero[2 * i + 1];
        if (copy)
            out[i] = *zero;
        else
            e->parent_of_neighbours(out + i, in + 2 * i, second);
        if (out_zero)
            out_zero[i] = copy;
    }
    count = (count + 1) / 2;
    clear_lanes(out, count);
    return count;
}

/* Nodes a pitch apart are on no path that a hardware prefetcher sees. */
static ALWAYS_INLINE void fetch(const node8 *node)
{
    for (int w = 0; w < 4; w++)
        __builtin_prefetch(node->word[w]);
}

/* One level of eight trees side by side: node i is in[i * pitch]. */
static size_t nodes_up(const engine *e, node8 *out, uint8_t *out_zero, size_t out_pitch, const node8 *in,
                       const uint8_t *in_zero, size_t pitch, size_t count, const node8 *zero)
{
    for (size_t i = 0; 2 * i < count; i++) {
        size_t left = 2 * i * pitch, right = left + pitch;
        fetch(in + left + 2 * pitch);
        fetch(in + right + 2 * pitch);
        bool pair = 2 * i + 1 < count, copy = pair && in_zero[left] && in_zero[right];
        if (copy)
            out[i * out_pitch] = *zero;
        else
            e->parent(out + i * out_pitch, in + left, pair ? in + right : &empty);
        out_zero[i * out_pitch] = copy;
    }
    return (count + 1) / 2;
}

/* The root of a tree along the lanes whose lowest nodes are of `level`; they and the flags are used up. `tree` takes
 * all levels as digests. */
void tree_of_lanes(const engine *e, node8 *nodes, uint8_t *zero, size_t count, size_t level, const node8 *zeros,
                   uint8_t *tree, uint8_t root[DIGEST])
{
    clear_lanes(nodes, count);
    for (; count > 1; level++) {
        if (tree)
            tree = save_level(nodes, count, tree);
        count = lanes_up(e, nodes, zero, nodes, zero, count, zeros ? zeros + level + 1 : NULL);
    }
    if (tree)
        save_level(nodes, 1, tree);
    node8_get(nodes, 0, root);
}

/* Up to 8 * PART leaves along the lanes, `levels` up: one node8. The leaves stay. Returns its flag. */
bool tree_part(const engine *e, node8 *out, node8 *leaves, const uint8_t *zero, size_t count, size_t levels,
               const node8 *zeros)
{
    node8 nodes[PART / 2];
    uint8_t flags[PART / 2];
    clear_lanes(leaves, count);
    count = lanes_up(e, nodes, flags, leaves, zero, count, zeros + 1);
    for (size_t level = 1; level < levels; level++)
        count = lanes_up(e, nodes, flags, nodes, flags, count, zeros + level + 1);
    *out = nodes[0];
    return flags[0] && count == LANES;
}

/* Eight trees side by side, up to PART leaves each, `levels` up: one node8. The leaves stay. Returns its flag. */
bool trees_part(const engine *e, node8 *out, const node8 *leaves, const uint8_t *zero, size_t pitch, size_t count,
                size_t levels, const node8 *zeros)
{
    node8 nodes[PART / 2];
    uint8_t flags[PART / 2];
    bool whole = count == PART;
    count = nodes_up(e, nodes, flags, 1, leaves, zero, pitch, count, zeros + 1);
    for (size_t level = 1; level < levels; level++)
        count = nodes_up(e, nodes, flags, 1, nodes, flags, 1, count, zeros + level + 1);
    *out = nodes[0];
    return flags[0] && whole;
}

/* The roots of eight trees side by side whose lowest nodes, nodes[i * pitch], are of `level`; they and the flags are
 * used up. */
void trees_of_nodes(const engine *e, node8 *nodes, uint8_t *zero, size_t pitch, size_t count, size_t level,
                    const node8 *zeros)
{
    for (; count > 1; level++)
        count = nodes_up(e, nodes, zero, pitch, nodes, zero, pitch, count, zeros + level + 1);
}

/* A tree over leaves that are plain bytes, leaf_size apart. `work`: ceil(n_leaves / 8) nodes. */
void tree_of_bytes(const engine *e, const uint8_t *leaves, size_t leaf_size, size_t n_leaves, node8 *work,
                   uint8_t *tree, uint8_t root[DIGEST])
{
    state8 state;
    for (size_t i = 0; i < n_leaves; i += LANES) {
        if (n_leaves - i >= LANES) {
            e->leaf(&state, work + i / LANES, leaves + i * leaf_size, leaf_size, leaf_size, 0, true);
            continue;
        }
        for (size_t lane = 0; i + lane < n_leaves; lane++) {  /* never read past the last leaf */
            node8 one;
            uint8_t digest[DIGEST];
            e->leaf(&state, &one, leaves + (i + lane) * leaf_size, 0, leaf_size, 0, true);
            node8_get(&one, 0, digest);
            node8_set(work + i / LANES, (unsigned)lane, digest);
        }
    }
    tree_of_lanes(e, work, NULL, n_leaves, 0, NULL, tree, root);
}

/* Roots that eight leaves give with their paths of `depth` digests each, bottom to top. */
void proof_roots(const engine *e, const uint8_t *leaves, size_t leaf_size, const uint32_t index[LANES],
                 const uint8_t *paths, size_t depth, uint8_t roots[LANES][DIGEST])
{
    state8 state;
    node8 node, left, right;
    e->leaf(&state, &node, leaves, leaf_size, leaf_size, 0, true);
    for (size_t level = 0; level < depth; level++) {
        for (unsigned lane = 0; lane < LANES; lane++) {
            bool is_right = index[lane] >> level & 1;
            uint8_t own[DIGEST];
            node8_get(&node, lane, own);
            node8_set(is_right ? &right : &left, lane, own);
            node8_set(is_right ? &left : &right, lane, paths + (lane * depth + level) * DIGEST);
        }
        e->parent(&node, &left, &right);
    }
    for (unsigned lane = 0; lane < LANES; lane++)
        node8_get(&node, lane, roots[lane]);
}
