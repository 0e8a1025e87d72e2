#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "feed.h"
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

/* A run shown by the plain frontend into memory. */
struct show {
	struct feed feed;
	FILE *out;
	char *text;
	size_t length;
};

static void show_begin(struct show *show, struct plain_options options)
{
	show->out = open_memstream(&show->text, &show->length);
	assert_non_null(show->out);
	options.out = show->out;
	show->feed = (struct feed){ .model = model_new(), .frontend = report_plain_new(&options) };
	feed_run_started(&show->feed, 2);
}

/* All text until now. */
static const char *show_text(struct show *show)
{
	fflush(show->out);
	return show->text;
}

static const char *show_finish(struct show *show)
{
	struct error error = ERROR_INIT;

	assert_int_equal(show->feed.frontend->ops->finish(show->feed.frontend, show->feed.model, &error), 0);
	return show_text(show);
}

static void show_end(struct show *show)
{
	show->feed.frontend->ops->free(show->feed.frontend);
	model_free(show->feed.model);
	fclose(show->out);
	free(show->text);
}

static void show_tick(struct show *show, uint64_t now)
{
	show->feed.frontend->ops->tick(show->feed.frontend, show->feed.model, now);
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("missing:\n%s\nin:\n%s", part, text);
}

static void assert_has_not(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("should not be there:\n%s\nin:\n%s", part, text);
}

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		count++;
	return count;
}

static const struct ending passed = { .outcome = OUTCOME_PASSED };
static const struct ending failed = { .outcome = OUTCOME_FAILED, .exit_code = 1, .message = "1 is not 2" };

/* One of each kind, in two suites. */
static void feed_everything(struct feed *feed)
{
	static const char *const ids[] = { "tests/pass",  "tests/fail", "tests/retry", "tests/slow",
					   "tests/crash", "tests/skip", "tests/known", "tests/never" };

	for (size_t i = 0; i < 8; i++)
		feed_found_in(feed, i + 1, i < 7 ? "unit" : "more", ids[i]);
	feed_collected(feed, 8);
	feed_whole(feed, 1, 0, passed);
	feed_started(feed, 2, 1, 1);
	feed_text(feed, 2, 1, 1, "comparing\n\033[31m1 is not 2\033[0m\n");
	feed_ended(feed, 2, 1, failed);
	feed_started(feed, 3, 1, 0);
	feed_finished(feed, 3, 1, 0, failed);
	feed_started(feed, 3, 2, 1);
	feed_finished(feed, 3, 2, 1, passed);
	feed_verdict(feed, 3, 2, (struct ending){ .outcome = OUTCOME_PASSED, .flaky = true });
	feed_whole(
		feed, 4, 0,
		(struct ending){ .outcome = OUTCOME_TIMEOUT, .signal = 15, .message = "no end after 5 s" });
	feed_whole(feed, 5, 0, (struct ending){ .outcome = OUTCOME_CRASHED, .signal = 11, .code = "XT2001" });
	feed_whole(feed, 6, 0, (struct ending){ .outcome = OUTCOME_SKIPPED, .reason = "no database" });
	feed_whole(feed, 7, 1,
		   (struct ending){ .outcome = OUTCOME_FAILED, .exit_code = 3, .quarantined = true });
	feed_verdict(feed, 8, 0, (struct ending){ .outcome = OUTCOME_NOTRUN, .reason = "stopped by -x" });
	feed->t = 500 * CLOCK_MS;
	feed_run_finished(feed, 1);
}

static void run_that_passes_is_three_lines(void **state)
{
	struct show show;

	(void)state;
	show_begin(&show, (struct plain_options){ 0 });
	feed_found(&show.feed, 1, "a");
	feed_found(&show.feed, 2, "b");
	feed_collected(&show.feed, 2);
	feed_whole(&show.feed, 1, 0, passed);
	feed_whole(&show.feed, 2, 1, passed);
	show.feed.t = 200 * CLOCK_MS;
	feed_run_finished(&show.feed, 0);
	assert_string_equal(show_finish(&show), "xtop: 2 tests on 2 workers\n"
						"\n"
						"wall time 0.20s, sum of the tests 0.50s, speed-up 2.5×\n"
						"xtop: 2 passed, 0 failed, 0 skipped\n");
	show_end(&show);
}

