#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "cli/bench_events.h"
#include "cli/bench_numbers.h"
#include "cli/bench_options.h"
#include "cli/bench_print.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void assert_near(double found, double expected)
{
	if (!(fabs(found - expected) <= 1e-9 * fmax(1, fabs(expected))))
		fail_msg("expected %.12g, found %.12g", expected, found);
}

/* --- numbers --- */

static void median_is_the_middle_or_between_two(void **state)
{
	double odd[] = { 9, 1, 5 }, even[] = { 4, 1, 2, 100 }, one[] = { 7 };
	(void)state;
	assert_near(bench_median(odd, 3), 5);
	assert_near(bench_median(even, 4), 3);
	assert_near(bench_median(one, 1), 7);
	assert_near(bench_median(NULL, 0), 0);
}

static void serial_share_of_amdahls_walls_is_found(void **state)
{
	static const double shares[] = { 0, 0.05, 0.3, 1 };
	static const double n[] = { 1, 2, 4, 8, 16 };
	(void)state;
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		double walls[5], share = shares[i];
		for (size_t k = 0; k < 5; k++)
			walls[k] = 40 * (share + (1 - share) / n[k]);
		assert_true(fabs(bench_serial_share(n, walls, 5) - share) < 1e-9);
	}
}

/* By hand: the line through (1, 10) and (1/2, 6) is T = 2 + 8 / n. */
static void two_counts_are_enough_for_a_share(void **state)
{
	static const double n[] = { 1, 2 }, walls[] = { 10, 6 };
	(void)state;
	assert_near(bench_serial_share(n, walls, 2), 0.2);
}

static void share_stays_between_nothing_and_all(void **state)
{
	static const double n[] = { 1, 2, 4 }, slower[] = { 10, 11, 12 }, super[] = { 10, 4, 1 };
	(void)state;
	assert_near(bench_serial_share(n, slower, 3), 1);
	assert_near(bench_serial_share(n, super, 3), 0);
}

static void one_number_of_workers_has_no_share(void **state)
{
	static const double n[] = { 1, 1, 1 }, walls[] = { 10, 11, 12 };
	(void)state;
	assert_near(bench_serial_share(n, walls, 3), -1);
	assert_near(bench_serial_share(n, walls, 1), -1);
	assert_near(bench_serial_share(n, walls, 0), -1);
}

/* By the normal equations with weights 1/T²; with equal weights the share would be 0.043. */
static void points_weigh_by_their_share(void **state)
{
	static const double n[] = { 1, 2, 4 }, walls[] = { 12, 5, 4 };
	(void)state;
	assert_near(bench_serial_share(n, walls, 3), 0.134941912422);
}

static void add_walls(struct bench *bench, unsigned asked, size_t count, const double *walls)
{
	struct bench_count added = { .asked = asked };
	for (size_t i = 0; i < count; i++)
		vec_push(&added.runs,
			 ((struct bench_run){ .wall = walls[i], .busy = walls[i], .workers = asked }));
	vec_push(&bench->counts, added);
}

#define WALLS(...)                                                     \
	sizeof((double[]){ __VA_ARGS__ }) / sizeof(double), (double[]) \
	{                                                              \
		__VA_ARGS__                                            \
	}

static void counts_get_speedup_and_efficiency(void **state)
{
	struct bench bench = { .wanted_runs = 3 };
	(void)state;
	add_walls(&bench, 0, WALLS(9));
	add_walls(&bench, 1, WALLS(8, 12, 10));
	add_walls(&bench, 4, WALLS(5, 4));
	bench_conclude(&bench);
	const struct bench_count *counts = bench.counts.items;
	assert_int_equal(bench.baseline, 1);
	assert_int_equal(bench.largest, 2);
	assert_near(counts[1].wall, 10);
	assert_near(counts[1].least, 8);
	assert_near(counts[1].most, 12);
	assert_near(counts[1].efficiency, 1);
	assert_near(counts[0].speedup, 10.0 / 9);
	assert_near(counts[0].efficiency, 10.0 / 9);
	assert_near(counts[2].wall, 4.5);
	assert_near(counts[2].speedup, 10 / 4.5);
	assert_near(counts[2].efficiency, 10 / 4.5 / 4);
	assert_near(bench_spread(&bench), 0.4);
	assert_near(bench_typical(&counts[1])->wall, 10);
	bench_fini(&bench);
}

