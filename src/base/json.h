/* JSON, over jansson; nothing outside base/json.c sees jansson.
 *
 * Objects are built, dumped into a str, and freed.  Text that is not UTF-8 is
 * made so first (utf8_add_valid): output of tests is data and may be anything.
 * NUL bytes are kept as \u0000.
 */
#ifndef XTOP_BASE_JSON_H
#define XTOP_BASE_JSON_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json; /* an owned reference to a value */

/* Not json_object and json_array: those names are jansson's. */
struct json *json_new_object(void);
struct json *json_new_array(void);
struct json *json_new_text(struct slice text);
void json_free(struct json *json); /* NULL is fine */

/* Keys keep the order in which they were put. */
void json_put_text(struct json *object, const char *key, struct slice text);
void json_put_int(struct json *object, const char *key, int64_t value);
void json_put_real(struct json *object, const char *key, double value); /* NaN and infinities become null */
void json_put_bool(struct json *object, const char *key, bool value);
void json_put_null(struct json *object, const char *key);
void json_put(struct json *object, const char *key, struct json *value); /* takes `value` */
void json_push(struct json *array, struct json *value);                  /* takes `value` */

/* Appends the value in one line, without a newline. Reals are rounded to 9 decimals. */
void json_dump(const struct json *json, struct str *out);

/* Reads one value that fills `text`; NULL with `name:line:column: …` on failure; at most 512 levels
 * deep. */
struct json *json_parse(struct slice text, const char *name, struct error *error);
/* Borrowed from `object`, NULL where the key is missing or the type differs. */
const char *json_get_text(const struct json *object, const char *key);
bool json_get_int(const struct json *object, const char *key, int64_t *value);
bool json_get_real(const struct json *object, const char *key, double *value);
bool json_get_bool(const struct json *object, const char *key, bool *value);
bool json_get_bytes(const struct json *object, const char *key, struct slice *text); /* text that may hold NUL */
const struct json *json_get_object(const struct json *object, const char *key);
const struct json *json_get_array(const struct json *object, const char *key);

/* Of an array; borrowed from it. NULL is an empty one, behind the end there is NULL. */
size_t json_count(const struct json *array);
const struct json *json_at(const struct json *array, size_t index);
/* The index-th as a text; NULL where it is none. */
const char *json_text_at(const struct json *array, size_t index);
bool json_bytes_at(const struct json *array, size_t index, struct slice *text);

#endif