static void every_section_has_its_tests(void **state)
{
	struct show show;

	(void)state;
	show_begin(&show, (struct plain_options){ 0 });
	feed_everything(&show.feed);
	assert_string_equal(
		show_finish(&show),
		"xtop: 8 tests on 2 workers\n"
		"✘ failed   0.25s gw1   unit: tests/fail  exit code 1: 1 is not 2\n"
		"⏱ timeout  0.25s gw0   unit: tests/slow  no end after 5 s\n"
		"☠ crashed  0.25s gw0   unit: tests/crash  SIGSEGV [XT2001]\n"
		"\n"
		"── failures (3) ────────────────────────────────────────────────────────────────\n"
		"✘ failed   0.25s gw1   unit: tests/fail  exit code 1: 1 is not 2\n"
		"  output, 30 bytes:\n"
		"  │ comparing\n"
		"  │ 1 is not 2\n"
		"\n"
		"⏱ timeout  0.25s gw0   unit: tests/slow  no end after 5 s\n"
		"  it printed nothing\n"
		"\n"
		"☠ crashed  0.25s gw0   unit: tests/crash  SIGSEGV [XT2001]\n"
		"  it printed nothing\n"
		"\n"
		"── flaky (1) ───────────────────────────────────────────────────────────────────\n"
		"↻ flaky    0.25s gw1   unit: tests/retry (2 attempts)\n"
		"  attempt 1 failed   0.25s gw0   exit code 1: 1 is not 2\n"
		"  attempt 2 passed   0.25s gw1\n"
		"\n"
		"── quarantined failures (1) ────────────────────────────────────────────────────\n"
		"▣ failed   0.25s gw1   unit: tests/known (quarantined)  exit code 3\n"
		"\n"
		"── failed tests (3) ────────────────────────────────────────────────────────────\n"
		"✘ failed   0.25s gw1   unit: tests/fail  exit code 1: 1 is not 2\n"
		"⏱ timeout  0.25s gw0   unit: tests/slow  no end after 5 s\n"
		"☠ crashed  0.25s gw0   unit: tests/crash  SIGSEGV [XT2001]\n"
		"\n"
		"1 flaky, among the passed\n"
		"1 quarantined failure, among the skipped\n"
		"wall time 0.50s, sum of the tests 2.00s, speed-up 4.0×\n"
		"xtop: 1 test not run: stopped by -x\n"
		"xtop: 2 passed, 3 failed, 2 skipped\n");
	show_end(&show);
}

static void verbose_has_a_line_for_each_test(void **state)
{
	struct show show;
	const char *text;

	(void)state;
	show_begin(&show, (struct plain_options){ .verbosity = 1 });
	feed_everything(&show.feed);
	text = show_text(&show);
	assert_string_equal(
		text, "xtop: 8 tests on 2 workers\n"
		      "✔ passed   0.25s gw0   unit: tests/pass\n"
		      "✘ failed   0.25s gw1   unit: tests/fail  exit code 1: 1 is not 2\n"
		      "↻ retry    0.25s gw0   unit: tests/retry  attempt 1 failed: exit code 1: 1 is not 2\n"
		      "↻ flaky    0.25s gw1   unit: tests/retry (2 attempts)\n"
		      "⏱ timeout  0.25s gw0   unit: tests/slow  no end after 5 s\n"
		      "☠ crashed  0.25s gw0   unit: tests/crash  SIGSEGV [XT2001]\n"
		      "⊘ skipped  0.25s gw0   unit: tests/skip  no database\n"
		      "▣ failed   0.25s gw1   unit: tests/known (quarantined)  exit code 3\n"
		      "⊘ notrun       -       more: tests/never  stopped by -x\n");
	text = show_finish(&show);
	assert_has(text, "── skipped (1) ");
	assert_int_equal(count_of(text, "unit: tests/skip  no database\n"), 2);
	show_end(&show);
}

static void quiet_prints_failed_ids_and_the_closing_lines(void **state)
{
	struct show show;

	(void)state;
	show_begin(&show, (struct plain_options){ .verbosity = -1 });
	feed_log(&show.feed, LEVEL_WARNING, "not urgent");
	feed_everything(&show.feed);
	show_tick(&show, 100 * CLOCK_SECOND);
	assert_string_equal(show_finish(&show), "✘ failed  unit: tests/fail\n"
						"⏱ timeout unit: tests/slow\n"
						"☠ crashed unit: tests/crash\n"
						"xtop: 1 test not run: stopped by -x\n"
						"xtop: 2 passed, 3 failed, 2 skipped\n");
	show_end(&show);
}

static void ascii_has_nothing_beyond_ascii(void **state)
{
	struct show show;
	const char *text;

	(void)state;
	for (int verbosity = -1; verbosity <= 2; verbosity++) {
		show_begin(&show,
			   (struct plain_options){ .verbosity = verbosity, .ascii = true, .terminal = true });
		feed_everything(&show.feed);
		show_tick(&show, CLOCK_SECOND);
		text = show_finish(&show);
		for (size_t i = 0; text[i]; i++)
			assert_in_range((unsigned char)text[i], 1, 127);
		show_end(&show);
	}
}