static void least_count_is_the_baseline_without_one_worker(void **state)
{
	struct bench bench = { .wanted_runs = 1 };
	(void)state;
	add_walls(&bench, 2, WALLS(10));
	add_walls(&bench, 8, WALLS(5));
	bench_conclude(&bench);
	assert_int_equal(bench.baseline, 0);
	assert_near(bench.counts.items[1].speedup, 2);
	assert_near(bench.counts.items[1].efficiency, 0.5); /* four times the workers, twice as fast */
	bench_fini(&bench);

	bench = (struct bench){ .wanted_runs = 1 };
	add_walls(&bench, 0, WALLS(10));
	add_walls(&bench, 2, WALLS(5));
	bench_conclude(&bench);
	assert_int_equal(bench.baseline, 0);
	assert_near(bench.counts.items[1].efficiency, 1);
	bench_fini(&bench);
}

static void advice_is_the_fewest_workers_that_are_nearly_best(void **state)
{
	struct bench bench = { .wanted_runs = 1 };
	(void)state;
	add_walls(&bench, 1, WALLS(20));
	add_walls(&bench, 2, WALLS(10.6));
	add_walls(&bench, 4, WALLS(10.4));
	add_walls(&bench, 8, WALLS(10));
	add_walls(&bench, 16, WALLS(12));
	bench_conclude(&bench);
	assert_int_equal(bench.best, 3);
	assert_int_equal(bench.advised, 2);
	assert_int_equal(bench.largest, 4);
	bench_fini(&bench);
}

static void counts_that_were_not_reached_are_left_out(void **state)
{
	struct bench bench = { .wanted_runs = 2 };
	(void)state;
	add_walls(&bench, 0, 0, NULL);
	add_walls(&bench, 1, 0, NULL);
	add_walls(&bench, 2, WALLS(6));
	add_walls(&bench, 4, 0, NULL);
	bench_conclude(&bench);
	assert_int_equal(bench.baseline, 2);
	assert_int_equal(bench.largest, 2);
	assert_int_equal(bench.best, 2);
	assert_int_equal(bench.advised, 2);
	assert_near(bench.serial, -1);
	assert_near(bench_contention(&bench), 0);
	assert_null(bench_typical(&bench.counts.items[0]));
	bench_fini(&bench);
}

static void nothing_measured_has_no_conclusions(void **state)
{
	struct bench bench = { .wanted_runs = 2 };
	(void)state;
	add_walls(&bench, 1, 0, NULL);
	bench_conclude(&bench);
	assert_int_equal(bench.baseline, -1);
	assert_int_equal(bench.largest, -1);
	assert_int_equal(bench.best, -1);
	assert_int_equal(bench.advised, -1);
	bench_fini(&bench);
}

static void contention_is_how_much_longer_tests_took(void **state)
{
	struct bench bench = { .wanted_runs = 1 };
	(void)state;
	add_walls(&bench, 1, WALLS(10));
	add_walls(&bench, 8, WALLS(15));
	bench_conclude(&bench);
	assert_near(bench_contention(&bench), 1.5);
	bench_fini(&bench);
}

/* --- the command line --- */

static int parse(struct bench_options *options, struct error *error, unsigned cpus, const char *line)
{
	static char words[256];
	char *arguments[32], *save = NULL;
	size_t count = 0;
	snprintf(words, sizeof(words), "%s", line);
	for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save))
		arguments[count++] = word;
	return bench_options_parse(arguments, count, cpus, options, error);
}

