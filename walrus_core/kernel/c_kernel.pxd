# What the Cython code uses of the C files; kernel.h says what it all means.

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t

cdef extern from "memory.h" nogil:
    void *memory_take(size_t size)

cdef extern from "kernel.h" nogil:
    enum: DIGEST, LANES, STRIPE, FIELD, MODULUS
    ctypedef struct engine:
        const char *name
        size_t constant_size
    ctypedef struct node8:
        pass
    ctypedef struct rs_code:
        size_t n_source
        size_t n_symbols
    ctypedef struct rs_plan:
        size_t *position
        size_t *slot
        uint8_t *factor
        size_t *missing
        size_t *missing_slot
        uint8_t *unfactor
        size_t n_missing
        size_t *gap
    ctypedef struct rs2_job:
        size_t n
        size_t k1
        size_t k2
        size_t symbol_size
        size_t groups
        rs_code primary
        rs_code secondary
        const int *cancel
        const uint8_t **source
        uint8_t **primary_repair
        uint8_t **columns
        size_t origin
        size_t end
        size_t columns_per_unit
        node8 *leaves
        uint8_t *leaves_zero
        node8 *row_nodes
        uint8_t *row_zero
        uint8_t *column_roots
        uint8_t *pair_hashes
    ctypedef struct rs2_work:
        pass
    ctypedef struct rs2_decoding:
        const rs2_job *job
        const rs_plan *plan
        const size_t *indices
        const uint8_t **received
        size_t n_present
        bint columns
        uint8_t *matrix
        uint8_t **rows
    ctypedef struct rs2_rooting:
        const rs2_job *job
        const rs_code *code
        const uint8_t **slivers
        uint8_t *roots
    ctypedef struct crew:
        const int *cancel
        size_t *progress

    void flag_raise(int *flag)
    bint flag_raised(const int *flag)
    size_t counter_read(const size_t *counter)

    uint16_t gf16_exp[]
    uint16_t gf16_log[]
    uint16_t gf16_skew[]
    void gf16_init()
    size_t engine_list(const engine **out)
    void engine_prepare(const engine *, size_t n_constants)
    void engine_prepare_leaves(const engine *)
    bint rs_code_fits(size_t n_source, size_t n_symbols)
    size_t rs_skews_needed(const rs_code *)
    size_t rs_plan_positions(const rs_code *)
    void rs_plan_make(const engine *, rs_plan *, const rs_code *, const size_t *indices, uint16_t *scratch)
    size_t c_tree_digests "tree_digests"(size_t n_leaves)
    void c_proof_roots "proof_roots"(const engine *, const uint8_t *leaves, size_t leaf_size, const uint32_t *index,
                                     const uint8_t *paths, size_t depth, uint8_t (*roots)[32])
    void tree_of_bytes(const engine *, const uint8_t *leaves, size_t leaf_size, size_t n_leaves, node8 *work,
                       uint8_t *tree, uint8_t *root)
    void rs2_job_init(rs2_job *, const engine *, size_t n, size_t k1, size_t k2, size_t symbol_size)
    size_t rs2_work_bytes(const rs2_job *)
    rs2_work rs2_work_at(const rs2_job *, void *memory)
    size_t rs2_chunks(const rs2_job *)
    void rs2_expand(const rs2_job *, rs2_work *, const rs_code *, const uint8_t *sliver, uint8_t *symbols,
                    uint8_t *tree, uint8_t *root)
    void crew_encode(crew *, rs2_job *)
    void crew_encode_rows(crew *, rs2_job *)
    void crew_encode_window(crew *, rs2_job *)
    void crew_encode_roots(crew *, rs2_job *)
    void rs2_job_window(rs2_job *, size_t first, size_t end)
    void crew_decode(crew *, rs2_decoding *)
    void crew_root(crew *, rs2_rooting *, size_t n_slivers)
    size_t crew_units(const crew *)
    void crew_work(crew *, rs2_work *)
    size_t bare_work_bytes()
    size_t bare_leaves(const engine *, uint8_t *work, size_t size, size_t rounds)
    size_t bare_parents(const engine *, uint8_t *work, size_t rounds)
    size_t bare_transforms(const engine *, uint8_t *work, size_t rounds)
