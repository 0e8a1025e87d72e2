#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "select/shard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)

static uint32_t draw(uint32_t *state, uint32_t below)
{
	*state = *state * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)(*state >> 8) * below) >> 24);
}

/* A suite whose texts it owns. */
struct suite {
	struct test_facts *tests;
	size_t count;
};

static struct suite suite_new(size_t count)
{
	return (struct suite){ alloc_zeroed(count, sizeof(struct test_facts)), count };
}

static void suite_free(struct suite *suite)
{
	for (size_t i = 0; i < suite->count; i++) {
		free((char *)suite->tests[i].id);
		free((char *)suite->tests[i].file);
		free((char *)suite->tests[i].scope);
	}
	free(suite->tests);
}

static void set_test(struct suite *suite, size_t index, const char *file, const char *scope,
		     uint64_t duration)
{
	suite->tests[index] = (struct test_facts){
		.suite = "s",
		.id = alloc_format("%s::test_%05zu",
				   scope  ? scope
				   : file ? file
					  : "t",
				   index),
		.file = file ? alloc_string(file) : NULL,
		.scope = scope ? alloc_string(scope) : NULL,
		.ordinal = 1,
		.duration = duration,
	};
}

/* Durations of a heavy tail, most of a few ms, some of seconds; some are not known. */
static uint64_t draw_duration(uint32_t *state)
{
	uint64_t duration = (1 + draw(state, 1000)) * UINT64_C(1000000);

	for (int i = 0; i < 3 && draw(state, 4) == 0; i++)
		duration *= 3;
	return draw(state, 10) == 0 ? UINT64_MAX : duration;
}

static struct suite random_suite(uint32_t *state)
{
	struct suite suite = suite_new(1 + draw(state, 400));
	unsigned scopes = 1 + draw(state, 60);

	for (size_t i = 0; i < suite.count; i++) {
		unsigned number = draw(state, scopes);
		char file[32], scope[48];

		snprintf(file, sizeof(file), "test_%u.c", number / 3);
		snprintf(scope, sizeof(scope), "test_%u.c::s%u", number / 3, number);
		set_test(&suite, i, draw(state, 20) ? file : NULL, draw(state, 4) ? scope : NULL,
			 draw_duration(state));
	}
	return suite;
}

static bool same_unit(const struct test_facts *a, const struct test_facts *b)
{
	if (a->scope || b->scope)
		return a->scope && b->scope && strcmp(a->scope, b->scope) == 0;
	return a->file && b->file && strcmp(a->file, b->file) == 0;
}

static void the_hash_puts_each_test_into_one_part(void **state)
{
	(void)state;
	for (unsigned count = 1; count < 20; count++) {
		for (unsigned i = 0; i < 300; i++) {
			char id[40];
			struct test_facts facts = { .suite = "s", .id = id, .ordinal = 1 + i % 3 };
			unsigned parts = 0;

			snprintf(id, sizeof(id), "tests/test_a.py::test_%u", i / 3);
			for (unsigned index = 1; index <= count; index++)
				parts += shard_has((struct shard){ index, count }, &facts);
			assert_int_equal(parts, 1);
		}
	}
	assert_true(shard_has((struct shard){ 0, 0 }, &(struct test_facts){ .id = "a" }));
}

