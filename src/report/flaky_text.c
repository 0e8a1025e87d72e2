/* Flaky tests as a table for people, and as JSON. */
#include "report/flaky.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

/* ---- pieces ---- */

static enum style_role role_of(history_mark mark)
{
	if (history_mark_is_flaky(mark))
		return ROLE_WARN;
	return history_mark_failed(mark) ? ROLE_BAD : ROLE_GOOD;
}

static const char *sign_of(const struct style *style, history_mark mark)
{
	if (history_mark_is_flaky(mark))
		return style->ascii ? "~" : "↻";
	if (history_mark_failed(mark))
		return style->ascii ? "x" : "✘";
	return style->ascii ? "." : "✔";
}

/* The newest runs that tell something, newest first. */
static size_t find_recent(const struct history_evidence *evidence, size_t run_count,
			  history_mark recent[HISTORY_RECENT])
{
	size_t count = 0;

	for (size_t i = 0; i < run_count && count < HISTORY_RECENT; i++) {
		if (history_mark_counts(evidence->marks[i]))
			recent[count++] = evidence->marks[i];
	}
	return count;
}

size_t flaky_add_spark(struct str *out, const struct style *style, const struct history_evidence *evidence,
		       size_t run_count)
{
	history_mark recent[HISTORY_RECENT];
	size_t count = find_recent(evidence, run_count, recent);

	for (size_t i = count; i > 0; i--)
		style_add(style, out, role_of(recent[i - 1]), sign_of(style, recent[i - 1]));
	return count;
}