/* Without its colours the text is the same, so colour never says something alone. */
static void colour_adds_nothing_to_the_words(void **state)
{
	struct show coloured, plain;
	struct str stripped = STR_INIT;

	(void)state;
	show_begin(&coloured, (struct plain_options){ .verbosity = 1, .color = true });
	show_begin(&plain, (struct plain_options){ .verbosity = 1 });
	feed_everything(&coloured.feed);
	feed_everything(&plain.feed);
	assert_has(show_finish(&coloured), "\033[31m✘\033[0m \033[31mfailed\033[0m");
	show_finish(&plain);
	assert_has_not(plain.text, "\033");
	utf8_add_without_escapes(&stripped, coloured.text, coloured.length);
	assert_string_equal(stripped.data, plain.text);
	str_fini(&stripped);
	show_end(&coloured);
	show_end(&plain);
}

static void failure_is_told_when_it_happens(void **state)
{
	struct show show;

	(void)state;
	show_begin(&show, (struct plain_options){ 0 });
	feed_found(&show.feed, 1, "a");
	feed_started(&show.feed, 1, 1, 12);
	feed_finished(&show.feed, 1, 1, 12, failed);
	assert_string_equal(show_text(&show), "");
	feed_verdict(&show.feed, 1, 1, failed);
	assert_string_equal(show_text(&show), "✘ failed   0.25s gw12  a  exit code 1: 1 is not 2\n");
	show_end(&show);
}

static void output_is_shown_and_never_obeyed(void **state)
{
	static const char bytes[] =
		"\033]0;title\007\033[2Jred\033[0m\r\n::error::gotcha\n\a\b\0 \xff\xe2\x82 \xe2\x80\xae\tend";
	struct show show;

	(void)state;
	show_begin(&show, (struct plain_options){ 0 });
	feed_found(&show.feed, 1, "id\033[31m\n");
	feed_started(&show.feed, 1, 1, 0);
	feed_output(&show.feed, 1, 1, 0, bytes, sizeof(bytes) - 1);
	feed_ended(&show.feed, 1, 0,
		   (struct ending){ .outcome = OUTCOME_FAILED, .message = "first\033[5m\nsecond\n\x01" });
	show.feed.t = CLOCK_SECOND;
	feed_run_finished(&show.feed, 1);
	assert_string_equal(
		show_finish(&show),
		"✘ failed   0.25s gw0   id^[[31m\\n  first\n"
		"\n"
		"── failures (1) ────────────────────────────────────────────────────────────────\n"
		"✘ failed   0.25s gw0   id^[[31m\\n  first\n"
		"  message:\n"
		"  │ first\n"
		"  │ second\n"
		"  │ ^A\n"
		"  output, 54 bytes:\n"
		"  │ red\n"
		"  │ ::error::gotcha\n"
		"  │ ^G^H^@ <FF><E2><82> <U+202E>\tend\n"
		"\n"
		"wall time 1.00s, sum of the tests 0.25s, speed-up 0.2×\n"
		"xtop: 0 passed, 1 failed, 0 skipped\n");
	show_end(&show);
}

static void long_output_shows_head_gap_and_tail(void **state)
{
	struct show show;
	const char *text;
	char line[64];

	(void)state;
	show_begin(&show, (struct plain_options){ 0 });
	feed_found(&show.feed, 1, "a");
	feed_started(&show.feed, 1, 1, 0);
	for (int i = 0; i < 4000; i++) {
		snprintf(line, sizeof(line), "line number %04d\n", i);
		feed_text(&show.feed, 1, 1, 0, line);
	}
	feed_ended(&show.feed, 1, 0,
		   (struct ending){ .outcome = OUTCOME_FAILED, .output_file = "/runs/8f2c1/1.out" });
	text = show_finish(&show);
	assert_has(text, "  output, 66.4 KiB, in /runs/8f2c1/1.out:\n  │ line number 0000\n");
	/* Whole lines up to the gap and from it on: 963 fit into 16 KiB. */
	assert_has(text, "  │ line number 0962\n  │ [… 34.4 KiB only in the file]\n  │ line number 3037\n");
	assert_has(text, "  │ line number 3999\n");
	assert_has_not(text, "line number 0963");
	assert_has_not(text, "line number 3036");
	show_end(&show);
}

static void cut_characters_are_left_out(void **state)
{
	struct show show;
	const char *text;

	(void)state;
	show_begin(&show, (struct plain_options){ 0 });
	feed_found(&show.feed, 1, "a");
	feed_started(&show.feed, 1, 1, 0);
	/* One line; neither 16 KiB from its begin nor from its end is at a character's border. */
	for (int i = 0; i < 20000; i++)
		feed_text(&show.feed, 1, 1, 0, "€");
	feed_text(&show.feed, 1, 1, 0, "ab");
	feed_ended(&show.feed, 1, 0, failed);
	text = show_finish(&show);
	assert_has(text, "€\n  │ [… 26.6 KiB not kept]\n  │ €");
	assert_has(text, "€ab\n");
	assert_has_not(text, "<");
	show_end(&show);
}