/* Other versions and other machines must agree. These were calculated apart from this code. */
static void the_hash_stays_what_it_is(void **state)
{
	static const struct {
		const char *suite, *id;
		uint32_t ordinal;
		unsigned part; /* of 1000 */
	} cases[] = {
		{ "unit", "tests/test_a.py::test_x", 1, 904 },
		{ "unit", "tests/test_a.py::test_x", 2, 556 },
		{ "unit", "tests/test_a.py::test_y", 1, 845 },
		{ "other", "tests/test_a.py::test_x", 1, 454 },
		{ NULL, "a", 1, 452 },
		{ "", "\xC3\xA9\xFF", 70000, 163 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct test_facts facts = { .suite = cases[i].suite,
						  .id = cases[i].id,
						  .ordinal = cases[i].ordinal };

		assert_true(shard_has((struct shard){ cases[i].part, 1000 }, &facts));
	}
}

static void the_hash_does_not_confuse_texts(void **state)
{
	const struct test_facts facts[] = { { .suite = "a", .id = "bc" }, { .suite = "ab", .id = "c" } };
	unsigned same = 0;

	(void)state;
	for (unsigned index = 1; index <= 1000; index++) {
		same += shard_has((struct shard){ index, 1000 }, &facts[0]) &&
			shard_has((struct shard){ index, 1000 }, &facts[1]);
	}
	assert_int_equal(same, 0);
}

static void the_hash_spreads_numbered_tests(void **state)
{
	static const char *const forms[] = { "test_%u", "tests/test_a.py::test_x[%u]", "t%u::case", "%u%u",
					     "test_%x" };
	enum { TESTS = 8000 };

	(void)state;
	for (size_t form = 0; form < sizeof(forms) / sizeof(forms[0]); form++) {
		for (unsigned count = 2; count <= 16; count++) {
			unsigned sizes[17] = { 0 };
			double expected = (double)TESTS / count;
			double chi_square = 0;

			for (unsigned i = 0; i < TESTS; i++) {
				char id[64];
				struct test_facts facts = { .suite = "unit", .id = id, .ordinal = 1 };

				switch (form) {
				case 0:
					snprintf(id, sizeof(id), "test_%u", i);
					break;
				case 1:
					snprintf(id, sizeof(id), "tests/test_a.py::test_x[%u]", i);
					break;
				case 2:
					snprintf(id, sizeof(id), "t%u::case", i);
					break;
				case 3:
					snprintf(id, sizeof(id), "%u%u", i, i);
					break;
				default:
					snprintf(id, sizeof(id), "test_%x", i * 2);
					break;
				}
				for (unsigned index = 1; index <= count; index++)
					sizes[index] += shard_has((struct shard){ index, count }, &facts);
			}
			for (unsigned index = 1; index <= count; index++)
				chi_square +=
					(sizes[index] - expected) * (sizes[index] - expected) / expected;
			/* No random spread comes near; numbers in step with the parts are far beyond. */
			if (chi_square > 20 + 5.0 * count)
				fail_msg("%s in %u parts: chi-square %.1f", forms[form], count, chi_square);
		}
	}
}

static uint64_t known_duration(const struct test_facts *facts)
{
	return facts->duration == UINT64_MAX ? 0 : facts->duration;
}

static void every_test_gets_one_part_in_whatever_order_they_come(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct suite suite = random_suite(&seed);
		struct test_facts *shuffled = alloc_zeroed(suite.count, sizeof(*shuffled));
		size_t *places = alloc_zeroed(suite.count, sizeof(*places));
		unsigned *parts = alloc_zeroed(suite.count, sizeof(*parts));
		unsigned *others = alloc_zeroed(suite.count, sizeof(*others));
		unsigned count = 1 + draw(&seed, 12);

		for (size_t i = 0; i < suite.count; i++)
			places[i] = i;
		for (size_t i = suite.count; i > 1; i--) {
			size_t other = draw(&seed, (uint32_t)i);
			size_t place = places[i - 1];

			places[i - 1] = places[other];
			places[other] = place;
		}
		for (size_t i = 0; i < suite.count; i++) {
			shuffled[i] = suite.tests[places[i]];
			parts[i] = others[i] = 999;
		}
		shard_balance(count, suite.tests, suite.count, parts);
		shard_balance(count, shuffled, suite.count, others);
		for (size_t i = 0; i < suite.count; i++) {
			assert_in_range(parts[i], 1, count);
			assert_int_equal(others[i], parts[places[i]]);
		}
		free(others);
		free(parts);
		free(places);
		free(shuffled);
		suite_free(&suite);
	}
}