static void assert_counts(unsigned cpus, const char *line, const char *expected)
{
	struct bench_options options;
	struct error error = ERROR_INIT;
	struct str found = STR_INIT;
	if (parse(&options, &error, cpus, line) != 0)
		fail_msg("%s: %s", line, error.message);
	vec_each(&options.counts, it)
		str_add_format(&found, "%s%u", found.length ? " " : "", *it);
	assert_string_equal(found.data, expected);
	str_fini(&found);
	bench_options_fini(&options);
}

static void counts_double_up_to_the_cpus(void **state)
{
	(void)state;
	assert_counts(1, "", "0 1 2");
	assert_counts(2, "", "0 1 2");
	assert_counts(3, "", "0 1 2 3");
	assert_counts(8, "", "0 1 2 4 8");
	assert_counts(12, "", "0 1 2 4 8 12");
	assert_counts(1000, "", "0 1 2 4 8 16 32 64 128 256");
}

static void counts_are_sorted_and_each_is_there_once(void **state)
{
	(void)state;
	assert_counts(6, "-n 8,1,2,1", "1 2 8");
	assert_counts(6, "-j8,0", "0 8");
	assert_counts(6, "--numprocesses=256", "256");
	assert_counts(6, "-n=1,auto", "1 6");
	assert_counts(6, "-n 1 -n 2", "2"); /* the last one counts */
}

static void assert_wrong(const char *line, const char *message)
{
	struct bench_options options;
	struct error error = ERROR_INIT;
	assert_int_equal(parse(&options, &error, 2, line), -1);
	assert_string_equal(error.message, message);
}

static void wrong_options_are_named_with_what_was_expected(void **state)
{
	(void)state;
	assert_wrong("-n 2;3",
		     "-n: expected numbers of workers such as 1,2,8 (each 0 to 256, or auto), found '2;3'");
	assert_wrong("-n 257",
		     "-n: expected numbers of workers such as 1,2,8 (each 0 to 256, or auto), found '257'");
	assert_wrong("-k x -j",
		     "-j: expected numbers of workers such as 1,2,8 (each 0 to 256, or auto), found nothing");
	assert_wrong("--runs 0", "--runs: expected how often each count is measured, 1 to 1000, found '0'");
	assert_wrong("--format json",
		     "--format can't be used with bench: its runs are headless and measured");
}

static void all_else_is_for_the_runs_in_its_order(void **state)
{
	struct bench_options options;
	struct error error = ERROR_INIT;
	struct str found = STR_INIT;
	(void)state;
	assert_int_equal(
		parse(&options, &error, 2, "-k x --json tests -n 1 --no-history --runs=7 -- -n 9 --json -h"),
		0);
	vec_each(&options.rest, it)
		str_add_format(&found, "%s ", *it);
	assert_string_equal(found.data, "-k x tests --no-history -- -n 9 --json -h ");
	assert_true(options.json);
	assert_false(options.help);
	assert_int_equal(options.runs, 7);
	str_fini(&found);
	bench_options_fini(&options);
}

/* --- events --- */

