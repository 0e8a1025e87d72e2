#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"

#include <string.h>

static void expect_dump(const struct json *json, const char *expected)
{
	struct str out = STR_INIT;

	json_dump(json, &out);
	assert_string_equal(out.data, expected);
	str_fini(&out);
}

static struct json *parse(const char *text)
{
	struct error error = ERROR_INIT;
	struct json *json = json_parse(slice_of(text), "test", &error);

	assert_string_equal(error.message, "");
	assert_non_null(json);
	return json;
}

static void keys_keep_their_order(void **state)
{
	struct json *object = json_new_object();
	struct json *array = json_new_array();

	(void)state;
	json_push(array, json_new_object());
	json_put_int(object, "z", -1);
	json_put_text(object, "a", slice_of("text"));
	json_put_bool(object, "m", true);
	json_put(object, "list", array);
	json_put_int(object, "z", INT64_MIN); /* keeps its place */
	expect_dump(object, "{\"z\":-9223372036854775808,\"a\":\"text\",\"m\":true,\"list\":[{}]}");
	json_free(object);
	json_free(NULL);
}

static void dump_appends(void **state)
{
	struct json *array = json_new_array();
	struct str out = STR_INIT;

	(void)state;
	json_dump(array, &out);
	json_dump(array, &out);
	assert_string_equal(out.data, "[][]");
	str_fini(&out);
	json_free(array);
}

static void any_bytes_become_text(void **state)
{
	struct json *object = json_new_object();

	(void)state;
	json_put_text(object, "nul", (struct slice){ "a\0b", 3 });
	json_put_text(object, "bad", slice_of("\xFFx\xE2\x82"));
	json_put_text(object, "escape", slice_of("\x10[1m\n\"\\"));
	json_put_text(object, "none", slice_of(NULL));
	json_put_text(object, "\xC3", slice_of("\xC3\xA9"));
	expect_dump(object,
		    "{\"nul\":\"a\\u0000b\",\"bad\":\"\xEF\xBF\xBDx\xEF\xBF\xBD\","
		    "\"escape\":\"\\u0010[1m\\n\\\"\\\\\",\"none\":\"\",\"\xEF\xBF\xBD\":\"\xC3\xA9\"}");
	json_free(object);
}

static void reals_are_rounded_to_nine_decimals(void **state)
{
	const double huge = 1e300;
	struct json *object = json_new_object();

	(void)state;
	json_put_real(object, "a", 0.1);
	json_put_real(object, "b", 1234.1234567894);
	json_put_real(object, "c", -0.0000000006);
	json_put_real(object, "d", 3);
	json_put_real(object, "e", huge * huge);
	json_put_real(object, "f", huge * huge - huge * huge);
	json_put_real(object, "g", 1e15);
	json_put_real(object, "h", 86400.000000001);
	expect_dump(object, "{\"a\":0.1,\"b\":1234.123456789,\"c\":-1e-9,\"d\":3.0,\"e\":null,\"f\":null,"
			    "\"g\":1e15,\"h\":86400.000000001}");
	json_free(object);
}

static void values_are_read_by_type(void **state)
{
	struct json *json = parse("{\"t\":\"x\",\"i\":-7,\"r\":1.5,\"b\":true,\"n\":null,\"f\":false}");
	int64_t integer = 0;
	double real = 0;
	bool boolean = false;

	(void)state;
	assert_string_equal(json_get_text(json, "t"), "x");
	assert_null(json_get_text(json, "i"));
	assert_null(json_get_text(json, "missing"));
	assert_true(json_get_int(json, "i", &integer));
	assert_true(integer == -7);
	assert_false(json_get_int(json, "r", &integer));
	assert_false(json_get_int(json, "t", &integer));
	assert_true(json_get_real(json, "r", &real));
	assert_true(real == 1.5);
	assert_true(json_get_real(json, "i", &real));
	assert_true(real == -7);
	assert_false(json_get_real(json, "n", &real));
	assert_true(json_get_bool(json, "b", &boolean));
	assert_true(boolean);
	assert_true(json_get_bool(json, "f", &boolean));
	assert_false(boolean);
	assert_false(json_get_bool(json, "n", &boolean));
	json_free(json);
	json = parse("[1]");
	assert_null(json_get_text(json, "t"));
	json_free(json);
}