static void output_beyond_the_limit_is_told(void **state)
{
	/* Below the head, in the tail's reach, and so that both are full. */
	static const size_t limits[] = { 6, OUTPUT_HEAD + 6, 2 * OUTPUT_HEAD + 6 };
	static char begin[2 * OUTPUT_HEAD + 6], end[OUTPUT_TAIL];

	(void)state;
	memset(begin, 'b', sizeof(begin));
	memset(end, 'e', sizeof(end));
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct event event = feed_make(EVENT_TEST_OUTPUT);
		struct show show;
		const char *text;

		show_begin(&show, (struct plain_options){ 0 });
		feed_found(&show.feed, 1, "a");
		feed_started(&show.feed, 1, 1, 0);
		feed_output(&show.feed, 1, 1, 0, begin, limits[i]);
		event_put(&event, test, 1);
		event_put(&event, data, ((struct event_text){ end, sizeof(end) }));
		event_put(&event, dropped, UINT64_C(3) << 20);
		feed_event(&show.feed, event);
		feed_ended(&show.feed, 1, 0, failed);
		text = show_finish(&show);
		assert_has(text, "  │ bbbbbb");
		assert_has(text, i < 1 ? "bb\n  │ [… 3.0 MiB beyond --output-limit not kept]\n  │ ee"
				       : "3.0 MiB beyond --output-limit not kept]\n  │ ee");
		assert_has(text, "ee\n\n");
		assert_has_not(text, "bbe");
		show_end(&show);
	}
}

static void attempts_reason_and_points_are_shown(void **state)
{
	struct show show;
	const char *text;

	(void)state;
	show_begin(&show, (struct plain_options){ 0 });
	feed_found(&show.feed, 1, "a.t");
	feed_started(&show.feed, 1, 1, 0);
	feed_text(&show.feed, 1, 1, 0, "from the first\n");
	feed_finished(&show.feed, 1, 1, 0, (struct ending){ .outcome = OUTCOME_CRASHED, .signal = 6 });
	feed_started(&show.feed, 1, 2, 1);
	feed_point(&show.feed, 1, 1, 0, OUTCOME_PASSED, "fine", NULL);
	feed_point(&show.feed, 1, 1, 1, OUTCOME_FAILED, "inner", "got: 1\nwanted: 2");
	feed_point(&show.feed, 1, 2, 0, OUTCOME_FAILED, "outer", NULL);
	feed_point(&show.feed, 1, 3, 0, OUTCOME_SKIPPED, "left", "no db");
	feed_finished(&show.feed, 1, 2, 1,
		      (struct ending){ .outcome = OUTCOME_FAILED, .exit_code = 1, .reason = "plan" });
	feed_verdict(&show.feed, 1, 2, (struct ending){ .outcome = OUTCOME_FAILED, .exit_code = 1 });
	text = show_finish(&show);
	assert_has(text, "✘ failed   0.25s gw1   a.t (2 attempts)  exit code 1\n"
			 "  reason:\n"
			 "  │ plan\n"
			 "  attempt 1 crashed  0.25s gw0   SIGABRT\n"
			 "  attempt 2 failed   0.25s gw1   exit code 1\n"
			 "  1 of 3 points failed\n"
			 "    ✘ 1 inner\n"
			 "      │ got: 1\n"
			 "      │ wanted: 2\n"
			 "  ✘ 2 outer\n"
			 "  output of attempt 1, 15 bytes:\n"
			 "  │ from the first\n");
	assert_has(text, "\n3 points: 1 passed, 1 failed, 1 skipped\n");
	show_end(&show);
}

static void tests_not_run_are_grouped_by_reason(void **state)
{
	static const char *const reasons[] = { "interrupted", "stopped by -x", "stopped by -x", NULL };
	struct show show;

	(void)state;
	show_begin(&show, (struct plain_options){ 0 });
	for (unsigned i = 0; i < 4; i++) {
		feed_found(&show.feed, i + 1, "a");
		feed_verdict(&show.feed, i + 1, 0,
			     (struct ending){ .outcome = OUTCOME_NOTRUN, .reason = reasons[i] });
	}
	assert_has(show_finish(&show),
		   "xtop: 4 tests not run: 2 stopped by -x; 1 interrupted; 1 no reason given\n"
		   "xtop: 0 passed, 0 failed, 0 skipped\n");
	show_end(&show);
}