static bool conclude(struct bench_run *run, const char *const *lines, size_t count)
{
	struct bench_events *events = bench_events_new();
	memset(run, 0, sizeof(*run));
	for (size_t i = 0; i < count; i++)
		bench_events_add(events, slice_of(lines[i]));
	bool whole = bench_events_conclude(events, run);
	bench_events_free(events);
	return whole;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define EVENT(type, t, more) "{\"v\":1,\"type\":\"" type "\",\"t\":" t "," more "}"
#define TEST(name) "\"suite\":\"s\",\"id\":\"" name "\""

static void run_is_read_from_its_events(void **state)
{
	static const char *const lines[] = {
		EVENT("run.started", "0", "\"run_id\":\"x\""),
		EVENT("test.found", "0.1", TEST("a") ",\"scope\":\"A\""),
		EVENT("test.found", "0.1", TEST("b") ",\"scope\":\"B\""),
		EVENT("test.found", "0.1", TEST("c") ",\"scope\":\"B\""),
		EVENT("run.collected", "0.2", "\"workers\":3,\"tests\":3"),
		/* Of two workers, not in the order of their times. */
		EVENT("test.started", "0.6", "\"worker\":1," TEST("b")),
		EVENT("test.started", "0.5", "\"worker\":0," TEST("a")),
		EVENT("test.output", "0.7", "\"data\":\"no {event\""),
		EVENT("worker.sample", "1", "\"worker\":0,\"cpu\":1,\"rss\":1000"),
		EVENT("worker.sample", "2", "\"worker\":0,\"cpu\":1,\"rss\":700"),
		EVENT("test.started", "1.6", "\"worker\":1," TEST("c")),
		EVENT("test.finished", "1.6",
		      "\"worker\":1,\"attempt\":1,\"duration\":1,\"rss\":30," TEST("b")),
		EVENT("test.finished", "2", "\"worker\":1,\"attempt\":1,\"duration\":0.4," TEST("c")),
		EVENT("test.finished", "4", "\"worker\":1,\"attempt\":2,\"duration\":1.6," TEST("c")),
		EVENT("test.finished", "2.5",
		      "\"worker\":0,\"attempt\":1,\"duration\":2,\"rss\":900," TEST("a")),
		EVENT("run.finished", "5", "\"tests\":3,\"passed\":2,\"failed\":1,\"notrun\":0"),
	};
	struct bench_run run;
	(void)state;
	assert_true(conclude(&run, lines, COUNT(lines)));
	assert_int_equal(run.tests, 3);
	assert_int_equal(run.failed, 1);
	assert_int_equal(run.notrun, 0);
	assert_int_equal(run.workers, 3);
	assert_near(run.first, 0.5);
	assert_near(run.last, 4);
	assert_near(run.busy, 5);
	/* The third worker had no test at all. */
	assert_near(run.tail, 3.5);
	assert_near(run.idle, 3.5 + 1.5);
	assert_int_equal(run.rss, 1030);
	/* Both attempts are what it takes. */
	assert_string_equal(run.longest_test, "a");
	assert_near(run.longest_test_time, 2);
	assert_string_equal(run.longest_scope, "B");
	assert_near(run.longest_scope_time, 3);
	bench_run_fini(&run);
}

static void test_on_every_worker_is_as_long_as_on_one(void **state)
{
	static const char *const lines[] = {
		EVENT("test.found", "0", TEST("a") ",\"worker\":0"),
		EVENT("test.found", "0", TEST("a") ",\"worker\":1"),
		/* Two of one name. */
		EVENT("test.found", "0", TEST("b")),
		EVENT("test.found", "0", TEST("b") ",\"ordinal\":2"),
		EVENT("test.finished", "1", "\"worker\":1,\"duration\":0.5," TEST("b")),
		EVENT("test.finished", "2", "\"worker\":0,\"duration\":2," TEST("a")),
		EVENT("test.finished", "2", "\"worker\":1,\"duration\":2," TEST("a")),
		EVENT("test.finished", "5", "\"worker\":1,\"duration\":3,\"ordinal\":2," TEST("b")),
		EVENT("run.finished", "6", "\"tests\":3"),
	};
	struct bench_run run;
	(void)state;
	assert_true(conclude(&run, lines, COUNT(lines)));
	assert_string_equal(run.longest_test, "b");
	assert_near(run.longest_test_time, 3);
	assert_null(run.longest_scope);
	bench_run_fini(&run);
}

static void run_without_its_end_is_none(void **state)
{
	static const char *const lines[] = { EVENT("run.started", "0", "\"run_id\":\"x\""),
					     EVENT("test.started", "1", "\"worker\":0," TEST("a")) };
	static const char *const plain[] = { "xtop: 3 tests on 2 workers", "", "{",
					     "{\"v\":1,\"type\":\"run.finished\"," };
	struct bench_run run;
	(void)state;
	assert_false(conclude(&run, lines, COUNT(lines)));
	assert_false(conclude(&run, plain, COUNT(plain)));
	assert_false(conclude(&run, NULL, 0));
}

static void run_without_tests_has_no_times(void **state)
{
	static const char *const lines[] = { EVENT("run.collected", "0.2", "\"workers\":1,\"tests\":0"),
					     EVENT("run.finished", "5", "\"tests\":0") };
	struct bench_run run;
	(void)state;
	assert_true(conclude(&run, lines, COUNT(lines)));
	assert_near(run.first, 0);
	assert_near(run.last, 0);
	assert_near(run.tail, 0);
	assert_null(run.longest_test);
}

static void worker_out_of_range_harms_nothing(void **state)
{
	static const char *const lines[] = {
		EVENT("worker.sample", "1", "\"worker\":256,\"rss\":1000"),
		EVENT("test.finished", "2", "\"worker\":-1,\"duration\":2," TEST("a")),
		EVENT("test.finished", "3", "\"worker\":\"x\",\"duration\":1"),
		EVENT("run.finished", "5", "\"tests\":1"),
	};
	struct bench_run run;
	(void)state;
	assert_true(conclude(&run, lines, COUNT(lines)));
	assert_int_equal(run.rss, 0);
	assert_near(run.busy, 3);
	bench_run_fini(&run);
}

/* --- what is printed --- */

static struct bench *small_bench(void)
{
	struct bench *bench = ALLOC_NEW(struct bench);
	bench->wanted_runs = 1;
	bench->cpus = 4;
	bench->memory = UINT64_C(1) << 30;
	for (unsigned n = 1; n <= 4; n *= 4) {
		struct bench_count count = { .asked = n };
		struct bench_run run = { .wall = n == 1 ? 8 : 2.5,
					 .cpu = 7.5,
					 .largest_process = 1 << 20,
					 .workers = n == 1 ? 1 : 3,
					 .tests = 100,
					 .failed = n == 1 ? 0 : 1,
					 .first = 0.25,
					 .last = n == 1 ? 7.9 : 2.4,
					 .tail = 0.5,
					 .idle = 0.75,
					 .busy = n == 1 ? 8 : 9.6,
					 .rss = 5 << 20,
					 .longest_test = alloc_string("tests/long\033[2J"),
					 .longest_test_time = 1.25 };
		vec_push(&count.runs, run);
		vec_push(&bench->counts, count);
	}
	bench_conclude(bench);
	return bench;
}

static void report_reads_like_this(void **state)
{
	static const char expected[] =
		"xtop bench: 100 tests, 1 run of each count after one that warmed up and is not counted, on 4 CPUs\n"
		"\n"
		"    -n     wall        min, max  speed-up  efficiency\n"
		"     1    8.00s    8.00s   8.00s   1.00 x       100 %\n"
		"     4    2.50s    2.50s   2.50s   3.20 x        80 %  only 3 workers\n"
		"\n"
		"     1  ################################ 8.00s\n"
		"     4  ########## 2.50s\n"
		"\n"
		"serial share  8.3 % (fitted, Amdahl): no number of workers makes it more than 12 times as fast\n"
		"\n"
		"what held -n 4 back, of 2.50s:\n"
		"  collection      0.250s   10 %  start and collection, before the first test\n"
		"  end             0.100s    4 %  after the last test\n"
		"  tail            0.500s   20 %  not enough tests were left for all; evenly spread, the run ends 0.250s sooner\n"
		"  longest test     1.25s   50 %  tests/long\n"
		"  CPUs          3.0 of 4 were busy; tests took 1.20 times as long as with -n 1: they wait for each other, "
		"or for disk and memory\n"
		"  memory        5.0 MiB in all workers at their peaks (what they share counts in each), of 1.0 GiB\n"
		"\n"
		"note: 1 test failed; measured all the same\n"
		"advice: -n 4, 2.50s: the fastest\n";
	struct bench *bench = small_bench();
	struct str out = STR_INIT;
	(void)state;
	bench_add_report(bench, 52, true, &out);
	assert_string_equal(out.data, expected);
	str_fini(&out);
	bench_fini(bench);
	free(bench);
}

static void bars_have_eighths_where_the_locale_has_blocks(void **state)
{
	struct bench *bench = small_bench();
	struct str out = STR_INIT;
	(void)state;
	/* 23 columns × 2.5 / 8 are 57.5 eighths, which are rounded to 58 */
	bench_add_report(bench, 43, false, &out);
	assert_non_null(strstr(out.data, "     1  ███████████████████████ 8.00s\n"));
	assert_non_null(strstr(out.data, "     4  ███████▎ 2.50s\n"));
	assert_non_null(strstr(out.data, "3.20 ×"));
	str_fini(&out);
	bench_fini(bench);
	free(bench);
}

static void object_has_what_is_known_and_null_for_the_rest(void **state)
{
	struct bench *bench = small_bench();
	struct str out = STR_INIT;
	struct error error = ERROR_INIT;
	double real;
	int64_t number;
	(void)state;
	bench_add_json(bench, &out);
	struct json *json = json_parse((struct slice){ out.data, out.length }, "object", &error);
	assert_non_null(json);
	const struct json *many = json_at(json_get_array(json, "counts"), 1);
	assert_true(json_get_real(many, "efficiency", &real));
	assert_near(real, 0.8);
	assert_true(json_get_int(json, "advice", &number) && number == 4);
	const struct json *held = json_get_object(json, "held_back");
	assert_true(json_get_real(held, "contention", &real));
	assert_near(real, 1.2);
	assert_string_equal(json_get_text(json_get_object(held, "longest_test"), "id"), "tests/long\033[2J");
	json_free(json);

	str_clear(&out);
	vec_each(&bench->counts, count) {
		vec_each(&count->runs, run)
			bench_run_fini(run);
		vec_clear(&count->runs);
	}
	bench->memory = 0;
	bench_conclude(bench);
	bench_add_json(bench, &out);
	assert_string_equal(
		out.data,
		"{\"v\":1,\"cpus\":4,\"memory\":null,\"runs\":1,\"interrupted\":false,\"counts\":[],"
		"\"baseline\":null,\"serial_share\":null,\"held_back\":null,\"best\":null,"
		"\"advice\":null}");
	str_fini(&out);
	bench_fini(bench);
	free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(median_is_the_middle_or_between_two),
		cmocka_unit_test(serial_share_of_amdahls_walls_is_found),
		cmocka_unit_test(two_counts_are_enough_for_a_share),
		cmocka_unit_test(share_stays_between_nothing_and_all),
		cmocka_unit_test(one_number_of_workers_has_no_share),
		cmocka_unit_test(points_weigh_by_their_share),
		cmocka_unit_test(counts_get_speedup_and_efficiency),
		cmocka_unit_test(least_count_is_the_baseline_without_one_worker),
		cmocka_unit_test(advice_is_the_fewest_workers_that_are_nearly_best),
		cmocka_unit_test(counts_that_were_not_reached_are_left_out),
		cmocka_unit_test(nothing_measured_has_no_conclusions),
		cmocka_unit_test(contention_is_how_much_longer_tests_took),
		cmocka_unit_test(counts_double_up_to_the_cpus),
		cmocka_unit_test(counts_are_sorted_and_each_is_there_once),
		cmocka_unit_test(wrong_options_are_named_with_what_was_expected),
		cmocka_unit_test(all_else_is_for_the_runs_in_its_order),
		cmocka_unit_test(run_is_read_from_its_events),
		cmocka_unit_test(test_on_every_worker_is_as_long_as_on_one),
		cmocka_unit_test(run_without_its_end_is_none),
		cmocka_unit_test(run_without_tests_has_no_times),
		cmocka_unit_test(worker_out_of_range_harms_nothing),
		cmocka_unit_test(report_reads_like_this),
		cmocka_unit_test(bars_have_eighths_where_the_locale_has_blocks),
		cmocka_unit_test(object_has_what_is_known_and_null_for_the_rest),
	};
	return cmocka_run_group_tests_name("bench", tests, NULL, NULL);
}
