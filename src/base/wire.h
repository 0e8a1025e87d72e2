/* Tagged fields in bytes: how events and commands are written.
 *
 * A record is a sequence of fields; a field is a key (varint: number << 1 | kind)
 * and a value: kind 0 a varint (signed values zigzag-coded by the caller's choice of
 * function), kind 1 a varint length and that many bytes.  Readers skip numbers that
 * they don't know, so fields can be added.  Varints are little-endian base 128
 * (LEB128), at most 10 bytes.  The idea is Protocol Buffers' wire format, cut down to two kinds.
 */
#ifndef XTOP_BASE_WIRE_H
#define XTOP_BASE_WIRE_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

void wire_put_uint(struct str *out, unsigned number, uint64_t value);
void wire_put_int(struct str *out, unsigned number, int64_t value); /* zigzag */
void wire_put_bytes(struct str *out, unsigned number, const void *bytes, size_t length);
void wire_put_text(struct str *out, unsigned number, const char *text); /* NULL: nothing is put */

struct wire_reader {
	const unsigned char *position, *end;
	bool bad; /* set when the bytes are no record; from then on wire_next gives false */
};

struct wire_field {
	unsigned number;
	bool is_bytes;
	uint64_t value;     /* kind 0 */
	struct slice bytes; /* kind 1; borrowed from the record */
};

void wire_reader_init(struct wire_reader *reader, const void *bytes, size_t length);
bool wire_next(struct wire_reader *reader, struct wire_field *field); /* false: the end, or bad */
int64_t wire_zigzag(uint64_t value); /* undoes wire_put_int */

#endif
