#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/wire.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct wire_reader reader_of(const struct str *record)
{
	struct wire_reader reader;

	wire_reader_init(&reader, record->data, record->length);
	return reader;
}

static void integers_come_back(void **state)
{
	static const uint64_t values[] = {
		0, 1, 127, 128, 16383, 16384, 1 << 28, UINT32_MAX, UINT64_MAX, INT64_MAX, UINT64_C(1) << 63
	};
	static const unsigned numbers[] = { 0, 1, 63, 64, 8191, 8192, INT_MAX, UINT_MAX };
	struct str record = STR_INIT;
	struct wire_reader reader;
	struct wire_field field;

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		for (size_t n = 0; n < COUNT(numbers); n++)
			wire_put_uint(&record, numbers[n], values[i]);
	}
	reader = reader_of(&record);
	for (size_t i = 0; i < COUNT(values); i++) {
		for (size_t n = 0; n < COUNT(numbers); n++) {
			assert_true(wire_next(&reader, &field));
			assert_int_equal(field.number, numbers[n]);
			assert_false(field.is_bytes);
			assert_true(field.value == values[i]);
			assert_int_equal(field.bytes.length, 0);
		}
	}
	assert_false(wire_next(&reader, &field));
	assert_false(reader.bad);
	str_fini(&record);
}

static void signed_integers_come_back(void **state)
{
	static const int64_t values[] = { 0, -1, 1, -2, 63, -64, 64, INT64_MAX, INT64_MIN, INT64_MIN + 1 };

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		struct str record = STR_INIT;
		struct wire_reader reader;
		struct wire_field field;

		wire_put_int(&record, 3, values[i]);
		reader = reader_of(&record);
		assert_true(wire_next(&reader, &field));
		assert_true(wire_zigzag(field.value) == values[i]);
		assert_true(values[i] < -64 || values[i] > 63 ||
			    record.length == 2); /* small ones are short */
		str_fini(&record);
	}
}

static void bytes_come_back(void **state)
{
	struct str record = STR_INIT;
	struct str large = STR_INIT;
	struct wire_reader reader;
	struct wire_field field;

	(void)state;
	for (int i = 0; i < 100000; i++)
		str_add_char(&large, (char)i);
	wire_put_bytes(&record, 1, "a\0b", 3);
	wire_put_bytes(&record, 2, NULL, 0);
	wire_put_text(&record, 3, NULL);
	wire_put_text(&record, 4, "");
	wire_put_bytes(&record, 5, large.data, large.length);
	wire_put_text(&record, 6, "end");
	reader = reader_of(&record);
	assert_true(wire_next(&reader, &field));
	assert_int_equal(field.number, 1);
	assert_true(field.is_bytes);
	assert_int_equal(field.bytes.length, 3);
	assert_memory_equal(field.bytes.data, "a\0b", 3);
	assert_true(wire_next(&reader, &field));
	assert_int_equal(field.number, 2);
	assert_int_equal(field.bytes.length, 0);
	assert_true(wire_next(&reader, &field)); /* 3 was not put */
	assert_int_equal(field.number, 4);
	assert_true(wire_next(&reader, &field));
	assert_int_equal(field.number, 5);
	assert_int_equal(field.bytes.length, large.length);
	assert_memory_equal(field.bytes.data, large.data, large.length);
	assert_true(wire_next(&reader, &field));
	assert_true(slice_equal_text(field.bytes, "end"));
	assert_false(wire_next(&reader, &field));
	assert_false(reader.bad);
	str_fini(&large);
	str_fini(&record);
}

static void record_ends_with_a_nul_that_is_not_counted(void **state)
{
	struct str record = STR_INIT;

	(void)state;
	for (size_t length = 0; length < 300; length++) {
		struct str one = STR_INIT;
		struct str text = STR_INIT;

		for (size_t i = 0; i < length; i++)
			str_add_char(&text, 'x');
		wire_put_bytes(&one, 1, text.data, length);
		assert_int_equal(one.data[one.length], '\0');
		assert_true(one.length < one.capacity);
		str_fini(&one);
		str_fini(&text);
	}
	for (int i = 0; i < 200; i++) {
		wire_put_uint(&record, 1, UINT64_MAX);
		assert_int_equal(record.data[record.length], '\0');
		assert_true(record.length < record.capacity);
		wire_put_text(&record, 1, "text");
		assert_int_equal(record.data[record.length], '\0');
		assert_true(record.length < record.capacity);
	}
	str_fini(&record);
}

static void bytes_of_the_format_are_fixed(void **state)
{
	struct str record = STR_INIT;

	(void)state;
	wire_put_uint(&record, 1, 300);
	wire_put_int(&record, 2, -2);
	wire_put_text(&record, 3, "hi");
	assert_int_equal(record.length, 9);
	assert_memory_equal(record.data, "\x02\xAC\x02\x04\x03\x07\x02hi", 9);
	str_fini(&record);
}

/* Reads a copy that is exactly as long as the record, so that a sanitizer sees a read behind its end. */
static bool is_bad(const void *bytes, size_t length)
{
	unsigned char *copy = malloc(length ? length : 1);
	struct wire_reader reader;
	struct wire_field field;
	bool bad;

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	wire_reader_init(&reader, copy, length);
	while (wire_next(&reader, &field)) {
		const char *end = (const char *)copy + length;

		if (field.is_bytes)
			assert_true(field.bytes.length <= (size_t)(end - field.bytes.data));
	}
	bad = reader.bad;
	assert_false(wire_next(&reader, &field));
	free(copy);
	return bad;
}

static void what_is_no_record_is_bad(void **state)
{
	(void)state;
	assert_false(is_bad("", 0));
	assert_true(is_bad("\x02", 1));      /* a key alone */
	assert_true(is_bad("\x82", 1));      /* half a key */
	assert_true(is_bad("\x02\x80", 2));  /* half a value */
	assert_true(is_bad("\x03\x02x", 3)); /* fewer bytes than it says */
	assert_true(is_bad("\x03\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11));
	assert_false(is_bad("\x02\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11));    /* 64 bits */
	assert_true(is_bad("\x02\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", 11));     /* 65 */
	assert_true(is_bad("\x02\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 12)); /* eleven bytes */
	assert_false(is_bad("\xFE\xFF\xFF\xFF\x1F\x00", 6));                         /* the largest number */
	assert_true(is_bad("\x80\x80\x80\x80\x20\x00", 6));                          /* one more */
}

static void a_record_cut_anywhere_is_bad_or_a_shorter_record(void **state)
{
	struct str record = STR_INIT;
	size_t ends[4] = { 0 };

	(void)state;
	wire_put_uint(&record, 100, 1000000);
	ends[1] = record.length;
	wire_put_text(&record, 2, "some text");
	ends[2] = record.length;
	wire_put_int(&record, 3, -1000000);
	ends[3] = record.length;
	for (size_t length = 0; length <= record.length; length++) {
		bool whole = length == ends[0] || length == ends[1] || length == ends[2] || length == ends[3];

		assert_int_equal(is_bad(record.data, length), !whole);
	}
	str_fini(&record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_come_back),
		cmocka_unit_test(signed_integers_come_back),
		cmocka_unit_test(bytes_come_back),
		cmocka_unit_test(record_ends_with_a_nul_that_is_not_counted),
		cmocka_unit_test(bytes_of_the_format_are_fixed),
		cmocka_unit_test(what_is_no_record_is_bad),
		cmocka_unit_test(a_record_cut_anywhere_is_bad_or_a_shorter_record),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
