/* Any bytes are a record or are bad; a record that is written again from its fields reads the same. */
#include "base/wire.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* Writes the fields again, with the shortest numbers, and says whether the bytes were a record. */
static bool copy_fields(const void *bytes, size_t length, struct str *out)
{
	const char *end = (const char *)bytes + length;
	struct wire_reader reader;
	struct wire_field field;

	wire_reader_init(&reader, bytes, length);
	while (wire_next(&reader, &field)) {
		if (field.is_bytes) {
			require(field.bytes.data >= (const char *)bytes && field.bytes.data <= end &&
				field.bytes.length <= (size_t)(end - field.bytes.data));
			wire_put_bytes(out, field.number, field.bytes.data, field.bytes.length);
		} else if (field.value & 1) {
			wire_put_int(out, field.number, wire_zigzag(field.value));
		} else {
			wire_put_uint(out, field.number, field.value);
		}
	}
	require(!wire_next(&reader, &field));
	return !reader.bad;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str first = STR_INIT;
	struct str second = STR_INIT;

	copy_fields(data, size, &first);
	require(first.length <= size);
	require(copy_fields(first.data, first.length, &second));
	require(slice_equal((struct slice){ first.data, first.length },
			    (struct slice){ second.data, second.length }));
	str_fini(&first);
	str_fini(&second);
	return 0;
}