static void heartbeat_comes_at_ten_and_thirty_seconds_then_each_minute(void **state)
{
	static const unsigned seconds[] = { 1, 9, 10, 11, 29, 30, 31, 59, 60, 61, 119, 120, 200, 201, 240 };
	struct show show;
	struct str beats = STR_INIT;

	(void)state;
	show_begin(&show, (struct plain_options){ 0 });
	feed_found(&show.feed, 1, "tests/a");
	feed_found(&show.feed, 2, "tests/b");
	feed_whole(&show.feed, 1, 0, passed);
	feed_started(&show.feed, 2, 1, 1);
	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		size_t before = strlen(show_text(&show));

		show_tick(&show, seconds[i] * CLOCK_SECOND);
		if (strlen(show_text(&show)) > before)
			str_add_format(&beats, "%u ", seconds[i]);
	}
	assert_string_equal(beats.data, "10 30 60 120 200 240 ");
	assert_has(show.text, "xtop: 1:00: 1/2+ tests, 50%, 0 failed, 1 running, longest gw1 1:00 tests/b\n");
	str_fini(&beats);
	show_end(&show);
}

static void heartbeat_comes_from_events_too(void **state)
{
	struct show show;

	(void)state;
	show_begin(&show, (struct plain_options){ 0 });
	show.feed.t = 10 * CLOCK_SECOND;
	feed_found(&show.feed, 1, "a");
	assert_string_equal(show_text(&show), "xtop: 10.0s: 0/1+ tests, 0%, 0 failed, 0 running\n");
	show_end(&show);
}

static void terminal_has_a_progress_line_instead(void **state)
{
	struct show show;
	const char *line;

	(void)state;
	show_begin(&show, (struct plain_options){ .terminal = true, .width = 100 });
	feed_found(&show.feed, 1, "tests/a");
	feed_found(&show.feed, 2, "tests/b");
	feed_collected(&show.feed, 2);
	feed_whole(&show.feed, 1, 0, failed);
	feed_started(&show.feed, 2, 1, 1);
	show_tick(&show, 75 * CLOCK_SECOND);
	assert_has(show_text(&show),
		   "\r██████████░░░░░░░░░░  1/2   50%  ✘ 1 failed  1 running  1:15  gw1 1:15 tests/b\033[K");
	assert_has_not(show.text, "tests, 50%");
	/* It is wiped away before anything else is written. */
	feed_log(&show.feed, LEVEL_WARNING, "look");
	line = strstr(show_text(&show), "xtop: warning: look\n");
	assert_non_null(line);
	assert_memory_equal(line - 4, "\r\033[K", 4);
	show_tick(&show, 76 * CLOCK_SECOND);
	assert_has(show_finish(&show), "tests/b\033[K\r\033[K\n");
	show_end(&show);
}

static void progress_line_never_reaches_the_last_column(void **state)
{
	static const unsigned widths[] = { 1, 10, 20, 40, 59, 60, 61, 80, 200 };
	struct show show;

	(void)state;
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		const char *line, *end;

		show_begin(&show, (struct plain_options){ .terminal = true, .width = widths[i] });
		feed_found(&show.feed, 1,
			   "tests/a/rather/long/name/that/does/not/fit/into/eighty/columns/of/a/terminal");
		feed_started(&show.feed, 1, 1, 1);
		show_tick(&show, 75 * CLOCK_SECOND);
		line = strchr(show_text(&show), '\r') + 1;
		end = strchr(line, '\033');
		assert_in_range(utf8_text_width(line, (size_t)(end - line)), 0, widths[i] - 1);
		show_end(&show);
	}
}

static void what_does_not_fit_is_cut_with_an_ellipsis(void **state)
{
	struct show show;

	(void)state;
	show_begin(&show, (struct plain_options){ .terminal = true, .width = 70 });
	feed_found(&show.feed, 1, "tests/a/rather/long/name");
	feed_started(&show.feed, 1, 1, 1);
	show_tick(&show, 5 * CLOCK_SECOND);
	assert_has(show_text(&show), "  0/1+    0%  1 running  0:05  gw1 5.00s tests/a…\033[K");
	feed_ended(&show.feed, 1, 1, failed);
	assert_has(show_text(&show), "gw1   tests/a/rather/long/name  exit code 1: 1 is no…\n");
	show_end(&show);
}

static void ending_is_not_said_twice(void **state)
{
	struct show show;

	(void)state;
	show_begin(&show, (struct plain_options){ 0 });
	feed_found(&show.feed, 1, "a");
	feed_whole(&show.feed, 1, 0,
		   (struct ending){
			   .outcome = OUTCOME_FAILED, .exit_code = 3, .message = "left with exit code 3" });
	assert_string_equal(show_text(&show), "✘ failed   0.25s gw0   a  left with exit code 3\n");
	show_end(&show);
}

