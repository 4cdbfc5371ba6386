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
