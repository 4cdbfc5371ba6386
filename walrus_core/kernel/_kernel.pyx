# cython: language_level=3, embedsignature=False, freethreading_compatible=False, auto_pickle=False, autotestdict=False
"""Takes buffers, checks shapes, drops the GIL, calls C. The contract of every function is in _kernel.pyi."""

import _thread
import os
import threading

cimport cython

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.stdlib cimport free
from libc.string cimport memcpy, memset

from walrus_core.kernel.c_kernel cimport *

from walrus_core.errors import (
    InvalidArgumentError,
    OperationCancelledError,
    OutOfMemoryError,
    UnknownEngineError,
)

cdef extern from *:
    """
    #ifndef SMALL_WORK_NS
    #define SMALL_WORK_NS 20000000
    #define THREAD_WORTH_NS 1500000
    #endif
    """
    enum: SMALL_WORK_NS    # a call this short runs in the caller's thread, which Ctrl-C then need not interrupt
    enum: THREAD_WORTH_NS  # work that pays for one more thread; builds with sanitizers see threads meet over any

cdef enum:
    MAX_SYMBOL_SIZE = 65534
    CHUNK_COLUMNS = 8       # columns that the row trees take at a time
    SPARE_LIMIT = 64 << 20  # bytes of scratch memory kept for the next calls


# ---------------------------------------------------------------------------------------------------------- engines

cdef const engine *chosen = NULL
cdef bint tables_ready = False


cdef tuple _engines():
    cdef const engine *found[4]
    return tuple([found[i].name.decode() for i in range(engine_list(found))])


def available_engines():
    return _engines()


def select_engine(name):
    global chosen
    cdef const engine *found[4]
    cdef size_t i, count = engine_list(found)
    if name is None:
        chosen = NULL
        return
    for i in range(count):
        if found[i].name.decode() == name:
            chosen = found[i]
            return
    raise UnknownEngineError(str(name), _engines())


cdef const engine *current() except NULL:
    global chosen, tables_ready
    if not tables_ready:
        gf16_init()
        tables_ready = True
    if chosen == NULL:
        select_engine(os.environ.get("WALRUS_CORE_ENGINE") or _engines()[0])
    return chosen


def engine_name():
    return current().name.decode()


def reference_tables():
    current()
    return (
        PyBytes_FromStringAndSize(<const char *>gf16_exp, 2 * FIELD),
        PyBytes_FromStringAndSize(<const char *>gf16_log, 2 * FIELD),
        PyBytes_FromStringAndSize(<const char *>gf16_skew, 2 * MODULUS),
    )


include "buffers.pxi"
include "crew.pxi"


# ------------------------------------------------------------------------------------------------------------ encoding

cdef point_rows(uint8_t **rows, uint8_t *start, size_t count, size_t stride):
    cdef size_t i
    for i in range(count):
        rows[i] = start + i * stride


cdef point_source(Job job, const uint8_t **rows, const uint8_t *blob, size_t size):
    """Row pointers into the blob. Rows that it does not fill, or that end too near its end for whole stripes to be read
    there, are in a padded copy; those after its end share one of zeros."""
    cdef size_t row_bytes = job.c.k2 * job.c.symbol_size, r
    cdef size_t direct = (size - STRIPE) // row_bytes if size >= STRIPE else 0
    cdef size_t rest = size - direct * row_bytes, copied = (rest + row_bytes - 1) // row_bytes
    cdef size_t padded_bytes = (copied + 1) * row_bytes + STRIPE
    cdef uint8_t *padded = job.take(padded_bytes)
    memset(padded + rest, 0, padded_bytes - rest)
    memcpy(padded, blob + direct * row_bytes, rest)
    for r in range(job.c.k1):
        rows[r] = blob + r * row_bytes if r < direct else padded + min(r - direct, copied) * row_bytes


