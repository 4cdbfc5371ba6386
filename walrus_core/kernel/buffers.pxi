# Work space, and buffers held open for a call; part of _kernel.pyx.

cdef dict spare_memory = {}  # size -> Memory ready for the next call: a first touch costs more than a small encode
cdef size_t spare_bytes = 0

@cython.final
@cython.internal
cdef class Memory:
    """Aligned bytes, zeroed on request; returned to the pool by give_back."""

    cdef uint8_t *at
    cdef size_t size

    def __dealloc__(self):
        free(self.at)


cdef Memory take(size_t size):
    global spare_bytes
    cdef Memory memory
    size = max(size, 64)
    waiting = spare_memory.get(size)
    if waiting:
        spare_bytes -= size
        return waiting.pop()
    memory = Memory.__new__(Memory)
    memory.at = <uint8_t *>memory_take(size)
    memory.size = size
    if memory.at == NULL:
        raise OutOfMemoryError(size)
    return memory


cdef void give_back(Memory memory):
    global spare_bytes
    if spare_bytes + memory.size <= <size_t>SPARE_LIMIT:
        spare_bytes += memory.size
        spare_memory.setdefault(memory.size, []).append(memory)


@cython.final
@cython.internal
cdef class Buffers:
    """Buffers held open for one call, and their addresses."""

    cdef Memory views, addresses
    cdef uint8_t **address
    cdef size_t count, opened

    def __cinit__(self, size_t count):
        self.count = count
        self.views = take(count * sizeof(Py_buffer))
        self.addresses = take(count * sizeof(void *))
        self.address = <uint8_t **>self.addresses.at

    def __dealloc__(self):
        cdef size_t i
        for i in range(self.opened):
            PyBuffer_Release((<Py_buffer *>self.views.at) + i)

    cdef uint8_t *open(self, object source, str name, object size, bint writable=False) except? NULL:
        """Open one more buffer; `size` in bytes, or None for any."""
        cdef Py_buffer *view = (<Py_buffer *>self.views.at) + self.opened
        try:
            PyObject_GetBuffer(source, view, PyBUF_WRITABLE if writable else PyBUF_SIMPLE)
        except (BufferError, TypeError, ValueError) as error:
            kind = "writable, C-contiguous" if writable else "C-contiguous"
            raise InvalidArgumentError(f"{name} must be a {kind} buffer: {error}") from None
        self.opened += 1
        if size is not None and view.len != size:
            raise InvalidArgumentError(f"{name} is {view.len} bytes long, expected {size}")
        self.address[self.opened - 1] = <uint8_t *>view.buf
        return <uint8_t *>view.buf

    cdef size_t length(self, size_t i):
        return <size_t>(<Py_buffer *>self.views.at)[i].len


cdef Buffers open_one(object source, str name, object size, bint writable=False):
    cdef Buffers one = Buffers(1)
    one.open(source, name, size, writable)
    return one


cdef Buffers open_all(object sources, str name, object size):
    cdef Buffers many = Buffers(len(sources))
    for source in sources:
        many.open(source, name, size)
    return many


cdef size_t check(object value, str name, object low, object high) except? 0:
    if not low <= value <= high:
        raise InvalidArgumentError(f"{name} = {value} is not in {low}..{high}")
    return value


cdef size_t check_symbol_size(object symbol_size) except? 0:
    cdef size_t s = check(symbol_size, "symbol_size", 2, MAX_SYMBOL_SIZE)
    if s % 2:
        raise InvalidArgumentError(f"symbol_size = {s} is odd; symbols are whole 2-byte elements")
    return s


# Buffers that Python has not.

from cpython.buffer cimport PyBuffer_FillInfo
from cpython.bytes cimport PyBytes_GET_SIZE, _PyBytes_Resize
from cpython.exc cimport PyErr_Clear
from cpython.ref cimport Py_CLEAR, PyObject
from libc.errno cimport errno
from posix.mman cimport (
    MADV_DONTNEED,
    MADV_NORMAL,
    MADV_RANDOM,
    MADV_WILLNEED,
    MAP_FAILED,
    MAP_SHARED,
    PROT_READ,
    madvise,
    mmap,
    munmap,
)