void flaky_add_name(struct str *out, const struct history_evidence *evidence, bool with_suite)
{
	if (with_suite) {
		utf8_add_visible(out, evidence->suite, strlen(evidence->suite), false);
		str_add_text(out, ": ");
	}
	utf8_add_visible(out, evidence->id, strlen(evidence->id), false);
	if (evidence->ordinal > 1)
		str_add_format(out, " #%u", (unsigned)evidence->ordinal);
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static bool is_mixed(const struct history_evidence *evidence, const struct history_steadiness *steadiness)
{
	struct history_evidence latest = { .recent = evidence->recent,
					   .recent_failures = evidence->recent_failures };

	return history_is_flaky(&latest, steadiness);
}

static void add_why_flaky(struct str *out, const struct history_evidence *evidence, bool mixed)
{
	const char *between = "";

	if (evidence->flaky > 0) {
		str_add_format(out, "a rerun passed in %u run%s", (unsigned)evidence->flaky,
			       plural(evidence->flaky));
		between = "; ";
	}
	if (evidence->mixed_commits > 0) {
		str_add_format(out, "%sit both passed and failed at %u commit%s", between,
			       (unsigned)evidence->mixed_commits, plural(evidence->mixed_commits));
		between = "; ";
	}
	if (mixed)
		str_add_format(out, "%s%u of its last %u runs failed", between,
			       (unsigned)evidence->recent_failures, (unsigned)evidence->recent);
}

static void add_why_not(struct str *out, const struct history_evidence *evidence,
			const struct history_steadiness *steadiness)
{
	if (evidence->runs == 0)
		str_add_text(out, "it was only skipped");
	else if (evidence->failures == 0)
		str_add_text(out, "it never failed");
	else if (evidence->failures == evidence->runs)
		str_add_text(out, "it failed each time");
	else if (evidence->recent < steadiness->least)
		str_add_format(out, "%u run%s are too few to tell", (unsigned)evidence->recent,
			       plural(evidence->recent));
	else if (evidence->recent_failures == 0)
		str_add_format(out, "none of its last %u runs failed", (unsigned)evidence->recent);
	else if (evidence->recent_failures == evidence->recent)
		str_add_format(out, "all of its last %u runs failed", (unsigned)evidence->recent);
	else
		str_add_format(out, "%u of its last %u runs failed, which is less than %u %%",
			       (unsigned)evidence->recent_failures, (unsigned)evidence->recent,
			       steadiness->percent);
}

void flaky_add_why(struct str *out, const struct history_evidence *evidence,
		   const struct history_steadiness *steadiness)
{
	if (history_is_flaky(evidence, steadiness))
		add_why_flaky(out, evidence, is_mixed(evidence, steadiness));
	else
		add_why_not(out, evidence, steadiness);
}

const char *flaky_advice(const struct history_evidence *evidence, enum flaky_hold hold,
			 const struct history_steadiness *steadiness)
{
	if (hold == FLAKY_HELD)
		return "quarantined";
	switch (history_advise(evidence, steadiness)) {
	case HISTORY_BROKEN:
		return "broken rather than flaky: it passed, then failed in every run since";
	case HISTORY_MENDED:
		return "mended rather than flaky: it failed, then passed in every run since";
	case HISTORY_QUARANTINE:
		return hold == FLAKY_WAS_HELD ? "quarantined when it last failed" : "advise quarantine";
	case HISTORY_STEADY:
	case HISTORY_TOO_FEW:
		break;
	}
	return hold == FLAKY_WAS_HELD ? "quarantined when it last failed" : NULL;
}

/* ---- the table ---- */

static void add_row(struct str *out, const struct style *style, const struct flaky_list *list,
		    const struct flaky_test *test, bool with_suite)
{
	const struct history_evidence *evidence = test->evidence;
	struct wilson rate = wilson_interval(evidence->failures, evidence->runs, WILSON_Z_95);
	const char *advice = flaky_advice(evidence, test->hold, &list->steadiness);
	char interval[32];

	snprintf(interval, sizeof(interval), "%.0f to %.0f %%", rate.low * 100, rate.high * 100);
	str_add_format(out, "%4.0f %%  %13s  %4u of %-4u  ",
		       evidence->runs ? 100.0 * evidence->failures / evidence->runs : 0.0, interval,
		       (unsigned)evidence->failures, (unsigned)evidence->runs);
	size_t columns = flaky_add_spark(out, style, evidence, list->table->run_count);
	str_add_format(out, "%*s  ", (int)(HISTORY_RECENT - columns), "");
	style_add_date(out, evidence->first_seen, false);
	str_add_text(out, "  ");
	flaky_add_name(out, evidence, with_suite);
	if (advice) /* reasons stand in the history of the test */
		str_add_format(out, "  (%.*s)", (int)strcspn(advice, ":"), advice);
	str_add_char(out, '\n');
}

static void add_group_heading(struct str *out, const struct style *style, const struct flaky_test *first)
{
	struct str heading = STR_INIT;

	str_add_format(&heading, "These %zu fail together", first->together);
	if (first->common > 0)
		str_add_format(&heading, ", all of them in %zu run%s", first->common, plural(first->common));
	str_add_char(&heading, ':');
	style_add(style, out, ROLE_STRONG, heading.data);
	str_add_char(out, '\n');
	str_fini(&heading);
}

static bool has_several_suites(const struct flaky_list *list)
{
	vec_each(&list->tests, test) {
		if (strcmp(test->evidence->suite, list->tests.items[0].evidence->suite) != 0)
			return true;
	}
	return false;
}

void flaky_add_table(struct str *out, const struct style *style, const struct flaky_list *list)
{
	bool with_suite = has_several_suites(list), in_group = false;

	if (list->tests.length == 0)
		return;
	style_add(style, out, ROLE_STRONG,
		  "  rate  95 % interval      failed    last ten    first seen  test");
	str_add_char(out, '\n');
	for (size_t i = 0; i < list->tests.length; i++) {
		const struct flaky_test *test = &list->tests.items[i];

		if (test->first == i && (test->together > 0 || in_group)) {
			str_add_char(out, '\n');
			in_group = test->together > 0;
			if (in_group)
				add_group_heading(out, style, test);
		}
		add_row(out, style, list, test, with_suite);
	}
}

/* ---- JSON ---- */

static void put_text(struct json *object, const char *key, const char *text)
{
	if (text)
		json_put_text(object, key, slice_of(text));
	else
		json_put_null(object, key);
}

static void put_run(struct json *object, const char *key, const struct history_table *table, size_t run)
{
	if (run >= table->run_count) {
		json_put_null(object, key);
		return;
	}
	const struct history_when *when = &table->runs[run];
	struct json *value = json_new_object();
	struct str text = STR_INIT;

	style_add_timestamp(&text, when->wall);
	put_text(value, "run_id", when->run_id);
	put_text(value, "started", text.data);
	put_text(value, "commit", when->commit);
	json_put(object, key, value);
	str_fini(&text);
}

static size_t first_failure(const struct history_table *table, const struct history_evidence *evidence)
{
	for (size_t i = table->run_count; i > 0; i--) {
		if (history_mark_failed(evidence->marks[i - 1]))
			return i - 1;
	}
	return SIZE_MAX;
}

static struct json *recent_of(const struct history_table *table, const struct history_evidence *evidence)
{
	history_mark recent[HISTORY_RECENT];
	struct json *array = json_new_array();

	for (size_t i = find_recent(evidence, table->run_count, recent); i > 0; i--) {
		const char *word =
			style_word(history_mark_outcome(recent[i - 1]), history_mark_is_flaky(recent[i - 1]));
		json_push(array, json_new_text(slice_of(word)));
	}
	return array;
}

static const char *advice_word(enum history_advice advice)
{
	switch (advice) {
	case HISTORY_TOO_FEW:
		return "wait";
	case HISTORY_BROKEN:
		return "broken";
	case HISTORY_MENDED:
		return "mended";
	case HISTORY_QUARANTINE:
		return "quarantine";
	case HISTORY_STEADY:
		break;
	}
	return NULL;
}

void flaky_put(struct json *object, const struct history_table *table,
	       const struct history_evidence *evidence, enum flaky_hold hold,
	       const struct history_steadiness *steadiness)
{
	struct wilson rate = wilson_interval(evidence->failures, evidence->runs, WILSON_Z_95);
	struct str text = STR_INIT;

	put_text(object, "suite", evidence->suite);
	put_text(object, "id", evidence->id);
	json_put_int(object, "ordinal", evidence->ordinal);
	put_text(object, "file", evidence->file);
	json_put_int(object, "runs", evidence->runs);
	json_put_int(object, "failures", evidence->failures);
	json_put_int(object, "passed_when_rerun", evidence->flaky);
	if (evidence->runs)
		json_put_real(object, "rate", (double)evidence->failures / evidence->runs);
	else
		json_put_null(object, "rate");
	json_put_real(object, "low", rate.low);
	json_put_real(object, "high", rate.high);
	json_put(object, "recent", recent_of(table, evidence));
	style_add_timestamp(&text, evidence->first_seen);
	put_text(object, "first_seen", text.data);
	put_run(object, "first_failure", table, first_failure(table, evidence));
	put_run(object, "last_failure", table, evidence->last_failure);
	json_put_bool(object, "flaky", history_is_flaky(evidence, steadiness));
	str_clear(&text);
	flaky_add_why(&text, evidence, steadiness);
	put_text(object, "why", text.data);
	json_put_bool(object, "quarantined", hold == FLAKY_HELD);
	json_put_bool(object, "quarantined_at_last_failure", hold == FLAKY_WAS_HELD);
	put_text(object, "advice",
		 hold == FLAKY_FREE ? advice_word(history_advise(evidence, steadiness)) : NULL);
	str_fini(&text);
}

struct json *flaky_json(const struct flaky_list *list, size_t looked_at)
{
	struct json *object = json_new_object(), *tests = json_new_array(), *groups = json_new_array();

	for (size_t i = 0, group = 0; i < list->tests.length; i++) {
		const struct flaky_test *test = &list->tests.items[i];
		struct json *one = json_new_object();

		flaky_put(one, list->table, test->evidence, test->hold, &list->steadiness);
		if (test->together > 0) {
			struct json *heading = json_new_object();
			json_put_int(heading, "group", (int64_t)++group);
			json_put_int(heading, "tests", (int64_t)test->together);
			json_put_int(heading, "runs_in_common", (int64_t)test->common);
			json_push(groups, heading);
		}
		if (list->tests.items[test->first].together > 0)
			json_put_int(one, "group", (int64_t)group);
		else
			json_put_null(one, "group");
		json_push(tests, one);
	}
	json_put_int(object, "v", 1);
	json_put_int(object, "runs", (int64_t)list->table->run_count);
	json_put_int(object, "looked_at", (int64_t)looked_at);
	json_put(object, "tests", tests);
	json_put(object, "groups", groups);
	return object;
}
