/* A string that grows, and a borrowed piece of bytes.
 *
 * Invariants of `struct str`: `data` is never NULL and data[length] is '\0'
 * (before the first byte is added it points to a shared empty string, with
 * capacity 0), so it can be handed to printf at any time.  It may hold NUL bytes;
 * `length` counts them.  What is added must not point into the string itself.
 * Allocation failure aborts (alloc.h).
 */
#ifndef XTOP_BASE_STR_H
#define XTOP_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct str {
	char *data;
	size_t length;   /* bytes, without the closing NUL */
	size_t capacity; /* bytes allocated, 0 = nothing owned yet */
};

extern char str_empty[1];
#define STR_INIT { .data = str_empty, .length = 0, .capacity = 0 }

void str_init(struct str *str);
void str_fini(struct str *str);                 /* frees; the struct is as after str_init */
void str_clear(struct str *str);                /* length 0, keeps the memory */
void str_reserve(struct str *str, size_t more); /* room for `more` bytes behind the end */
void str_add(struct str *str, const void *bytes, size_t length);
void str_add_text(struct str *str, const char *text);
void str_add_char(struct str *str, char c);
void str_add_format(struct str *str, const char *format, ...) __attribute__((format(printf, 2, 3)));
void str_add_vformat(struct str *str, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
void str_cut_front(struct str *str, size_t length); /* drops the first bytes; length ≤ str->length */
char *str_take(struct str *str);                /* the bytes, now the caller's to free; str is empty */

/* Bytes that belong to somebody else; not NUL-terminated in general.
 * data may be NULL only where length is 0. */
struct slice {
	const char *data;
	size_t length;
};

struct slice slice_of(const char *text); /* NULL gives the empty slice */
bool slice_equal(struct slice a, struct slice b);
bool slice_equal_text(struct slice a, const char *text);
bool slice_starts_with(struct slice a, const char *text);
struct slice slice_trim(struct slice a); /* without ASCII white space at both ends */

/* Plain text helpers. */
bool text_starts_with(const char *text, const char *prefix);
bool text_ends_with(const char *text, const char *suffix);

/* The nearest of `count` words to `word` by Damerau–Levenshtein distance (optimal string
 * alignment, case ignored), or NULL when none is near enough to be worth a "did you mean". Borrowed
 * from `words`; the first of several that are equally near. */
const char *text_nearest(const char *word, const char *const *words, size_t count);

/* `text` for a POSIX shell: as it is where nothing needs quoting, else in single quotes. */
void str_add_shell_quoted(struct str *str, const char *text);

#endif
