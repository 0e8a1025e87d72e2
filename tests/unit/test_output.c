#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "model/output.h"

#include <stdlib.h>
#include <string.h>

/* Bytes that tell their place. */
static char *numbered(size_t length)
{
	char *bytes = alloc_bytes(length);

	for (size_t i = 0; i < length; i++)
		bytes[i] = (char)(i * 2654435761U >> 13);
	return bytes;
}

static void short_output_is_kept_whole(void **state)
{
	struct output output;

	(void)state;
	output_init(&output);
	output_add(&output, "one\n", 4);
	output_add(&output, "\0two", 4);
	assert_int_equal(output.total, 8);
	assert_int_equal(output_gap(&output), 0);
	assert_int_equal(output_tail(&output).length, 0);
	assert_int_equal(output.head.length, 8);
	assert_memory_equal(output.head.data, "one\n\0two", 8);
	output_fini(&output);
}

static void long_output_keeps_first_and_last_bytes(void **state)
{
	static const size_t lengths[] = { OUTPUT_HEAD, OUTPUT_HEAD + 1, OUTPUT_HEAD + OUTPUT_TAIL, 100000 };
	static const size_t pieces[] = { 1, 7, 4096, 20000, 100000 };
	char *bytes = numbered(100000);

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		for (size_t j = 0; j < sizeof(pieces) / sizeof(pieces[0]); j++) {
			size_t length = lengths[i];
			size_t behind = length - OUTPUT_HEAD;
			size_t tail = behind < OUTPUT_TAIL ? behind : OUTPUT_TAIL;
			struct output output;

			output_init(&output);
			for (size_t k = 0; k < length; k += pieces[j])
				output_add(&output, bytes + k,
					   length - k < pieces[j] ? length - k : pieces[j]);
			assert_int_equal(output.total, length);
			assert_int_equal(output.head.length, OUTPUT_HEAD);
			assert_memory_equal(output.head.data, bytes, OUTPUT_HEAD);
			assert_int_equal(output_tail(&output).length, tail);
			assert_memory_equal(output_tail(&output).data, bytes + length - tail, tail);
			assert_int_equal(output_gap(&output), length - OUTPUT_HEAD - tail);
			output_fini(&output);
		}
	}
	free(bytes);
}

static void memory_does_not_grow_with_the_output(void **state)
{
	char *bytes = numbered(1 << 16);
	struct output output;

	(void)state;
	output_init(&output);
	for (int i = 0; i < 200; i++)
		output_add(&output, bytes, 1 << 16);
	for (int i = 0; i < 20000; i++)
		output_add(&output, bytes, 100);
	assert_in_range(output_memory(&output), OUTPUT_HEAD + OUTPUT_TAIL, OUTPUT_HEAD * 2 + OUTPUT_TAIL * 4);
	output_fini(&output);
	free(bytes);
}

static void compacting_changes_no_byte(void **state)
{
	size_t length = OUTPUT_HEAD + OUTPUT_TAIL + OUTPUT_TAIL / 2;
	char *bytes = numbered(length);
	struct output output;

	(void)state;
	output_init(&output);
	for (size_t i = 0; i < length; i += 512)
		output_add(&output, bytes + i, 512);
	output_compact(&output);
	assert_in_range(output_memory(&output), OUTPUT_HEAD + OUTPUT_TAIL, OUTPUT_HEAD + OUTPUT_TAIL + 2);
	assert_memory_equal(output.head.data, bytes, OUTPUT_HEAD);
	assert_int_equal(output_tail(&output).length, OUTPUT_TAIL);
	assert_memory_equal(output_tail(&output).data, bytes + length - OUTPUT_TAIL, OUTPUT_TAIL);
	assert_int_equal(output_gap(&output), OUTPUT_TAIL / 2);
	/* It still takes more. */
	output_add(&output, "end", 3);
	assert_memory_equal(output_tail(&output).data + OUTPUT_TAIL - 3, "end", 3);
	output_fini(&output);
	free(bytes);

	output_init(&output);
	output_compact(&output);
	assert_int_equal(output_memory(&output), 0);
	output_fini(&output);
}

static void discarded_output_is_counted_but_not_kept(void **state)
{
	struct output output;

	(void)state;
	output_init(&output);
	output_add(&output, "hello", 5);
	output_discard(&output);
	assert_true(output.discarded);
	assert_int_equal(output_memory(&output), 0);
	output_add(&output, "again", 5);
	assert_int_equal(output.total, 10);
	assert_int_equal(output_gap(&output), 10);
	assert_int_equal(output_memory(&output), 0);
	output_fini(&output);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_output_is_kept_whole),
		cmocka_unit_test(long_output_keeps_first_and_last_bytes),
		cmocka_unit_test(memory_does_not_grow_with_the_output),
		cmocka_unit_test(compacting_changes_no_byte),
		cmocka_unit_test(discarded_output_is_counted_but_not_kept),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
