#include "base/wire.h"

#include <limits.h>
#include <string.h>

enum { VARINT_SIZE = 10 };

static inline char *put_varint(char *at, uint64_t value)
{
	while (value >= 0x80) {
		*at++ = (char)(value | 0x80);
		value >>= 7;
	}
	*at++ = (char)value;
	return at;
}

void wire_put_uint(struct str *out, unsigned number, uint64_t value)
{
	char *at;

	str_reserve(out, 2 * VARINT_SIZE);
	at = put_varint(out->data + out->length, (uint64_t)number << 1);
	at = put_varint(at, value);
	*at = '\0';
	out->length = (size_t)(at - out->data);
}

void wire_put_int(struct str *out, unsigned number, int64_t value)
{
	uint64_t bits = (uint64_t)value << 1;

	wire_put_uint(out, number, value < 0 ? ~bits : bits);
}

void wire_put_bytes(struct str *out, unsigned number, const void *bytes, size_t length)
{
	char *at;

	str_reserve(out, length + 2 * VARINT_SIZE);
	at = put_varint(out->data + out->length, (uint64_t)number << 1 | 1);
	at = put_varint(at, length);
	if (length)
		memcpy(at, bytes, length);
	at += length;
	*at = '\0';
	out->length = (size_t)(at - out->data);
}

void wire_put_text(struct str *out, unsigned number, const char *text)
{
	if (text)
		wire_put_bytes(out, number, text, strlen(text));
}

void wire_reader_init(struct wire_reader *reader, const void *bytes, size_t length)
{
	reader->position = length ? bytes : NULL;
	reader->end = length ? reader->position + length : NULL;
	reader->bad = false;
}

static inline bool get_varint(struct wire_reader *reader, uint64_t *value)
{
	const unsigned char *at = reader->position;
	uint64_t result = 0;

	for (unsigned shift = 0; shift < 70 && at < reader->end; shift += 7) {
		uint64_t byte = *at++;

		if (shift == 63 && byte > 1) /* the tenth byte holds the 64th bit alone */
			break;
		result |= (byte & 0x7F) << shift;
		if (byte < 0x80) {
			reader->position = at;
			*value = result;
			return true;
		}
	}
	reader->bad = true;
	return false;
}

bool wire_next(struct wire_reader *reader, struct wire_field *field)
{
	uint64_t key, value;

	if (reader->bad || reader->position == reader->end)
		return false;
	if (!get_varint(reader, &key) || !get_varint(reader, &value))
		return false;
	if (key >> 1 > UINT_MAX) {
		reader->bad = true;
		return false;
	}
	field->number = (unsigned)(key >> 1);
	field->is_bytes = key & 1;
	if (!field->is_bytes) {
		field->value = value;
		field->bytes = (struct slice){ .data = NULL, .length = 0 };
		return true;
	}
	if (value > (uint64_t)(reader->end - reader->position)) {
		reader->bad = true;
		return false;
	}
	field->value = 0;
	field->bytes = (struct slice){ .data = (const char *)reader->position, .length = (size_t)value };
	reader->position += value;
	return true;
}

int64_t wire_zigzag(uint64_t value)
{
	uint64_t half = value >> 1;

	/* -1 - half is the same bits as ~half, without a conversion that the standard leaves open. */
	return value & 1 ? -1 - (int64_t)half : (int64_t)half;
}