/* The parts' durations; the longest one is returned. */
static uint64_t sum_parts(const struct suite *suite, const unsigned *parts, unsigned count, uint64_t *sums)
{
	uint64_t longest = 0;

	memset(sums, 0, (count + 1) * sizeof(*sums));
	for (size_t i = 0; i < suite->count; i++)
		sums[parts[i]] += known_duration(&suite->tests[i]);
	for (unsigned i = 1; i <= count; i++)
		longest = sums[i] > longest ? sums[i] : longest;
	return longest;
}

static void short_scopes_stay_whole_and_long_ones_are_cut_in_runs(void **state)
{
	uint32_t seed = 11;
	size_t cuts = 0;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct suite suite = random_suite(&seed);
		unsigned *parts = alloc_zeroed(suite.count, sizeof(*parts));
		unsigned count = 1 + draw(&seed, 12);
		uint64_t total = 0;

		/* Only of known ones it is known here how long the scopes are. */
		for (size_t i = 0; i < suite.count; i++) {
			suite.tests[i].duration = known_duration(&suite.tests[i]);
			total += suite.tests[i].duration;
		}
		shard_balance(count, suite.tests, suite.count, parts);
		for (size_t i = 0; i < suite.count; i++) {
			uint64_t unit = 0;

			for (size_t j = 0; j < suite.count; j++) {
				if (i == j || same_unit(&suite.tests[i], &suite.tests[j]))
					unit += suite.tests[j].duration;
			}
			for (size_t j = 0; j < i; j++) {
				if (!same_unit(&suite.tests[i], &suite.tests[j]) || parts[i] == parts[j])
					continue;
				if (unit <= total / count)
					fail_msg("%s was cut", suite.tests[i].scope);
				cuts++;
			}
		}
		free(parts);
		suite_free(&suite);
	}
	assert_true(cuts > 0);
}

static void a_long_scope_is_cut_into_contiguous_runs(void **state)
{
	struct suite suite = suite_new(100);
	unsigned parts[100];

	(void)state;
	for (size_t i = 0; i < 100; i++)
		set_test(&suite, i, "a.c", "a", SECOND);
	shard_balance(4, suite.tests, 100, parts);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(parts[i], 1 + i / 25);
	suite_free(&suite);
}

static void long_scopes_share_a_part_where_they_end(void **state)
{
	struct suite suite = suite_new(30);
	unsigned parts[30];
	uint64_t sums[4];

	(void)state;
	/* Two scopes of one and a half parts each: neither can be in one, three parts are full. */
	for (size_t i = 0; i < 30; i++)
		set_test(&suite, i, NULL, i < 15 ? "a" : "b", SECOND);
	shard_balance(3, suite.tests, 30, parts);
	assert_int_equal(sum_parts(&suite, parts, 3, sums), 10 * SECOND);
	suite_free(&suite);
}

static void assert_row(unsigned count, const uint64_t *seconds, size_t tests, const unsigned *expected)
{
	struct suite suite = suite_new(tests);
	unsigned *parts = alloc_zeroed(tests, sizeof(*parts));

	for (size_t i = 0; i < tests; i++)
		set_test(&suite, i, NULL, "a", seconds[i] * SECOND);
	shard_balance(count, suite.tests, tests, parts);
	for (size_t i = 0; i < tests; i++)
		assert_int_equal(parts[i], expected[i]);
	free(parts);
	suite_free(&suite);
}

static void a_row_is_cut_where_the_parts_are_nearest(void **state)
{
	(void)state;
	assert_row(2, (const uint64_t[]){ 9, 9, 2 }, 3, (const unsigned[]){ 1, 2, 2 });
	assert_row(2, (const uint64_t[]){ 2, 9, 9 }, 3, (const unsigned[]){ 1, 1, 2 });
	/* Tests without a duration go where the row has come to, and never beyond its end. */
	assert_row(2, (const uint64_t[]){ 5, 5, 5, 5, 0, 0 }, 6, (const unsigned[]){ 1, 1, 2, 2, 2, 2 });
	assert_row(2, (const uint64_t[]){ 9, 9, 0 }, 3, (const unsigned[]){ 1, 2, 2 });
}

