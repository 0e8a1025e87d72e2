#include "base/json.h"

#include "base/alloc.h"
#include "base/utf8.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_LIMIT = 512 };

/* A struct json is a json_t under another name. */
static json_t *inside(struct json *json)
{
	return (json_t *)json;
}

static const json_t *inside_const(const struct json *json)
{
	return (const json_t *)json;
}

/* jansson gives NULL for lack of memory; its other reasons can't happen with what this file passes. */
static json_t *checked(json_t *value)
{
	if (!value)
		alloc_failed(0);
	return value;
}

struct json *json_new_object(void)
{
	return (struct json *)checked(json_object());
}

struct json *json_new_array(void)
{
	return (struct json *)checked(json_array());
}

void json_free(struct json *json)
{
	json_decref(inside(json));
}

static void put(struct json *object, const char *key, json_t *value)
{
	size_t length = strlen(key);

	if (utf8_is_valid(key, length)) {
		if (json_object_set_new_nocheck(inside(object), key, checked(value)) != 0)
			alloc_failed(0);
	} else {
		struct str valid = STR_INIT;

		utf8_add_valid(&valid, key, length);
		if (json_object_set_new_nocheck(inside(object), valid.data, checked(value)) != 0)
			alloc_failed(0);
		str_fini(&valid);
	}
}

static json_t *new_text(struct slice text)
{
	struct str valid = STR_INIT;
	json_t *value;

	if (!text.length)
		return json_stringn_nocheck("", 0);
	if (utf8_is_valid(text.data, text.length))
		return json_stringn_nocheck(text.data, text.length);
	utf8_add_valid(&valid, text.data, text.length);
	value = json_stringn_nocheck(valid.data, valid.length);
	str_fini(&valid);
	return value;
}

struct json *json_new_text(struct slice text)
{
	return (struct json *)checked(new_text(text));
}

void json_put_text(struct json *object, const char *key, struct slice text)
{
	put(object, key, new_text(text));
}

void json_put_int(struct json *object, const char *key, int64_t value)
{
	put(object, key, json_integer(value));
}

void json_put_real(struct json *object, const char *key, double value)
{
	/* Beyond this a double has less than 9 decimals anyway. */
	const double exact = 4e6;

	if (!(value - value == 0)) {
		put(object, key, json_null());
		return;
	}
	if (value > -exact && value < exact)
		value = (double)(int64_t)(value * 1e9 + (value < 0 ? -0.5 : 0.5)) / 1e9;
	put(object, key, json_real(value));
}

void json_put_bool(struct json *object, const char *key, bool value)
{
	put(object, key, json_boolean(value));
}

void json_put_null(struct json *object, const char *key)
{
	put(object, key, json_null());
}

void json_put(struct json *object, const char *key, struct json *value)
{
	put(object, key, inside(value));
}

void json_push(struct json *array, struct json *value)
{
	if (json_array_append_new(inside(array), inside(value)) != 0)
		alloc_failed(0);
}

static int add_piece(const char *bytes, size_t length, void *context)
{
	str_add(context, bytes, length);
	return 0;
}

void json_dump(const struct json *json, struct str *out)
{
	/* 15 digits are what every decimal fraction survives a double with: 0.1 stays 0.1. */
	if (json_dump_callback(inside_const(json), add_piece, out,
			       JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15)) != 0)
		alloc_failed(0);
}

/* jansson goes deeper than our limit, on the stack, and takes a NUL for the end of the text. Both are
 * looked for before it sees the text; whatever else is wrong is left to it. */
static int check_outline(struct slice text, const char *name, struct error *error)
{
	bool quoted = false;
	size_t depth = 0;
	size_t line = 1;
	size_t column = 0;

	for (size_t i = 0; i < text.length; i++) {
		char c = text.data[i];

		if (((unsigned char)c & 0xC0) != 0x80)
			column++;
		if (c == '\0') {
			return error_set(error, "%s:%zu:%zu: expected text, found a NUL byte", name, line,
					 column);
		} else if (c == '\n') {
			line++;
			column = 0;
		} else if (quoted) {
			if (c == '\\' && i + 1 < text.length &&
			    (text.data[i + 1] == '"' || text.data[i + 1] == '\\')) {
				column++;
				i++;
			} else if (c == '"') {
				quoted = false;
			}
		} else if (c == '"') {
			quoted = true;
		} else if ((c == '[' || c == '{') && ++depth > DEPTH_LIMIT) {
			return error_set(error, "%s:%zu:%zu: more than %d levels deep", name, line, column,
					 DEPTH_LIMIT);
		} else if ((c == ']' || c == '}') && depth > 0) {
			depth--;
		}
	}
	return 0;
}

struct json *json_parse(struct slice text, const char *name, struct error *error)
{
	json_error_t problem;
	json_t *json;

	if (check_outline(text, name, error) != 0)
		return NULL;
	json = json_loadb(text.length ? text.data : "", text.length, JSON_DECODE_ANY | JSON_ALLOW_NUL,
			  &problem);
	if (!json) {
		if (json_error_code(&problem) == json_error_out_of_memory)
			alloc_failed(0);
		error_set(error, "%s:%d:%d: %s", name, problem.line > 0 ? problem.line : 1,
			  problem.column > 0 ? problem.column : 1, problem.text);
	}
	return (struct json *)json;
}

static json_t *member(const struct json *object, const char *key)
{
	return json_object_get(inside_const(object), key);
}

const char *json_get_text(const struct json *object, const char *key)
{
	return json_string_value(member(object, key));
}

bool json_get_int(const struct json *object, const char *key, int64_t *value)
{
	const json_t *found = member(object, key);

	if (!json_is_integer(found))
		return false;
	*value = json_integer_value(found);
	return true;
}

bool json_get_real(const struct json *object, const char *key, double *value)
{
	const json_t *found = member(object, key);

	if (!json_is_number(found))
		return false;
	*value = json_number_value(found);
	return true;
}

bool json_get_bool(const struct json *object, const char *key, bool *value)
{
	const json_t *found = member(object, key);

	if (!json_is_boolean(found))
		return false;
	*value = json_is_true(found);
	return true;
}

static bool take_bytes(const json_t *found, struct slice *text)
{
	if (!json_is_string(found))
		return false;
	*text = (struct slice){ json_string_value(found), json_string_length(found) };
	return true;
}

bool json_get_bytes(const struct json *object, const char *key, struct slice *text)
{
	return take_bytes(member(object, key), text);
}

const struct json *json_get_object(const struct json *object, const char *key)
{
	const json_t *found = member(object, key);

	return json_is_object(found) ? (const struct json *)found : NULL;
}

const struct json *json_get_array(const struct json *object, const char *key)
{
	const json_t *found = member(object, key);

	return json_is_array(found) ? (const struct json *)found : NULL;
}

size_t json_count(const struct json *array)
{
	return json_array_size(inside_const(array));
}

const struct json *json_at(const struct json *array, size_t index)
{
	return (const struct json *)json_array_get(inside_const(array), index);
}

const char *json_text_at(const struct json *array, size_t index)
{
	return json_string_value(inside_const(json_at(array, index)));
}

bool json_bytes_at(const struct json *array, size_t index, struct slice *text)
{
	return take_bytes(inside_const(json_at(array, index)), text);
}
