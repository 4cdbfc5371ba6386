"""Build the one extension module. Everything else about the package stands in pyproject.toml.

Switches, read from the environment (see CONTRIBUTING.md):

    WALRUS_CORE_DEBUG=1                         -O0 -g and the assertions of the C code
    WALRUS_CORE_SANITIZE=address,undefined      what -fsanitize= takes; -O1 -g1
    WALRUS_CORE_COVERAGE=1                      line tracing of the .pyx, gcov for the C files

Instruction sets are chosen at run time, and each C file names its own by pragma: there is
deliberately no -march here, so that a wheel built on one machine runs on every other.
"""

import os
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

KERNEL = Path("walrus_core/kernel")
DEBUG = os.environ.get("WALRUS_CORE_DEBUG") == "1"
SANITIZE = os.environ.get("WALRUS_CORE_SANITIZE", "")
COVERAGE = os.environ.get("WALRUS_CORE_COVERAGE") == "1"

COMPILE_ARGS = ["-std=c11", "-fvisibility=hidden", "-fno-math-errno", "-Wall", "-Wextra"]
LINK_ARGS = ["-pthread"]
MACROS = []

if DEBUG:
    COMPILE_ARGS += ["-O0", "-g", "-UNDEBUG"]
elif SANITIZE:
    # The normal build shows warnings; here looking for them would take minutes.
    COMPILE_ARGS += ["-O1", "-g1", "-w", "-UNDEBUG", "-fno-omit-frame-pointer"]
else:
    COMPILE_ARGS += ["-O3", "-g0"]
if SANITIZE:
    # As many threads as a test asks for, however small its work.
    MACROS += [("SMALL_WORK_NS", "100000"), ("THREAD_WORTH_NS", "1")]
    COMPILE_ARGS += [f"-fsanitize={SANITIZE}", "-fno-sanitize-recover=all"]
    LINK_ARGS += [f"-fsanitize={SANITIZE}"]
if SANITIZE == "thread":
    COMPILE_ARGS += ["-fno-builtin"]  # it sees every call of memcpy, but none that GCC expands
if COVERAGE:
    COMPILE_ARGS += ["--coverage"]
    LINK_ARGS += ["--coverage"]
    MACROS += [("CYTHON_TRACE_NOGIL", "1"), ("CYTHON_USE_SYS_MONITORING", "0")]


class ParallelBuild(build_ext):
    """Compile the C files of the extension side by side, one compiler for each CPU."""

    def build_extension(self, ext):
        """Spread the sources over threads; setuptools itself only spreads extensions."""
        from concurrent.futures import ThreadPoolExecutor

        compile_serially = self.compiler.compile

        def compile_side_by_side(sources, **options):
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                objects = pool.map(lambda source: compile_serially([source], **options), sources)
                return [name for names in objects for name in names]

        self.compiler.compile = compile_side_by_side
        try:
            super().build_extension(ext)
        finally:
            self.compiler.compile = compile_serially


c_files = set(KERNEL.glob("*.c")) - {KERNEL / "_kernel.c"}  # that one is made from the .pyx
kernel = Extension(
    "walrus_core.kernel._kernel",
    sources=[str(path) for path in [KERNEL / "_kernel.pyx", *sorted(c_files)]],
    depends=[str(path) for path in sorted([*KERNEL.glob("*.h"), *KERNEL.glob("*.pxi")])],
    include_dirs=[str(KERNEL)],
    define_macros=MACROS,
    extra_compile_args=COMPILE_ARGS,
    extra_link_args=LINK_ARGS,
)

setup(
    ext_modules=cythonize(
        [kernel],
        # Coverage looks for the C file beside the .pyx.
        build_dir=None if COVERAGE else "build/cython",
        compiler_directives={"language_level": 3, "linetrace": COVERAGE},
    ),
    cmdclass={"build_ext": ParallelBuild},
)