static void a_giant_is_alone(void **state)
{
	struct suite suite = suite_new(41);
	unsigned parts[41];
	uint64_t sums[6];

	(void)state;
	for (size_t i = 0; i < 40; i++)
		set_test(&suite, i, NULL, "a", SECOND);
	set_test(&suite, 40, NULL, "a", 100 * SECOND);
	shard_balance(5, suite.tests, 41, parts);
	assert_int_equal(sum_parts(&suite, parts, 5, sums), 100 * SECOND);
	for (unsigned i = 1; i <= 5; i++)
		assert_int_equal(sums[i], i == parts[40] ? 100 * SECOND : 10 * SECOND);
	suite_free(&suite);
}

static void parts_take_equally_long_where_that_is_possible(void **state)
{
	uint32_t seed = 3;

	(void)state;
	for (int round = 0; round < 200; round++) {
		unsigned count = 2 + draw(&seed, 15);
		unsigned *parts = alloc_zeroed(4000, sizeof(*parts));
		uint64_t *sums = alloc_zeroed(count + 1, sizeof(*sums));
		struct suite suite = suite_new(4000);
		uint64_t total = 0;
		uint64_t longest;

		/* Scopes of very different sizes, some longer than several parts; all tests short. */
		for (size_t i = 0; i < suite.count; i++) {
			char scope[32];
			unsigned kind = draw(&seed, 3);

			snprintf(scope, sizeof(scope), "s%u",
				 kind == 0 ? 0 : draw(&seed, kind == 1 ? 3 : 300) + kind * 1000);
			set_test(&suite, i, "a.c", scope, (1 + draw(&seed, 1000)) * UINT64_C(1000000));
			total += suite.tests[i].duration;
		}
		shard_balance(count, suite.tests, suite.count, parts);
		longest = sum_parts(&suite, parts, count, sums);
		if (longest > total / count / 20 * 21)
			fail_msg("%u parts: %f", count, (double)longest * count / (double)total);
		suite_free(&suite);
		free(sums);
		free(parts);
	}
}

/* The file and its median decide, not the suite's; where a file has none, all have one. */
static void tests_not_known_count_as_the_median(void **state)
{
	struct suite suite = suite_new(10);
	unsigned parts[10];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		set_test(&suite, i, "a.c", i == 0 ? "a0" : i == 1 ? "a1" : "a2", (i + 1) * 10 * SECOND);
	set_test(&suite, 3, "a.c", "a3", UINT64_MAX); /* 20 */
	for (size_t i = 4; i < 8; i++)
		set_test(&suite, i, "b.c", i == 4 ? "b4" : i == 5 ? "b5" : i == 6 ? "b6" : "b7", SECOND);
	set_test(&suite, 8, "c.c", "c", UINT64_MAX); /* 1, as the median of all */
	set_test(&suite, 9, NULL, "d", UINT64_MAX);  /* the same */
	/* 30 20 20 10 and six ones: 30 10 | 20 20, then three and three. */
	shard_balance(2, suite.tests, 10, parts);
	assert_int_equal(parts[2], 1);
	assert_int_equal(parts[1], 2);
	assert_int_equal(parts[3], 2);
	assert_int_equal(parts[0], 1);
	{
		unsigned ones = 0;

		for (size_t i = 4; i < 10; i++)
			ones += parts[i] == 1;
		assert_int_equal(ones, 3);
	}
	shard_balance(2, suite.tests + 8, 1, parts);
	assert_int_equal(parts[0], 1);
	suite_free(&suite);
}

static void without_any_duration_parts_have_equally_many(void **state)
{
	static const uint64_t durations[] = { UINT64_MAX, 0 };

	(void)state;
	for (size_t kind = 0; kind < 2; kind++) {
		struct suite suite = suite_new(35);
		unsigned sizes[5] = { 0 };
		unsigned parts[35];

		for (size_t i = 0; i < 35; i++)
			set_test(&suite, i, NULL, NULL, durations[kind]);
		shard_balance(4, suite.tests, 35, parts);
		for (size_t i = 0; i < 35; i++)
			sizes[parts[i]]++;
		for (unsigned i = 1; i <= 4; i++)
			assert_in_range(sizes[i], 8, 9);
		suite_free(&suite);
	}
	{
		struct suite suite = suite_new(40);
		unsigned parts[40];

		for (size_t i = 0; i < 40; i++)
			set_test(&suite, i, NULL, "a", UINT64_MAX);
		shard_balance(4, suite.tests, 40, parts);
		for (size_t i = 0; i < 40; i++)
			assert_int_equal(parts[i], 1 + i / 10);
		suite_free(&suite);
	}
}

