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

/* The leaf of a zero symbol of at most 128 bytes and the nodes above it, in every lane. */
void tree_zeros(const engine *e, node8 zeros[MAX_TREE_DEPTH + 1], size_t symbol_size)
{
    static const uint8_t symbol[STRIPE];
    state8 state;
    e->leaf(&state, zeros, symbol, 0, symbol_size, 0, true);
    for (unsigned level = 0; level < MAX_TREE_DEPTH; level++)
        e->parent(zeros + level + 1, zeros + level, zeros + level);
}

/* One tree whose leaves run along the lanes; `leaves` and `zero` (flags of its node8s, or NULL) are used up. */
void tree_of_lanes(const engine *e, node8 *leaves, uint8_t *zero, size_t n_leaves, const node8 *zeros, uint8_t *tree,
                   uint8_t root[DIGEST])
{
    size_t count = n_leaves;
    for (unsigned level = 0;; level++) {
        clear_lanes(leaves, count);
        if (tree)
            tree = save_level(leaves, count, tree);
        if (count == 1)
            break;
        size_t full = count / LANES, vectors = (count + LANES - 1) / LANES;
        for (size_t i = 0; 2 * i < vectors; i++) {
            const node8 *second = 2 * i + 1 < vectors ? leaves + 2 * i + 1 : &empty;
            bool copy = zero && 2 * i + 1 < full && zero[2 * i] && zero[2 * i + 1];
            if (copy)
                leaves[i] = zeros[level + 1];
            else
                e->parent_of_neighbours(leaves + i, leaves + 2 * i, second);
            if (zero)
                zero[i] = copy;
        }
        count = (count + 1) / 2;
    }
    node8_get(leaves, 0, root);
}

/* Eight trees side by side, `levels` up from `first_level`: node i of the lowest level is nodes[i * pitch] and is
 * replaced; stops at a single node only after `levels`, as a part of a larger tree must. */
void tree_of_nodes(const engine *e, node8 *nodes, size_t pitch, uint8_t *zero, size_t zero_pitch, size_t count,
                   unsigned levels, unsigned first_level, const node8 *zeros)
{
    for (unsigned level = first_level; level < first_level + levels; level++) {
        for (size_t i = 0; 2 * i < count; i++) {
            const node8 *left = nodes + 2 * i * pitch, *right = 2 * i + 1 < count ? left + pitch : &empty;
            bool copy = 2 * i + 1 < count && zero[2 * i * zero_pitch] && zero[(2 * i + 1) * zero_pitch];
            if (copy)
                nodes[i * pitch] = zeros[level + 1];
            else
                e->parent(nodes + i * pitch, left, right);
            zero[i * zero_pitch] = copy;
        }
        count = (count + 1) / 2;
    }
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
    tree_of_lanes(e, work, NULL, n_leaves, NULL, tree, root);
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
