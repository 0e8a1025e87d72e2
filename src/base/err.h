/* Errors as text that a user can act on.
 *
 * A function that can fail takes a `struct error *` as its last parameter,
 * returns -1 or NULL, and fills it with one complete message: where there is
 * one, `file:line:column: `, what was expected, what was found, what to do.
 * On success the struct is untouched.  The caller decides what the failure
 * means (which exit code); the message does not repeat "error:".
 */
#ifndef XTOP_BASE_ERR_H
#define XTOP_BASE_ERR_H

#include <stdarg.h>

#define ERROR_MESSAGE_SIZE 2048

struct error {
	char message[ERROR_MESSAGE_SIZE]; /* NUL-terminated, no newline at its end; "" = no error */
};

#define ERROR_INIT { .message = "" }

/* Fills `error` (which may be NULL: then only the return value tells) and returns -1,
 * so that `return error_set(…);` reads well.  Longer text is cut. */
int error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, with ": " and the text of errno `number` behind it. */
int error_set_errno(struct error *error, int number, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts `format…: ` before the message that is already there. Returns -1. */
int error_prefix(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
