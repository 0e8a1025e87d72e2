/* Allocation that never returns NULL.
 *
 * When memory runs out there is nothing sensible to do in the middle of a
 * run: one message goes to stderr and the process aborts; whoever took the
 * terminal has a SIGABRT handler that gives it back.
 * The caller owns what is returned and frees it with free().
 */
#ifndef XTOP_BASE_ALLOC_H
#define XTOP_BASE_ALLOC_H

#include <stddef.h>

void *alloc_bytes(size_t size) __attribute__((malloc, returns_nonnull)); /* uninitialised */
/* The size is count × size; a product that overflows aborts. */
void *alloc_zeroed(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *alloc_resized(void *old, size_t count, size_t size) __attribute__((returns_nonnull));
char *alloc_string(const char *text) __attribute__((malloc, returns_nonnull)); /* a copy */
/* A copy of `length` bytes and a NUL. */
char *alloc_string_n(const char *text, size_t length) __attribute__((malloc, returns_nonnull));
char *alloc_format(const char *format, ...)
	__attribute__((malloc, returns_nonnull, format(printf, 1, 2)));

/* What the functions above do when memory runs out, for a library's call that gave NULL.
 * `size` 0: not known. */
void alloc_failed(size_t size) __attribute__((noreturn, cold));

#define ALLOC_NEW(type) ((type *)alloc_zeroed(1, sizeof(type)))

#endif
