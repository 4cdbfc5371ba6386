/* The kernel's words, the engine table and the prototypes of every C file.
 *
 * The C core allocates nothing and cannot fail: callers own inputs, outputs and work space, and check sizes first.
 * The algorithms (rs16.c, merkle.c, redstuff.c) are written once, above the functions of `struct engine`; an engine
 * is one instruction set's version of those functions. */
#ifndef WALRUS_CORE_KERNEL_H
#define WALRUS_CORE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LANES 8              /* digests hashed side by side, on every engine */
#define DIGEST 32            /* bytes of a Blake2b-256 digest */
#define STRIPE 128           /* bytes of a symbol that the transforms take at a time: 64 elements */
#define FIELD 65536          /* elements of GF(2^16) */
#define MODULUS 65535        /* logarithms live modulo this; as a logarithm it means "multiply by nothing" */
#define MAX_TREE_DEPTH 16    /* ceil(log2(49155)) */
#define LOG_BLOCKS 2         /* a decoder's transform is done in four blocks */
#define N_BLOCKS (1 << LOG_BLOCKS)
#define MAX_CONSTANT 128     /* bytes of the largest engine's constants */
#define PART 8               /* node8s that trees are built from at a time, while they are in the nearest cache */
#define PART_LEVELS 3
#define MAX_WINDOWS 16       /* of what is side by side on the stage */
#define MAX_LAYOUTS 4

#if defined(__GNUC__)
#define ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define ALWAYS_INLINE inline
#endif

/* 64 elements of one position of a codeword, low bytes first: multiplying by a constant then needs no shuffle. */
typedef struct { _Alignas(64) uint8_t lo[64]; uint8_t hi[64]; } stripe;

/* Eight digests, lane-interleaved: word w of digest l is word[w][l]. */
typedef struct { _Alignas(64) uint64_t word[4][LANES]; } node8;

/* Eight Blake2b states, lane-interleaved. */
typedef struct { _Alignas(64) uint64_t word[8][LANES]; } state8;

/* Where the bytes of a window of symbols go in a stripe: split[e] and split[64+e] are the offsets of the low and the
 * high byte of element e; merge[b] is where raw byte b lies in a stripe (0..63 low, 64..127 high). The same as runs:
 * `half` low bytes and as many high ones, again and again; the last run has `last` of each. */
typedef struct { _Alignas(64) uint8_t split[STRIPE]; uint8_t merge[STRIPE]; uint8_t runs, half, last; } layout;

/* Positions of a transform are spaced so that the legs of a butterfly do not all fall in one cache set. */
static inline size_t slot(size_t position) { return position + 3 * (position >> 6); }
static inline size_t slots(size_t positions) { return slot(positions - 1) + 1; }

/* Numbers that some threads write while others read them; nothing else hangs on their order. */
static inline void flag_raise(int *flag) { __atomic_store_n(flag, 1, __ATOMIC_RELAXED); }
static inline bool flag_raised(const int *flag) { return __atomic_load_n(flag, __ATOMIC_RELAXED); }
static inline size_t counter_read(const size_t *counter) { return __atomic_load_n(counter, __ATOMIC_RELAXED); }

struct rs_plan;