static void extremes_are_survived(void **state)
{
	struct suite suite = suite_new(5);
	unsigned parts[5];

	(void)state;
	shard_balance(3, NULL, 0, NULL);
	for (size_t i = 0; i < 5; i++)
		set_test(&suite, i, NULL, i < 3 ? "a" : NULL, UINT64_MAX - 1 - i);
	shard_balance(1, suite.tests, 5, parts);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(parts[i], 1);
	shard_balance(0, suite.tests, 5, parts);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(parts[i], 1);
	shard_balance(100000, suite.tests, 5, parts);
	for (size_t i = 0; i < 5; i++) {
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(parts[i], parts[j]);
	}
	suite_free(&suite);
}

static void equal_ids_are_told_apart_by_their_ordinal(void **state)
{
	const struct test_facts first = { .suite = "a", .id = "x", .ordinal = 1, .duration = SECOND };
	const struct test_facts second = { .suite = "a", .id = "x", .ordinal = 2, .duration = SECOND };
	unsigned parts[2];

	(void)state;
	shard_balance(2, (const struct test_facts[]){ first, second }, 2, parts);
	assert_int_equal(parts[0], 1);
	assert_int_equal(parts[1], 2);
	shard_balance(2, (const struct test_facts[]){ second, first }, 2, parts);
	assert_int_equal(parts[0], 2);
	assert_int_equal(parts[1], 1);
}

static void scopes_and_files_are_those_of_their_suite(void **state)
{
	struct test_facts tests[] = {
		{ .suite = "a", .id = "1", .scope = "x", .duration = SECOND },
		{ .suite = "b", .id = "2", .scope = "x", .duration = SECOND },
		{ .suite = "c", .id = "3", .scope = "y", .duration = SECOND },
		{ .suite = "c", .id = "4", .scope = "z", .duration = SECOND },
	};
	unsigned parts[4];

	(void)state;
	/* Two of one name would stay together. */
	shard_balance(2, tests, 4, parts);
	assert_int_not_equal(parts[0], parts[1]);
	for (size_t i = 0; i < 4; i++) {
		tests[i].file = tests[i].scope;
		tests[i].scope = NULL;
	}
	shard_balance(2, tests, 4, parts);
	assert_int_not_equal(parts[0], parts[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hash_puts_each_test_into_one_part),
		cmocka_unit_test(the_hash_stays_what_it_is),
		cmocka_unit_test(the_hash_does_not_confuse_texts),
		cmocka_unit_test(the_hash_spreads_numbered_tests),
		cmocka_unit_test(every_test_gets_one_part_in_whatever_order_they_come),
		cmocka_unit_test(short_scopes_stay_whole_and_long_ones_are_cut_in_runs),
		cmocka_unit_test(a_long_scope_is_cut_into_contiguous_runs),
		cmocka_unit_test(long_scopes_share_a_part_where_they_end),
		cmocka_unit_test(a_row_is_cut_where_the_parts_are_nearest),
		cmocka_unit_test(a_giant_is_alone),
		cmocka_unit_test(parts_take_equally_long_where_that_is_possible),
		cmocka_unit_test(tests_not_known_count_as_the_median),
		cmocka_unit_test(without_any_duration_parts_have_equally_many),
		cmocka_unit_test(extremes_are_survived),
		cmocka_unit_test(equal_ids_are_told_apart_by_their_ordinal),
		cmocka_unit_test(scopes_and_files_are_those_of_their_suite),
	};

	return cmocka_run_group_tests_name("shard", tests, NULL, NULL);
}
