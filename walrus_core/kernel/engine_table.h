/* The table of one engine, out of its gf16 and blake2b files. Its tables are static and filled when first needed. */
#define ENGINE_TABLE(isa)                                                                                   \
    void blake2b_##isa##_leaf(state8 *, node8 *, const uint8_t *, size_t, size_t, size_t, bool);            \
    void blake2b_##isa##_parent(node8 *, const node8 *, const node8 *);                                     \
    void blake2b_##isa##_parent_of_neighbours(node8 *, const node8 *, const node8 *);                       \
    bool blake2b_##isa##_lookup(node8 *, const uint8_t *, size_t, const uint8_t *);                         \
    static _Alignas(64) uint8_t skew_constants[FIELD * sizeof(constant)];                                   \
    static _Alignas(64) uint8_t leaf_digests[FIELD * DIGEST];                                               \
    static size_t constants_ready;                                                                          \
    static bool leaf_digests_ready;                                                                         \
    const engine engine_##isa = {                                                                           \
        .name = #isa, .supported = supported,                                                               \
        .constant_size = sizeof(constant), .make_constant = make_constant,                                  \
        .ifft = engine_ifft, .fft = engine_fft,                                                             \
        .ifft_symbols = engine_ifft_symbols, .fft_symbols = engine_fft_symbols,                             \
        .add = engine_add, .take = engine_take, .combine = engine_combine, .give = engine_give,             \
        .move = engine_move, .gather = engine_gather, .scatter = engine_scatter,                            \
        .stream_across = engine_stream_across, .stream_along = engine_stream_along,                         \
        .leaf = blake2b_##isa##_leaf, .parent = blake2b_##isa##_parent,                                     \
        .parent_of_neighbours = blake2b_##isa##_parent_of_neighbours, .lookup = blake2b_##isa##_lookup,     \
        .constants = skew_constants, .constants_ready = &constants_ready,                                   \
        .leaf_digests = leaf_digests, .leaf_digests_ready = &leaf_digests_ready,                            \
    };