cdef Job encoding_job(object blob, Buffers buffers, n, k1, k2, s):
    """A job with its source and its tree nodes; `blob` is opened in `buffers`."""
    cdef Job job = Job(n, k1, k2, s)
    cdef const uint8_t *data = buffers.open(blob, "blob", None)
    cdef size_t size = buffers.length(0), most = job.c.k1 * job.c.k2 * job.c.symbol_size
    if size > most:
        raise InvalidArgumentError(f"blob size {size} > {most}, what this symbol size holds")
    job.rows = <const uint8_t **>job.take(job.c.k1 * sizeof(void *))
    job.c.source = job.rows
    point_source(job, job.rows, data, size)
    job.c.row_nodes = <node8 *>job.take(rs2_chunks(job.c) * job.c.groups * sizeof(node8))
    job.c.row_zero = job.take(rs2_chunks(job.c) * job.c.groups)
    job.c.column_roots = job.take(job.c.n * DIGEST)
    job.c.pair_hashes = job.take(2 * job.c.n * DIGEST)
    job.columns = <uint8_t **>job.take(job.c.n * sizeof(void *))
    job.c.columns = job.columns
    memset(job.columns, 0, job.c.n * sizeof(void *))
    job.repair = <uint8_t **>job.take((job.c.n - job.c.k1) * sizeof(void *))
    return job


cdef point_repair(Job job, uint8_t *start, size_t row_bytes):
    """Where the repair parts of primary slivers go."""
    point_rows(job.repair, start, job.c.n - job.c.k1, row_bytes)
    job.c.primary_repair = job.repair


def encode(blob, n_shards, n_primary, n_secondary, symbol_size, primary_repair, secondary, threads=1, cancel=None,
           progress=None):
    cdef Buffers buffers = Buffers(3)
    cdef Job job = encoding_job(blob, buffers, n_shards, n_primary, n_secondary, symbol_size)
    cdef size_t n = job.c.n, k2 = job.c.k2, s = job.c.symbol_size, column_bytes = job.c.k1 * s
    cdef Crew crew = Crew(job, cancel, progress)
    if primary_repair is not None:
        point_repair(job, buffers.open(primary_repair, "primary_repair", (n - job.c.k1) * k2 * s, True), k2 * s)
    if secondary is not None:
        point_rows(job.columns, buffers.open(secondary, "secondary", n * column_bytes, True), n, column_bytes)
    else:  # only hashes: the row extensions still need a place
        point_rows(job.columns + k2, job.take((n - k2) * column_bytes), n - k2, column_bytes)
    crew_encode(&crew.c, job.c)
    crew.run(threads, symbol_work(n * n, s))
    return job.hashes()


@cython.final
cdef class WindowEncoder:
    """An encoding whose outputs come a window of columns at a time, for blobs larger than memory."""

    cdef Buffers buffers
    cdef Job job
    cdef readonly size_t columns_done

    def __init__(self, blob, n_shards, n_primary, n_secondary, symbol_size, repair_columns):
        cdef size_t column_bytes, count
        self.buffers = Buffers(2)
        self.job = encoding_job(blob, self.buffers, n_shards, n_primary, n_secondary, symbol_size)
        column_bytes = self.job.c.k1 * self.job.c.symbol_size
        count = self.job.c.n - self.job.c.k2
        point_rows(self.job.columns + self.job.c.k2,
                   self.buffers.open(repair_columns, "repair_columns", count * column_bytes, True), count, column_bytes)

    @property
    def columns_per_unit(self):
        return self.job.c.columns_per_unit

    def extend_rows(self, threads=1, cancel=None, progress=None):
        cdef Crew crew = Crew(self.job, cancel, progress)
        crew_encode_rows(&crew.c, self.job.c)
        crew.run(threads, symbol_work(self.job.c.n * self.job.c.k1, self.job.c.symbol_size) / 4)

    def encode_columns(self, count, primary_repair=None, secondary=None, threads=1, cancel=None, progress=None):
        cdef Job job = self.job
        cdef Buffers buffers = Buffers(2)
        cdef Crew crew = Crew(job, cancel, progress)
        cdef size_t first = self.columns_done, end = first + check(count, "count", 1, job.c.n - first), s, source
        self.narrow_to(first, end)
        s = job.c.symbol_size
        source = max(min(end, job.c.k2), first) - first
        job.c.primary_repair = NULL
        memset(job.columns, 0, job.c.k2 * sizeof(void *))
        if primary_repair is not None and source:
            point_repair(job, buffers.open(primary_repair, "primary_repair", (job.c.n - job.c.k1) * source * s, True),
                         source * s)
        if secondary is not None and source:
            point_rows(job.columns + first,
                       buffers.open(secondary, "secondary", source * job.c.k1 * s, True), source, job.c.k1 * s)
        crew_encode_window(&crew.c, job.c)
        crew.run(threads, symbol_work(job.c.n * (end - first), s))
        self.columns_done = end

    cdef narrow_to(self, size_t first, size_t end):
        """Windows are whole units, or fewer than eight columns each, which then never straddle a chunk of eight."""
        cdef Job job = self.job
        cdef size_t unit = job.c.columns_per_unit
        if job.c.leaves == NULL and (first % unit or (end % unit and end != job.c.n)):
            if first or unit != CHUNK_COLUMNS:
                raise InvalidArgumentError(f"columns {first}..{end} are not a multiple of {unit}")
            job.c.leaves = <node8 *>job.take(CHUNK_COLUMNS * job.c.groups * sizeof(node8))
            job.c.leaves_zero = job.take(CHUNK_COLUMNS * job.c.groups)
        if job.c.leaves != NULL and first // CHUNK_COLUMNS != (end - 1) // CHUNK_COLUMNS:
            raise InvalidArgumentError(f"columns {first}..{end} straddle a chunk of {CHUNK_COLUMNS}")
        rs2_job_window(job.c, first, end)

    def pair_hashes(self, threads=1, cancel=None):
        cdef Crew crew = Crew(self.job, cancel, None)
        if self.columns_done != self.job.c.n:
            raise InvalidArgumentError(f"{self.columns_done} of {self.job.c.n} columns are encoded")
        crew_encode_roots(&crew.c, self.job.c)
        crew.run(threads, symbol_work(self.job.c.n * self.job.c.groups, 2))
        return self.job.hashes()