static void live_output_names_its_worker_and_is_not_repeated(void **state)
{
	struct show show;

	(void)state;
	show_begin(&show, (struct plain_options){ .live_output = true });
	feed_found(&show.feed, 1, "a");
	feed_found(&show.feed, 2, "b");
	feed_started(&show.feed, 1, 1, 0);
	feed_started(&show.feed, 2, 1, 1);
	feed_text(&show.feed, 1, 1, 0, "one ");
	feed_text(&show.feed, 2, 1, 1, "two\n\nthree");
	feed_output(&show.feed, 2, 1, 1, NULL, 0);
	assert_string_equal(show_text(&show), "gw1 │ two\ngw1 │ \n");
	feed_text(&show.feed, 1, 1, 0, "line\033[31m\n");
	feed_finished(&show.feed, 2, 1, 1, failed);
	assert_string_equal(show_text(&show), "gw1 │ two\ngw1 │ \ngw0 │ one line\ngw1 │ three\n");
	feed_verdict(&show.feed, 2, 1, failed);
	assert_int_equal(count_of(show_finish(&show), "three"), 1);
	show_end(&show);
}

static void twice_verbose_shows_output_of_passed_tests(void **state)
{
	struct show show;

	(void)state;
	show_begin(&show, (struct plain_options){ .verbosity = 2 });
	feed_found(&show.feed, 1, "a");
	feed_started(&show.feed, 1, 1, 0);
	feed_text(&show.feed, 1, 1, 0, "hello\n");
	feed_ended(&show.feed, 1, 0, passed);
	assert_string_equal(show_text(&show), "✔ passed   0.25s gw0   a\n  │ hello\n");
	show_end(&show);
}

static void collect_only_lists_ids(void **state)
{
	struct show show;

	(void)state;
	show_begin(&show, (struct plain_options){ .collect_only = true });
	feed_found(&show.feed, 1, "tests/a");
	feed_found_in(&show.feed, 2, "other", "tests/b");
	feed_collected(&show.feed, 2);
	feed_run_finished(&show.feed, 0);
	assert_string_equal(show_finish(&show), "tests/a\ntests/b\nxtop: 2 tests found\n");
	show_end(&show);
}

static void warnings_are_told_at_once_and_at_the_end(void **state)
{
	struct show show;
	struct event event = feed_make(EVENT_COLLECT_ERROR);
	const char *text;

	(void)state;
	show_begin(&show, (struct plain_options){ 0 });
	event_put_text(&event, file, "tests/x.yaml");
	event_put_text(&event, message, "bad\n  ^ here");
	feed_event(&show.feed, event);
	feed_found(&show.feed, 1, "tests/x.yaml");
	feed_verdict(&show.feed, 1, 0, (struct ending){ .outcome = OUTCOME_ERROR, .message = "bad\n  ^ here" });
	feed_log(&show.feed, LEVEL_WARNING, "a suite left processes");
	feed_log(&show.feed, LEVEL_NOTE, "two CPUs");
	assert_string_equal(show_text(&show), "xtop: error: tests/x.yaml: bad\n"
					      "  │   ^ here\n"
					      "xtop: warning: a suite left processes\n"
					      "xtop: two CPUs\n");
	text = show_finish(&show);
	assert_has(text, "── warnings and errors (1) ");
	/* Among the failures it is told once more, as the verdict that it is. */
	assert_int_equal(count_of(text, "xtop: error: tests/x.yaml: bad\n"), 1);
	assert_has(text, "── failures (1) ");
	assert_int_equal(count_of(text, "xtop: warning: a suite left processes\n"), 2);
	assert_int_equal(count_of(text, "two CPUs"), 1);
	show_end(&show);
}

static void feed_named(struct feed *feed, int level, const char *message)
{
	struct event event = feed_make(EVENT_LOG);

	event_put(&event, level, level);
	event_put_text(&event, name, "pytest");
	event_put_text(&event, message, message);
	feed_event(feed, event);
}

static void words_of_others_are_told_as_theirs(void **state)
{
	struct show show;

	(void)state;
	show_begin(&show, (struct plain_options){ 0 });
	feed_named(&show.feed, LEVEL_NOTE, "conftest.py: here\n");
	feed_named(&show.feed, LEVEL_NOTE, "    \033[31mindented\033[0m\x07");
	feed_named(&show.feed, LEVEL_NOTE, "");
	feed_named(&show.feed, LEVEL_WARNING, "a socket is open");
	assert_string_equal(show_text(&show), "pytest: conftest.py: here\n"
					      "pytest:     indented^G\n"
					      "pytest:\n"
					      "pytest: warning: a socket is open\n");
	assert_int_equal(count_of(show_finish(&show), "pytest: warning: a socket is open\n"), 2);
	show_end(&show);
}

