#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/map.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

static void put_gives_back_what_was_there(void **state)
{
	struct map *map = map_new();
	int first, second;

	(void)state;
	assert_null(map_get(map, "key", 3));
	assert_null(map_put(map, "key", 3, &first));
	assert_ptr_equal(map_put(map, "key", 3, &second), &first);
	assert_ptr_equal(map_get(map, "key", 3), &second);
	assert_int_equal(map_count(map), 1);
	map_free(map);
}

static void keys_are_bytes_and_are_copied(void **state)
{
	struct map *map = map_new();
	char key[] = "a\0b";
	int one, two, empty;

	(void)state;
	map_put(map, key, 3, &one);
	map_put(map, key, 1, &two);
	map_put(map, NULL, 0, &empty);
	memset(key, 'x', 3);
	assert_ptr_equal(map_get(map, "a\0b", 3), &one);
	assert_ptr_equal(map_get(map, "a", 1), &two);
	assert_null(map_get(map, "a\0c", 3));
	assert_null(map_get(map, "a\0", 2));
	assert_ptr_equal(map_get(map, "", 0), &empty);
	assert_ptr_equal(map_get(map, NULL, 0), &empty);
	map_free(map);
}

static void removed_key_is_gone(void **state)
{
	struct map *map = map_new();
	int value;

	(void)state;
	assert_null(map_remove(map, "key", 3));
	map_put(map, "key", 3, &value);
	assert_ptr_equal(map_remove(map, "key", 3), &value);
	assert_null(map_get(map, "key", 3));
	assert_null(map_remove(map, "key", 3));
	assert_int_equal(map_count(map), 0);
	assert_null(map_put(map, "key", 3, &value));
	assert_int_equal(map_count(map), 1);
	map_free(map);
}

static void add_key(void *context, const void *key, size_t key_length, void *value)
{
	str_add(context, key, key_length);
	str_add_char(context, *(const char *)value);
}

static void each_goes_in_order_of_insertion(void **state)
{
	struct map *map = map_new();
	struct str seen = STR_INIT;
	char values[] = "1234";

	(void)state;
	map_each(map, add_key, &seen);
	assert_int_equal(seen.length, 0);
	map_put(map, "z", 1, &values[0]);
	map_put(map, "a", 1, &values[1]);
	map_put(map, "m", 1, &values[2]);
	map_put(map, "z", 1, &values[3]); /* keeps its place */
	map_each(map, add_key, &seen);
	assert_string_equal(seen.data, "z4a2m3");
	map_remove(map, "z", 1);
	map_put(map, "z", 1, &values[0]); /* is new, so last */
	str_clear(&seen);
	map_each(map, add_key, &seen);
	assert_string_equal(seen.data, "a2m3z1");
	str_fini(&seen);
	map_free(map);
}

static void a_hundred_thousand_keys_are_found(void **state)
{
	enum { KEYS = 100000 };
	static char values[KEYS];
	struct map *map = map_new();
	char key[32];

	(void)state;
	for (size_t i = 0; i < KEYS; i++) {
		snprintf(key, sizeof(key), "tests/%zu", i);
		assert_null(map_put(map, key, strlen(key), &values[i]));
	}
	for (size_t i = 0; i < KEYS; i += 2) {
		snprintf(key, sizeof(key), "tests/%zu", i);
		assert_ptr_equal(map_remove(map, key, strlen(key)), &values[i]);
	}
	assert_int_equal(map_count(map), KEYS / 2);
	for (size_t i = 0; i < KEYS; i++) {
		snprintf(key, sizeof(key), "tests/%zu", i);
		assert_ptr_equal(map_get(map, key, strlen(key)), i % 2 ? &values[i] : NULL);
	}
	map_free(map);
}

static void free_of_nothing_is_fine(void **state)
{
	(void)state;
	map_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(put_gives_back_what_was_there),
		cmocka_unit_test(keys_are_bytes_and_are_copied),
		cmocka_unit_test(removed_key_is_gone),
		cmocka_unit_test(each_goes_in_order_of_insertion),
		cmocka_unit_test(a_hundred_thousand_keys_are_found),
		cmocka_unit_test(free_of_nothing_is_fine),
	};

	return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