cdef extern from *:
    """
    #include <stdint.h>
    #include <sys/mman.h>

    /* What lies between page boundaries; the system need not follow. */
    static void prefer_huge_pages(const char *at, size_t size)
    {
    #ifdef MADV_HUGEPAGE
        const uintptr_t page = (uintptr_t)2 << 20;
        uintptr_t first = ((uintptr_t)at + page - 1) & ~(page - 1), end = ((uintptr_t)at + size) & ~(page - 1);
        if (first < end)
            madvise((void *)first, end - first, MADV_HUGEPAGE);
    #else
        (void)at, (void)size;
    #endif
    }
    """
    void prefer_huge_pages(const char *at, size_t size)

cdef extern from "Python.h":
    PyObject *new_bytes "PyBytes_FromStringAndSize"(const char *content, Py_ssize_t size)


@cython.final
cdef class BytesBuffer:
    """Uninitialised bytes to write to, which then become `bytes` without being copied."""

    cdef PyObject *content
    cdef size_t exports

    def __cinit__(self, size):
        self.content = new_bytes(NULL, check(size, "size", 0, 1 << 62))
        if self.content == NULL:
            PyErr_Clear()
            raise OutOfMemoryError(size)
        prefer_huge_pages(PyBytes_AS_STRING(<object>self.content), <size_t>size)

    def __getbuffer__(self, Py_buffer *view, int flags):
        if self.content == NULL:
            raise BufferError("the bytes are finished")
        content = <object>self.content
        PyBuffer_FillInfo(view, self, PyBytes_AS_STRING(content), PyBytes_GET_SIZE(content), 0, flags)
        self.exports += 1

    def __releasebuffer__(self, Py_buffer *view):
        self.exports -= 1

    def finish(self, length=None):
        if self.content == NULL or self.exports:
            raise BufferError("the bytes are finished" if self.content == NULL else "views of the bytes are left")
        if length is not None:
            _PyBytes_Resize(&self.content, check(length, "length", 0, PyBytes_GET_SIZE(<object>self.content)))
        result = <object>self.content
        Py_CLEAR(self.content)
        return result

    def __dealloc__(self):
        Py_CLEAR(self.content)


cdef size_t PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")
cdef size_t READ_AHEAD = 128 << 10  # what Linux does of one request, unless its setting of that name is larger


@cython.final
cdef class FileMapping:
    """The pages of a file as a read-only buffer, without the descriptor that an mmap.mmap keeps open."""

    cdef char *at
    cdef size_t size
    cdef readonly object path, identity

    def __cinit__(self, int descriptor, size_t size, path=None):
        status = os.fstat(descriptor)
        self.path, self.identity = path, (status.st_dev, status.st_ino)
        if size == 0:  # cannot be mapped
            return
        cdef void *at = mmap(NULL, size, PROT_READ, MAP_SHARED, descriptor, 0)
        if at == MAP_FAILED:
            raise OSError(errno, os.strerror(errno))
        self.at = <char *>at
        self.size = size

    def __getbuffer__(self, Py_buffer *view, int flags):
        PyBuffer_FillInfo(view, self, self.at, self.size, 1, flags)

    def __dealloc__(self):
        if self.size:
            munmap(self.at, self.size)

    def will_read(self, part, pattern):
        advice = {
            "in order": MADV_NORMAL,
            "here and there": MADV_RANDOM,
            "soon": MADV_WILLNEED,
            "not soon": MADV_DONTNEED,
        }[pattern]
        cdef Buffers buffers = self.open_part(part)
        cdef size_t start = buffers.address[0] - <uint8_t *>self.at, end = start + buffers.length(0)
        cdef size_t step = READ_AHEAD if advice == MADV_WILLNEED else self.size
        start -= start % PAGE_SIZE
        while start < end:
            madvise(self.at + start, min(step, end - start), advice)
            start += step

    def offset_of(self, part):
        return self.open_part(part).address[0] - <uint8_t *>self.at

    cdef Buffers open_part(self, part):
        cdef Buffers buffers = open_one(part, "part", None)
        cdef uint8_t *start = buffers.address[0]
        if start < <uint8_t *>self.at or start + buffers.length(0) > <uint8_t *>self.at + self.size:
            raise InvalidArgumentError("part is no part of this mapping")
        return buffers
