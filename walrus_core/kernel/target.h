/* The instruction set of the rest of a file, up to END_TARGET: so no file needs compiler flags of its own, and one binary
 * holds every engine. Vendors' headers come first: clang would change their functions, too. */
#define PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define BEGIN_TARGET(isa) PRAGMA(clang attribute push(__attribute__((target(isa))), apply_to = function))
#define END_TARGET PRAGMA(clang attribute pop)
#else
#define BEGIN_TARGET(isa) PRAGMA(GCC target(isa))
#define END_TARGET
#endif