static void what_is_nested_is_read(void **state)
{
	struct json *json = parse("{\"o\":{\"k\":\"v\"},\"a\":[\"x\",[1],\"a\\u0000b\",null],\"t\":\"\\u0000\"}");
	const struct json *array = json_get_array(json, "a");
	struct slice bytes;

	(void)state;
	assert_string_equal(json_get_text(json_get_object(json, "o"), "k"), "v");
	assert_null(json_get_object(json, "a"));
	assert_null(json_get_array(json, "o"));
	assert_null(json_get_array(json, "missing"));
	assert_int_equal(json_count(array), 4);
	assert_int_equal(json_count(NULL), 0);
	assert_int_equal(json_count(json), 0);
	assert_string_equal(json_text_at(array, 0), "x");
	assert_null(json_text_at(array, 1));
	assert_null(json_text_at(array, 4));
	assert_null(json_text_at(NULL, 0));
	assert_int_equal(json_count(json_at(array, 1)), 1);
	assert_true(json_bytes_at(array, 2, &bytes));
	assert_true(slice_equal(bytes, (struct slice){ "a\0b", 3 }));
	assert_false(json_bytes_at(array, 3, &bytes));
	assert_true(json_get_bytes(json, "t", &bytes));
	assert_int_equal(bytes.length, 1);
	assert_false(json_get_bytes(json, "o", &bytes));
	json_free(json);
}

static void texts_and_nulls_are_values(void **state)
{
	struct json *object = json_new_object();
	struct json *array = json_new_array();

	(void)state;
	json_push(array, json_new_text(slice_of("a\xFF")));
	json_put_null(object, "n");
	json_put(object, "a", array);
	expect_dump(object, "{\"n\":null,\"a\":[\"a\xEF\xBF\xBD\"]}");
	json_free(object);
}

static void what_was_dumped_is_read_back(void **state)
{
	static const char *const texts[] = { "{\"a\":[1,2.5,\"\\u0000\",null,{}],\"b\":\"\xC3\xA9\"}", "[]",
					     "3", "\"x\"", "null" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct json *json = parse(texts[i]);

		expect_dump(json, texts[i]);
		json_free(json);
	}
}

static void expect_refused(struct slice text, const char *place)
{
	struct error error = ERROR_INIT;

	assert_null(json_parse(text, "f.json", &error));
	if (strncmp(error.message, place, strlen(place)) != 0)
		fail_msg("expected '%s…', found '%s'", place, error.message);
}

static void errors_have_a_place(void **state)
{
	(void)state;
	expect_refused(slice_of(""), "f.json:1:");
	expect_refused(slice_of(NULL), "f.json:1:");
	expect_refused(slice_of("{\n  \"a\": x}"), "f.json:2:8: ");
	expect_refused(slice_of("[\"\xC3\xA9\", x]"), "f.json:1:7: "); /* columns are characters */
	expect_refused(slice_of("[1] 2"), "f.json:1:");
	expect_refused(slice_of("[1,"), "f.json:1:");
	expect_refused(slice_of("\"\xFF\""), "f.json:1:");
	expect_refused((struct slice){ "[1]\n\0[", 6 }, "f.json:2:1: expected text, found a NUL byte");
	expect_refused((struct slice){ "1\0", 2 }, "f.json:1:2: expected text, found a NUL byte");
}

static void depth_is_limited(void **state)
{
	struct str text = STR_INIT;
	struct json *json;

	(void)state;
	str_add_text(&text, "\n");
	for (int i = 0; i < 512; i++)
		str_add_char(&text, '[');
	str_add_text(&text, "\"[[[\\\"[[[\\\\\"");
	for (int i = 0; i < 512; i++)
		str_add_char(&text, ']');
	json = parse(text.data);
	json_free(json);
	str_clear(&text);
	str_add_text(&text, "[\"\\\\\",\""); /* brackets in a string don't count, also behind "\\" */
	for (int i = 0; i < 1000; i++)
		str_add_char(&text, '[');
	str_add_text(&text, "\"]");
	json = parse(text.data);
	json_free(json);
	str_clear(&text);
	str_add_text(&text, "\n");
	str_add_text(&text, "[\"\xC3\xA9\",");
	for (int i = 1; i < 100000; i++)
		str_add_text(&text, i % 2 ? "{\"a\":" : "[");
	expect_refused((struct slice){ text.data, text.length }, "f.json:2:1541: more than 512 levels deep");
	str_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_keep_their_order),
		cmocka_unit_test(dump_appends),
		cmocka_unit_test(any_bytes_become_text),
		cmocka_unit_test(reals_are_rounded_to_nine_decimals),
		cmocka_unit_test(values_are_read_by_type),
		cmocka_unit_test(what_is_nested_is_read),
		cmocka_unit_test(texts_and_nulls_are_values),
		cmocka_unit_test(what_was_dumped_is_read_back),
		cmocka_unit_test(errors_have_a_place),
		cmocka_unit_test(depth_is_limited),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