typedef struct engine {
    const char *name;
    bool (*supported)(void);

    /* GF(2^16). `constant`s are the engine's own form of "multiply by this"; image[b] is the product with bit b. */
    size_t constant_size;
    void (*make_constant)(void *constant, const uint16_t image[16]);
    /* Transforms of 2^log_size positions. `count`: positions from there on are zero (ifft) or not wanted (fft).
     * `skews`: constants of skew[delta - 1 + ...]; `delta` is the position of the first element in the code. */
    void (*ifft)(stripe *work, unsigned log_size, size_t count, size_t delta, const void *skews);
    void (*fft)(stripe *out, const stripe *in, unsigned log_size, size_t count, size_t delta, const void *skews);
    /* The same from and to windows of symbols, `pitch` apart; the other way round the stripes are work space. */
    void (*ifft_symbols)(stripe *work, const uint8_t *rows, size_t pitch, const layout *, unsigned log_size,
                         size_t count, size_t delta, const void *skews);
    void (*fft_symbols)(uint8_t *rows, size_t pitch, const layout *, stripe *work, const stripe *in, unsigned log_size,
                        size_t count, size_t delta, const void *skews);
    void (*add)(stripe *out, const stripe *in, size_t count);              /* first `count` positions: out ^= in */
    /* Erasure decoding: received symbols times their factors to their slots, gaps cleared; the formal derivative of one
     * block plus multiples of some; and `count` missing symbols from the plan's `first` on, times theirs. */
    void (*take)(stripe *work, const struct rs_plan *, const uint8_t *rows, size_t pitch, const layout *);
    void (*combine)(stripe *out, const stripe *own, unsigned log_size, const stripe *const *others,
                    const void *const *factors, size_t n_others);
    void (*give)(uint8_t *rows, size_t pitch, const layout *, const stripe *values, const struct rs_plan *,
                 size_t first, size_t count);

    /* Copies between the stage and memory: see copy.h. */
    void (*move)(uint8_t *to, size_t to_pitch, const uint8_t *from, size_t from_pitch, size_t rows, size_t bytes);
    void (*gather)(uint8_t *to, size_t to_pitch, const uint8_t *const *from, size_t at, size_t rows, size_t bytes);
    void (*scatter)(uint8_t *const *to, size_t at, const uint8_t *from, size_t from_pitch, size_t rows, size_t bytes);
    void (*stream_across)(uint8_t *const *to, size_t at, const uint8_t *from, size_t pitch, size_t rows, size_t bytes,
                          uint8_t (*rest)[64], bool first, bool last);
    void (*stream_along)(uint8_t *to, size_t to_pitch, const uint8_t *from, size_t pitch, size_t rows, size_t bytes);

    /* Blake2b-256 of eight messages 0x00 || data, `pitch` bytes apart. `done` bytes (a multiple of 128) of each have
     * been absorbed into `state`; data[-1] is readable if done > 0. Not `last`: len is a multiple of 128. */
    void (*leaf)(state8 *state, node8 *out, const uint8_t *data, size_t pitch, size_t len, size_t done, bool last);
    /* 0x01 || left || right, lane by lane; and for children that lie next to each other in the lanes of two nodes. */
    void (*parent)(node8 *out, const node8 *left, const node8 *right);
    void (*parent_of_neighbours)(node8 *out, const node8 *first, const node8 *second);
    /* Leaves of two-byte symbols, from a table of all 65536; true if all eight symbols are zero. */
    bool (*lookup)(node8 *out, const uint8_t *symbols, size_t pitch, const uint8_t *digests);

    uint8_t *constants;      /* constants of skew[i], `constants_ready` of them made so far */
    size_t *constants_ready;
    uint8_t *leaf_digests;   /* 65536 digests, made when first needed */
    bool *leaf_digests_ready;
} engine;

extern const engine engine_avx512, engine_avx2, engine_neon, engine_scalar;

/* dispatch.c */
size_t engine_list(const engine *out[4]);                  /* supported ones, best first; returns how many */
void engine_prepare(const engine *, size_t n_constants);   /* makes skew constants 0..n-1; callers hold the GIL */
void engine_prepare_leaves(const engine *);

/* gf16_tables.c; gf16_init must run once before anything else */
extern uint16_t gf16_exp[FIELD], gf16_log[FIELD], gf16_skew[MODULUS];
void gf16_init(void);
uint16_t gf16_multiply(uint16_t value, uint16_t log);
void gf16_image(uint16_t image[16], uint16_t log);

/* rs16.c: the Leopard code over windows of symbols */
typedef struct {
    size_t n_source, n_symbols;  /* k source symbols, n in all */
    size_t chunk;                /* transform size of the encoder, a power of two */
    unsigned log_chunk;
    bool high;                   /* repair symbols at the low positions */
} rs_code;

typedef struct rs_plan {
    const rs_code *code;
    size_t end, n_used;          /* positions in use; received symbols in use (= n_source) */
    unsigned log_block;
    size_t *position, *slot;     /* of each used symbol, in the code and in the work space */
    uint8_t *factor;             /* its constant */
    size_t *missing;             /* source symbols to rebuild, ascending */
    size_t *missing_slot;        /* within its block */
    uint8_t *unfactor;
    size_t n_missing, missing_in[N_BLOCKS];
    size_t *gap;                 /* slots to clear; room for rs_plan_positions */
    size_t n_gaps;
    bool mixes[N_BLOCKS][N_BLOCKS];                        /* what block i adds to rebuilt block j: nothing, or */
    uint64_t mix[N_BLOCKS][N_BLOCKS][MAX_CONSTANT / 8];    /* this constant times itself */
} rs_plan;

