# Jobs, and the threads that do them; part of _kernel.pyx.

@cython.final
cdef class CancelToken:
    cdef int flag

    def cancel(self):
        flag_raise(&self.flag)

    @property
    def cancelled(self):
        return flag_raised(&self.flag)


@cython.final
cdef class Progress:
    cdef size_t count, units

    @property
    def done(self):
        return counter_read(&self.count)

    @property
    def total(self):
        return self.units


@cython.final
@cython.internal
cdef class Job:
    """The C job with its tables ready, and its scratch memory."""

    cdef Memory memory
    cdef rs2_job *c
    cdef list scratch
    cdef CancelToken token
    cdef const uint8_t **rows
    cdef uint8_t **columns
    cdef uint8_t **repair

    def __cinit__(self, n, k1, k2, symbol_size):
        cdef const engine *e = current()
        cdef size_t s = check_symbol_size(symbol_size)
        for k in (k1, k2):
            check(k, "source symbols", 1, FIELD)
            check(n, "n_shards", k + 1, FIELD)
            if not rs_code_fits(k, n):
                raise InvalidArgumentError(f"a code of {k} source and {n - k} repair symbols exceeds GF(2^16)")
        self.scratch = []
        self.memory = take(sizeof(rs2_job))
        self.c = <rs2_job *>self.memory.at
        if s == 2 and n >= 256:  # the table costs as much as 65,536 leaves
            engine_prepare_leaves(e)
        rs2_job_init(self.c, e, n, k1, k2, s)
        self.use(CancelToken())
        engine_prepare(e, max(rs_skews_needed(&self.c.primary), rs_skews_needed(&self.c.secondary)))

    cdef uint8_t *take(self, size_t size) except NULL:
        cdef Memory memory = take(size)
        self.scratch.append(memory)
        return memory.at

    cdef use(self, CancelToken token):
        self.token = token
        self.c.cancel = &token.flag

    cdef bytes hashes(self):
        return PyBytes_FromStringAndSize(<const char *>self.c.pair_hashes, 2 * self.c.n * DIGEST)

    def __dealloc__(self):
        if self.memory is not None:
            give_back(self.memory)
        for memory in self.scratch or ():
            give_back(memory)


@cython.final
@cython.internal
cdef class Crew:
    """Runs the units of a job on some threads, so that Ctrl-C and `cancel` stop it."""

    cdef crew c
    cdef Job job
    cdef Progress progress

    def __cinit__(self, Job job, CancelToken token, Progress progress):
        self.job = job
        self.progress = progress if progress is not None else Progress()
        job.use(token if token is not None else CancelToken())

    cdef int run(self, object threads, double nanoseconds) except -1:
        cdef size_t wanted = max(1, min(check(threads, "threads", 1, 4096), <size_t>(nanoseconds / THREAD_WORTH_NS)))
        self.c.cancel = self.job.c.cancel
        self.c.progress = &self.progress.count
        self.progress.count = 0
        self.progress.units = crew_units(&self.c)
        shares = [Share.of(self) for _ in range(max(1, min(wanted, self.progress.units)))]
        # Only the main thread hears Ctrl-C, and only while it waits.
        waits = nanoseconds > SMALL_WORK_NS and threading.current_thread() is threading.main_thread()
        try:
            if waits or len(shares) > 1:
                self.share_out(shares, waits)
            else:
                (<Share>shares[0]).work()
        finally:
            for share in shares:
                give_back((<Share>share).memory)
        if flag_raised(&self.job.token.flag):
            raise OperationCancelledError()
        return 0

    cdef share_out(self, list shares, bint waits):
        """Run all shares, one of them in this thread unless it waits; where no more threads can be had, with fewer."""
        started = []
        try:
            for share in shares if waits else shares[1:]:
                try:
                    (<Share>share).start()
                except RuntimeError:
                    break
                started.append(share)
            if not (waits and started):
                (<Share>shares[0]).work()
        finally:
            self.wait_for(started)

    cdef wait_for(self, list shares):
        """Wait until all have ended, however often Ctrl-C is hit: they use the caller's memory. The first cancels.

        Not by Thread.join: once interrupted, it takes a running thread for a stopped one (CPython up to 3.12).
        """
        interruption = None
        for share in shares:
            while True:
                try:
                    (<Share>share).ended.acquire()
                    break
                except BaseException as error:  # whatever a signal handler raises
                    flag_raise(&self.job.token.flag)
                    interruption = interruption or error
        if interruption is not None:
            raise interruption


@cython.final
@cython.internal
cdef class Share:
    """One thread's part of a crew, in work space of its own."""

    cdef Crew crew
    cdef Memory memory
    cdef object ended  # a lock, held from start to end

    @staticmethod
    cdef Share of(Crew crew):
        cdef Share share = Share.__new__(Share)
        share.crew = crew
        share.ended = _thread.allocate_lock()
        share.memory = take(rs2_work_bytes(crew.job.c))
        return share

    cpdef work(self):
        cdef Crew crew = self.crew
        cdef rs2_work work = rs2_work_at(crew.job.c, self.memory.at)
        with nogil:
            crew_work(&crew.c, &work)

    cdef start(self):
        """Work in a new thread; RuntimeError if there can be none. No signal is heard in between."""
        self.ended.acquire()
        _thread.start_new_thread(self.work_and_tell, ())

    def work_and_tell(self):
        self.work()
        self.ended.release()


cdef double symbol_work(size_t symbols, size_t symbol_size):
    """About how many nanoseconds it takes to code and hash so many symbols; only decides about threads."""
    return symbols * (20.0 + symbol_size / 4.0)