# --------------------------------------------------------------------------------------------------------- one codeword

cdef size_t symbols_in(size_t size, size_t symbol_size, str name) except 0:
    if size == 0 or size % symbol_size:
        raise InvalidArgumentError(f"{name} is {size} bytes long, not a multiple of symbol_size = {symbol_size}")
    return size // symbol_size


cdef Job one_codeword(size_t size, n_symbols, symbol_size, str name):
    cdef size_t k = symbols_in(size, check_symbol_size(symbol_size), name)
    return Job(n_symbols, k, k, symbol_size)


def extend(symbols, n_symbols, symbol_size, repair):
    cdef Buffers source = open_one(symbols, "symbols", None), target
    cdef Job job = one_codeword(source.length(0), n_symbols, symbol_size, "symbols")
    cdef size_t n = job.c.n, k = job.c.k1, s = job.c.symbol_size
    cdef uint8_t *expanded = job.take(n * s)
    cdef rs2_work work = rs2_work_at(job.c, job.take(rs2_work_bytes(job.c)))
    target = open_one(repair, "repair", (n - k) * s, True)
    with nogil:
        rs2_expand(job.c, &work, &job.c.primary, source.address[0], expanded, NULL, NULL)
        memcpy(target.address[0], expanded + k * s, (n - k) * s)


def expand_sliver(sliver, n_shards, symbol_size, symbols, tree=None):
    cdef Buffers buffers = Buffers(3)
    cdef const uint8_t *source = buffers.open(sliver, "sliver", None)
    cdef Job job = one_codeword(buffers.length(0), n_shards, symbol_size, "sliver")
    cdef uint8_t *expanded = buffers.open(symbols, "symbols", job.c.n * job.c.symbol_size, True)
    cdef uint8_t *levels = NULL
    cdef uint8_t root[DIGEST]
    cdef rs2_work work = rs2_work_at(job.c, job.take(rs2_work_bytes(job.c)))
    if tree is not None:
        levels = buffers.open(tree, "tree", DIGEST * c_tree_digests(job.c.n), True)
    with nogil:
        rs2_expand(job.c, &work, &job.c.primary, source, expanded, levels, root)
    return PyBytes_FromStringAndSize(<const char *>root, DIGEST)