rs_code rs_code_of(size_t n_source, size_t n_symbols);
bool rs_code_fits(size_t n_source, size_t n_symbols);  /* the field has room for its positions */
size_t rs_skews_needed(const rs_code *);
layout rs_layout(const uint8_t *blocks, size_t n_blocks);  /* sizes of a window's blocks: even, <= 64, <= 128 in all */
size_t rs_encode_slots(const rs_code *);         /* stripes of work space */
void rs_encode(const engine *, const rs_code *, const uint8_t *source, size_t source_pitch, uint8_t *repair,
               size_t pitch, const layout *, stripe *work);
size_t rs_decode_slots(const rs_code *);
void rs_plan_make(const engine *, rs_plan *, const rs_code *, const size_t *indices, uint16_t *scratch);
size_t rs_plan_positions(const rs_code *);
void rs_decode(const engine *, const rs_plan *, const uint8_t *received, uint8_t *rebuilt, size_t pitch, const layout *,
               stripe *work);

/* merkle.c */
size_t tree_depth(size_t n_leaves);
size_t tree_digests(size_t n_leaves);
void node8_set(node8 *, unsigned lane, const uint8_t digest[DIGEST]);
void node8_get(const node8 *, unsigned lane, uint8_t digest[DIGEST]);
void tree_of_lanes(const engine *e, node8 *nodes, uint8_t *zero, size_t count, size_t level, const node8 *zeros,
                   uint8_t *tree, uint8_t root[DIGEST]);
void trees_of_nodes(const engine *e, node8 *nodes, uint8_t *zero, size_t pitch, size_t count, size_t level,
                    const node8 *zeros);
bool tree_part(const engine *e, node8 *out, node8 *leaves, const uint8_t *zero, size_t count, size_t levels,
               const node8 *zeros);
bool trees_part(const engine *e, node8 *out, const node8 *leaves, const uint8_t *zero, size_t pitch, size_t count,
                size_t levels, const node8 *zeros);
void tree_zeros(const engine *, node8 zeros[MAX_TREE_DEPTH + 1], size_t symbol_size, size_t depth);
void proof_roots(const engine *, const uint8_t *leaves, size_t leaf_size, const uint32_t index[LANES],
                 const uint8_t *paths, size_t depth, uint8_t roots[LANES][DIGEST]);
void tree_of_bytes(const engine *, const uint8_t *leaves, size_t leaf_size, size_t n_leaves, node8 *work, uint8_t *tree,
                   uint8_t root[DIGEST]);

/* stage.c, redstuff*.c: the 2-D pipeline. A job is one blob's (or sliver's) geometry and buffers, shared by its threads;
 * each thread has work space of its own. Jobs are done in units that may run in any order and on any thread:
 * all units of encode_rows, then all of encode_columns, then encode_roots of each group. */
typedef struct {
    const engine *engine;
    size_t n, k1, k2, symbol_size;
    rs_code primary, secondary;      /* down the columns: k1 -> n; along the rows: k2 -> n */
    size_t side, block;              /* symbols side by side on the stage, and bytes of each at a time */
    size_t full_side;                /* the same if stripes are to be full, for decoding */
    size_t n_windows;                /* that symbols on the stage are coded in: where each begins, and its layout */
    uint16_t window_at[MAX_WINDOWS];
    uint8_t window_layout[MAX_WINDOWS];
    size_t n_layouts;
    layout layouts[MAX_LAYOUTS], tail;  /* tail: of the last window of a symbol that is staged block by block */
    size_t pitch;                    /* bytes from one row of the stage to the next */
    size_t columns_per_unit;         /* a multiple of 8, so that a chunk of the row trees has one owner */
    size_t groups;                   /* of eight rows */
    node8 zeros[MAX_TREE_DEPTH + 1];
    const uint8_t *leaf_digests;     /* of all two-byte symbols, or NULL: settled here, for others may make them */
    const int *cancel;               /* read between blocks; nonzero: stop, the results are void */

    size_t origin, end;              /* the window of columns that encode_columns does: 0 and n, or a part of that */
    const uint8_t *const *source;    /* k1 rows of k2 * s bytes, readable for STRIPE bytes more */
    uint8_t *const *primary_repair;  /* n - k1 rows of the window's columns below k2, or NULL */
    uint8_t *const *columns;         /* n columns of k1 * s bytes; NULL entries below k2 are not written */
    node8 *leaves;                   /* of a chunk of columns that several windows share, else NULL */
    uint8_t *leaves_zero;
    node8 *row_nodes;                /* level 3 of the row trees: [chunk of 8 columns][group] */
    uint8_t *row_zero;
    uint8_t *column_roots;           /* n digests */
    uint8_t *pair_hashes;            /* the result: n times two digests */
} rs2_job;