static const char table[] =
	"\n        ===== coverage =====   \n\nName\tCover\r\n\033[32ma.py\033[0m\t 90%\x1b\x07\n"
	"::error::TOTAL 90%\n\n";
static void feed_two_failures(struct feed *feed)
{
	feed_found(feed, 1, "a");
	feed_found(feed, 2, "b");
	feed_collected(feed, 2);
	feed_whole(feed, 1, 0, failed);
	feed_whole(feed, 2, 1, failed);
}

static void summary_of_others_stands_near_the_end_as_it_is(void **state)
{
	struct show show;
	size_t before;
	const char *text;

	(void)state;
	show_begin(&show, (struct plain_options){ 0 });
	feed_log(&show.feed, LEVEL_WARNING, "look");
	feed_two_failures(&show.feed);
	before = strlen(show_text(&show));
	feed_named(&show.feed, LEVEL_NOTE, table);
	assert_int_equal(strlen(show_text(&show)), before);
	show.feed.t = CLOCK_SECOND;
	feed_run_finished(&show.feed, 1);
	text = strstr(show_finish(&show), "\n── warnings");
	assert_non_null(text);
	assert_string_equal(
		text, "\n── warnings and errors (1) ─────────────────────────────────────────────────────\n"
		      "xtop: warning: look\n"
		      "\n── pytest ──────────────────────────────────────────────────────────────────────\n"
		      "        ===== coverage =====\n"
		      "\n"
		      "Name\tCover\n"
		      "a.py\t 90%^[^G\n"
		      "::error::TOTAL 90%\n"
		      "\n── failed tests (2) ────────────────────────────────────────────────────────────\n"
		      "✘ failed   0.25s gw0   a  exit code 1: 1 is not 2\n"
		      "✘ failed   0.25s gw1   b  exit code 1: 1 is not 2\n"
		      "\n"
		      "wall time 1.00s, sum of the tests 0.50s, speed-up 0.5×\n"
		      "xtop: 0 passed, 2 failed, 0 skipped\n");
	show_end(&show);
}

static void quiet_keeps_a_summary_of_others_only_if_it_warns(void **state)
{
	struct show show;
	const char *text;

	(void)state;
	show_begin(&show, (struct plain_options){ .verbosity = -1 });
	feed_two_failures(&show.feed);
	feed_named(&show.feed, LEVEL_NOTE, "just\nsaying");
	feed_named(&show.feed, LEVEL_ERROR, table);
	feed_run_finished(&show.feed, 1);
	assert_string_equal(show_text(&show), "");
	text = show_finish(&show);
	assert_has_not(text, "saying");
	assert_has(text,
		   "✘ failed  b\n"
		   "\n── pytest: error ───────────────────────────────────────────────────────────────\n"
		   "        ===== coverage =====\n");
	show_end(&show);
}

static void long_warning_of_others_is_told_while_tests_run(void **state)
{
	struct show show;
	const char *text;

	(void)state;
	show_begin(&show, (struct plain_options){ 0 });
	feed_found(&show.feed, 1, "a");
	feed_named(&show.feed, LEVEL_WARNING, "sockets are open:\n  conftest.py:3");
	feed_collected(&show.feed, 1);
	assert_string_equal(show_text(&show), "pytest: warning: sockets are open:\n"
					      "  │   conftest.py:3\n"
					      "xtop: 1 test on 2 workers\n");
	feed_whole(&show.feed, 1, 0, passed);
	feed_named(&show.feed, LEVEL_WARNING, "below 90%\nof lines");
	assert_has_not(show_text(&show), "below");
	text = show_finish(&show);
	assert_int_equal(count_of(text, "── pytest: warning ──"), 2);
	assert_has(text, "──\nsockets are open:\n  conftest.py:3\n\n");
	assert_has(text, "──\nbelow 90%\nof lines\n\n");
	assert_has_not(text, "warnings and errors");
	show_end(&show);
}

static void list_of_tests_has_all_words_of_others(void **state)
{
	struct show show;

	(void)state;
	show_begin(&show, (struct plain_options){ .collect_only = true });
	feed_named(&show.feed, LEVEL_NOTE, "one\ntwo");
	assert_string_equal(show_text(&show), "pytest: one\n  │ two\n");
	show_end(&show);
}