def sliver_roots(slivers, n_shards, symbol_size, threads=1, cancel=None):
    if not slivers:
        return b""
    cdef Buffers buffers = open_all(slivers, "sliver", memoryview(slivers[0]).nbytes)
    cdef size_t k = symbols_in(buffers.length(0), check_symbol_size(symbol_size), "sliver")
    cdef Job job = Job(n_shards, k, k, symbol_size)
    cdef rs2_rooting rooting
    cdef Crew crew = Crew(job, cancel, None)
    rooting.job = job.c
    rooting.code = &job.c.primary
    rooting.slivers = <const uint8_t **>buffers.address
    rooting.roots = job.take(buffers.count * DIGEST)
    crew_root(&crew.c, &rooting, buffers.count)
    crew.run(threads, symbol_work(buffers.count * job.c.n, job.c.symbol_size))
    return PyBytes_FromStringAndSize(<const char *>rooting.roots, buffers.count * DIGEST)


# ---------------------------------------------------------------------------------------------------------------- trees

def tree_digests(n_leaves):
    return c_tree_digests(check(n_leaves, "n_leaves", 1, 1 << 40))


def merkle_tree(leaves, leaf_size, tree=None):
    cdef Buffers buffers = Buffers(2)
    cdef const uint8_t *data = buffers.open(leaves, "leaves", None)
    cdef size_t size = check(leaf_size, "leaf_size", 1, 1 << 40)
    cdef size_t count = symbols_in(buffers.length(0), size, "leaves")
    cdef Memory work = take((count + LANES - 1) // LANES * sizeof(node8))
    cdef const engine *e = current()
    cdef uint8_t *levels = NULL
    cdef uint8_t root[DIGEST]
    if tree is not None:
        levels = buffers.open(tree, "tree", DIGEST * c_tree_digests(count), True)
    with nogil:
        tree_of_bytes(e, data, size, count, <node8 *>work.at, levels, root)
    give_back(work)
    return PyBytes_FromStringAndSize(<const char *>root, DIGEST)


def proof_roots(leaves, indices, paths, depth):
    if not leaves:
        return b""
    cdef size_t count = len(leaves), padded = (count + LANES - 1) // LANES * LANES, block, i
    cdef size_t levels = check(depth, "depth", 0, 32)
    if len(indices) != count:
        raise InvalidArgumentError(f"{len(indices)} indices for {count} leaves")
    cdef Buffers buffers = open_all(leaves, "leaf", memoryview(leaves[0]).nbytes)
    cdef Buffers path = open_one(paths, "paths", count * levels * DIGEST)
    cdef size_t size = buffers.length(0)
    cdef Memory scratch = take(padded * (size + levels * DIGEST + DIGEST + sizeof(uint32_t)))
    cdef uint8_t *all_paths = scratch.at
    cdef uint8_t *roots = all_paths + padded * levels * DIGEST
    cdef uint32_t *index = <uint32_t *>(roots + padded * DIGEST)
    cdef uint8_t *data = <uint8_t *>(index + padded)
    cdef const engine *e = current()
    memset(scratch.at, 0, scratch.size)
    memcpy(all_paths, path.address[0], count * levels * DIGEST)
    for i in range(count):
        index[i] = <uint32_t>check(indices[i], "index", 0, 0xFFFFFFFF)
        memcpy(data + i * size, buffers.address[i], size)
    with nogil:
        for block in range(padded // LANES):
            i = block * LANES
            c_proof_roots(e, data + i * size, size, index + i, all_paths + i * levels * DIGEST, levels,
                          <uint8_t (*)[32]>(roots + i * DIGEST))
    result = PyBytes_FromStringAndSize(<const char *>roots, count * DIGEST)
    give_back(scratch)
    return result


# ------------------------------------------------------------------------------------------------------------- decoding

@cython.final
@cython.internal
cdef class Plan:
    """Which symbols are used, in which order, and the C plan made of that."""

    cdef rs_plan c
    cdef size_t *index
    cdef size_t n_present
    cdef list order  # positions in the caller's list

    @staticmethod
    cdef Plan of(Job job, const rs_code *code, object indices):
        cdef Plan plan = Plan.__new__(Plan)
        cdef size_t k = code.n_source, positions = rs_plan_positions(code), i
        cdef const engine *e = current()
        distinct = {}
        for at, index in enumerate(indices):
            check(index, "index", 0, code.n_symbols - 1)
            if distinct.setdefault(index, at) != at:
                raise InvalidArgumentError(f"index {index} is given twice")
        if len(distinct) < k:
            raise InvalidArgumentError(f"{len(distinct)} < {k} symbols")
        source = sorted(index for index in distinct if index < k)
        used = source + sorted([index for index in distinct if index >= k][:k - len(source)])
        plan.n_present = len(source)
        plan.order = [distinct[index] for index in used]
        plan.index = <size_t *>job.take(k * sizeof(size_t))
        for i in range(k):
            plan.index[i] = used[i]
        plan.c.position = <size_t *>job.take(k * sizeof(size_t))
        plan.c.slot = <size_t *>job.take(k * sizeof(size_t))
        plan.c.missing = <size_t *>job.take(k * sizeof(size_t))
        plan.c.missing_slot = <size_t *>job.take(k * sizeof(size_t))
        plan.c.factor = job.take(k * e.constant_size)
        plan.c.unfactor = job.take(k * e.constant_size)
        plan.c.gap = <size_t *>job.take(positions * sizeof(size_t))
        rs_plan_make(e, &plan.c, code, plan.index, <uint16_t *>job.take(2 * positions * sizeof(uint16_t)))
        return plan


cdef uint8_t **point_decoded(Job job, Plan plan, uint8_t *matrix) except NULL:
    """Where source rows go in the matrix: those received, then those rebuilt."""
    cdef size_t i, present = plan.n_present, row_bytes = job.c.k2 * job.c.symbol_size
    cdef uint8_t **rows = <uint8_t **>job.take((present + plan.c.n_missing) * sizeof(void *))
    for i in range(present):
        rows[i] = matrix + plan.index[i] * row_bytes
    for i in range(plan.c.n_missing):
        rows[present + i] = matrix + plan.c.missing[i] * row_bytes
    return rows


def reconstruct(slivers, indices, axis, n_shards, n_primary, n_secondary, symbol_size, blob, threads=1, cancel=None,
                progress=None):
    cdef Job job = Job(n_shards, n_primary, n_secondary, symbol_size)
    cdef bint columns = check(axis, "axis", 0, 1) == 1
    cdef size_t s = job.c.symbol_size
    cdef size_t sliver_bytes = (job.c.k1 if columns else job.c.k2) * s
    cdef Buffers target = open_one(blob, "blob", job.c.k1 * job.c.k2 * s, True), received
    cdef Plan plan
    cdef rs2_decoding decoding
    cdef Crew crew
    if len(slivers) != len(indices):
        raise InvalidArgumentError(f"{len(indices)} indices for {len(slivers)} slivers")
    plan = Plan.of(job, &job.c.secondary if columns else &job.c.primary, indices)
    received = open_all([slivers[at] for at in plan.order], "sliver", sliver_bytes)
    decoding.job = job.c
    decoding.plan = &plan.c
    decoding.indices = plan.index
    decoding.received = <const uint8_t **>received.address
    decoding.n_present = plan.n_present
    decoding.columns = columns
    decoding.matrix = target.address[0]
    if not columns:
        decoding.rows = point_decoded(job, plan, target.address[0])
    crew = Crew(job, cancel, progress)
    crew_decode(&crew.c, &decoding)
    crew.run(threads, symbol_work(job.c.k1 * job.c.k2, s) / 4)


def decode_symbols(symbols, indices, n_source, n_symbols, symbol_size, source, cancel=None):
    # One codeword is the matrix of a blob one symbol wide.
    reconstruct(symbols, indices, 0, n_symbols, n_source, 1, symbol_size, source, cancel=cancel)


# ----------------------------------------------------------------------------------------------------------- benchmarks

def run_bare(what, rounds, symbol_size=2):
    cdef const engine *e = current()
    cdef size_t n = check(rounds, "rounds", 1, 1 << 40), s = check(symbol_size, "symbol_size", 2, 2048), done
    cdef Memory work = take(bare_work_bytes())
    cdef int kind = ("leaves", "parents", "transforms").index(what)
    memset(work.at, 1, work.size)
    engine_prepare(e, 1024)
    with nogil:
        if kind == 0:
            done = bare_leaves(e, work.at, s, n)
        elif kind == 1:
            done = bare_parents(e, work.at, n)
        else:
            done = bare_transforms(e, work.at, n)
    give_back(work)
    return done