typedef struct {
    uint8_t *stage;                  /* windows of all symbols of a codeword, one pitch apart */
    stripe *stripes;
    state8 *states;
    node8 *leaves;                   /* [8 columns][group] */
    uint8_t *zero;
    node8 *parts;                    /* [8 columns][64 leaves of it], three levels up */
    uint8_t *part_zero;
    uint8_t (*rest)[64];             /* of each row that is being streamed out */
} rs2_work;

void rs2_job_init(rs2_job *, const engine *, size_t n, size_t k1, size_t k2, size_t symbol_size);
size_t rs2_work_bytes(const rs2_job *);
rs2_work rs2_work_at(const rs2_job *, void *memory);
size_t rs2_row_units(const rs2_job *);
size_t rs2_column_units(const rs2_job *);
size_t rs2_chunks(const rs2_job *);
void rs2_encode_rows(const rs2_job *, rs2_work *, size_t unit);
void rs2_encode_columns(const rs2_job *, rs2_work *, size_t unit);
void rs2_job_window(rs2_job *, size_t first, size_t end);
bool rs2_window_completes_chunk(const rs2_job *);
void rs2_encode_chunk(const rs2_job *, rs2_work *);  /* the row trees' part of a chunk done in several windows */
void rs2_encode_roots(const rs2_job *, size_t group);

/* One sliver: its source symbols in, all n out, the root over them and the levels of their tree; each output may be
 * NULL, but without a root there is no tree. */
void rs2_expand(const rs2_job *, rs2_work *, const rs_code *, const uint8_t *sliver, uint8_t *symbols, uint8_t *tree,
                uint8_t *root);

/* Source matrix from slivers of one axis: `received[i]` is the i-th of the plan's. */
typedef struct {
    const rs2_job *job;
    const rs_plan *plan;
    const size_t *indices;
    const uint8_t *const *received;
    size_t n_present;                /* of the used ones that are source symbols; they come first */
    bool columns;                    /* the slivers are columns */
    uint8_t *matrix;
    uint8_t *const *rows;            /* of primary slivers: where those present and then those missing go */
} rs2_decoding;

/* Slivers whose roots are wanted. */
typedef struct {
    const rs2_job *job;
    const rs_code *code;
    const uint8_t *const *slivers;
    uint8_t *roots;
} rs2_rooting;

void rs2_root(const rs2_rooting *, rs2_work *, size_t sliver);
size_t rs2_decode_units(const rs2_decoding *);
void rs2_decode(const rs2_decoding *, rs2_work *, size_t unit);

/* crew.c: threads that share the units of a few phases; each phase begins when the one before is done. */
typedef struct {
    void (*unit)(void *context, rs2_work *, size_t unit);
    size_t units, next, done;
} crew_phase;

typedef struct {
    void *context;
    const int *cancel;
    size_t *progress;                /* units done, all phases together */
    size_t n_phases;
    crew_phase phase[3];
} crew;

void crew_encode(crew *, rs2_job *);
void crew_encode_rows(crew *, rs2_job *);
void crew_encode_window(crew *, rs2_job *);
void crew_encode_roots(crew *, rs2_job *);
void crew_decode(crew *, rs2_decoding *);
void crew_root(crew *, rs2_rooting *, size_t n_slivers);
size_t crew_units(const crew *);
void crew_work(crew *, rs2_work *);

/* bare.c: for benchmarks */
size_t bare_work_bytes(void);
size_t bare_leaves(const engine *, uint8_t *work, size_t size, size_t rounds);
size_t bare_parents(const engine *, uint8_t *work, size_t rounds);
size_t bare_transforms(const engine *, uint8_t *work, size_t rounds);

#endif