static void slowest_tests_come_in_order(void **state)
{
	struct show show;

	(void)state;
	show_begin(&show, (struct plain_options){ .durations = 2 });
	for (unsigned i = 1; i <= 3; i++) {
		feed_found(&show.feed, i, i == 1 ? "a" : i == 2 ? "b" : "c");
		feed_whole(&show.feed, i, 0,
			   (struct ending){ .outcome = OUTCOME_PASSED,
					    .duration = (i == 2 ? 9 : i) * CLOCK_SECOND });
	}
	assert_has(show_finish(&show),
		   "── slowest tests (2) ───────────────────────────────────────────────────────────\n"
		   "✔ passed   9.00s gw0   b\n"
		   "✔ passed   3.00s gw0   c\n\n");
	show_end(&show);
}

static void run_that_did_not_end_says_so(void **state)
{
	struct show show;

	(void)state;
	show_begin(&show, (struct plain_options){ 0 });
	feed_found(&show.feed, 1, "a");
	feed_found(&show.feed, 2, "b");
	feed_whole(&show.feed, 1, 0, passed);
	assert_has(show_finish(&show), "xtop: the run did not end: 1 test without a verdict\n"
				       "xtop: 1 passed, 0 failed, 0 skipped\n");
	show_end(&show);
}

static void long_durations_have_minutes_and_hours(void **state)
{
	static const uint64_t milliseconds[] = { 9999, 10000, 59999, 60000, 3599999, 3723000 };
	static const char *const words[] = { "9.99s ", "10.0s ", "59.9s ", "1:00 ", "59:59 ", "1:02:03 " };
	struct show show;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		show_begin(&show, (struct plain_options){ .verbosity = 1 });
		feed_found(&show.feed, 1, "a");
		feed_whole(
			&show.feed, 1, 0,
			(struct ending){ .outcome = OUTCOME_PASSED, .duration = milliseconds[i] * CLOCK_MS });
		assert_has(show_text(&show), words[i]);
		show_end(&show);
	}
}

static void report_that_can_not_be_written_fails(void **state)
{
	struct feed feed = { .model = model_new() };
	struct error error = ERROR_INIT;
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	feed.frontend = report_plain_new(&(struct plain_options){ .out = full });
	assert_int_equal(feed.frontend->ops->finish(feed.frontend, feed.model, &error), -1);
	assert_has(error.message, "the report could not be written: ");
	feed.frontend->ops->free(feed.frontend);
	fclose(full);
	model_free(feed.model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(run_that_passes_is_three_lines),
		cmocka_unit_test(every_section_has_its_tests),
		cmocka_unit_test(verbose_has_a_line_for_each_test),
		cmocka_unit_test(quiet_prints_failed_ids_and_the_closing_lines),
		cmocka_unit_test(ascii_has_nothing_beyond_ascii),
		cmocka_unit_test(colour_adds_nothing_to_the_words),
		cmocka_unit_test(failure_is_told_when_it_happens),
		cmocka_unit_test(output_is_shown_and_never_obeyed),
		cmocka_unit_test(long_output_shows_head_gap_and_tail),
		cmocka_unit_test(cut_characters_are_left_out),
		cmocka_unit_test(output_beyond_the_limit_is_told),
		cmocka_unit_test(attempts_reason_and_points_are_shown),
		cmocka_unit_test(tests_not_run_are_grouped_by_reason),
		cmocka_unit_test(heartbeat_comes_at_ten_and_thirty_seconds_then_each_minute),
		cmocka_unit_test(heartbeat_comes_from_events_too),
		cmocka_unit_test(terminal_has_a_progress_line_instead),
		cmocka_unit_test(progress_line_never_reaches_the_last_column),
		cmocka_unit_test(what_does_not_fit_is_cut_with_an_ellipsis),
		cmocka_unit_test(ending_is_not_said_twice),
		cmocka_unit_test(live_output_names_its_worker_and_is_not_repeated),
		cmocka_unit_test(twice_verbose_shows_output_of_passed_tests),
		cmocka_unit_test(collect_only_lists_ids),
		cmocka_unit_test(warnings_are_told_at_once_and_at_the_end),
		cmocka_unit_test(words_of_others_are_told_as_theirs),
		cmocka_unit_test(summary_of_others_stands_near_the_end_as_it_is),
		cmocka_unit_test(quiet_keeps_a_summary_of_others_only_if_it_warns),
		cmocka_unit_test(long_warning_of_others_is_told_while_tests_run),
		cmocka_unit_test(list_of_tests_has_all_words_of_others),
		cmocka_unit_test(slowest_tests_come_in_order),
		cmocka_unit_test(run_that_did_not_end_says_so),
		cmocka_unit_test(long_durations_have_minutes_and_hours),
		cmocka_unit_test(report_that_can_not_be_written_fails),
	};

	return cmocka_run_group_tests_name("plain", tests, NULL, NULL);
}
