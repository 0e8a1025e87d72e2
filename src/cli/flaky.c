/* `xtop flaky [TEST…]`, and the same as a section of a run's summary. */
#include "cli/flaky.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/map.h"
#include "cli/cli.h"
#include "cli/known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Takes in those that are flaky, and sorts them. */
static int make_list(const struct known *known, const struct known_tests *tests, struct flaky_list *list,
		     struct error *error)
{
	struct history_steadiness steadiness = known_steadiness(known->config);

	flaky_list_init(list, &known->table, &steadiness);
	vec_each(&tests->found, it) {
		enum flaky_hold hold;

		if (!history_is_flaky(*it, &list->steadiness))
			continue;
		if (known_hold(known, *it, &hold, error) != 0) {
			flaky_list_fini(list);
			return -1;
		}
		flaky_list_add(list, *it, hold);
	}
	flaky_list_arrange(list);
	return 0;
}

static void add_days(struct str *out, uint64_t first, uint64_t last)
{
	struct str from = STR_INIT, to = STR_INIT;

	style_add_date(&from, first, false);
	style_add_date(&to, last, false);
	if (strcmp(from.data, to.data) == 0)
		str_add_format(out, " of %s", to.data);
	else
		str_add_format(out, " from %s to %s", from.data, to.data);
	str_fini(&from);
	str_fini(&to);
}

/* "3 of 120 tests are flaky, by 34 runs from 2026-10-01 to 2026-11-22:" and the table. */
static void add_text(struct str *out, const struct style *style, const struct flaky_list *list,
		     size_t looked_at)
{
	const struct history_table *table = list->table;
	size_t count = list->tests.length;

	if (count == 0)
		str_add_text(out, "none");
	else
		str_add_format(out, "%zu", count);
	str_add_text(out, " of ");
	style_add_count(out, looked_at, "test");
	str_add_format(out, " %s flaky, by ", count > 1 ? "are" : "is");
	style_add_count(out, table->run_count, "run");
	if (table->run_count > 0)
		add_days(out, table->runs[table->run_count - 1].wall, table->runs[0].wall);
	str_add_text(out, count > 0 ? " (UTC):\n" : " (UTC)\n");
	flaky_add_table(out, style, list);
}

/* ---- the subcommand ---- */

static void find_all(const struct known *known, struct known_tests *out)
{
	for (size_t i = 0; i < known->table.test_count; i++) {
		if (known_is_suite_wanted(known->config, known->table.tests[i].suite))
			vec_push(&out->found, &known->table.tests[i]);
	}
}

static int by_place(const void *left, const void *right)
{
	const struct history_evidence *a = *(const struct history_evidence *const *)left;
	const struct history_evidence *b = *(const struct history_evidence *const *)right;

	return (a > b) - (a < b);
}

/* Two words may mean the same test. */
static void drop_doubles(struct known_tests *tests)
{
	size_t kept = 0;

	qsort(tests->found.items, tests->found.length, sizeof(*tests->found.items), by_place);
	for (size_t i = 0; i < tests->found.length; i++) {
		if (kept == 0 || tests->found.items[kept - 1] != tests->found.items[i])
			tests->found.items[kept++] = tests->found.items[i];
	}
	tests->found.length = kept;
}

static int find_wanted(const struct known *known, char *const *words, size_t count, struct known_tests *out,
		       struct error *error)
{
	if (known->table.test_count == 0)
		return error_set(error, "%s: has no result of any test yet: runs make its contents",
				 known->config->history_file);
	if (count == 0)
		find_all(known, out);
	for (size_t i = 0; i < count; i++) {
		size_t before = out->found.length;

		known_find(known, words[i], out);
		if (out->found.length == before)
			return known_missing(known, words[i], error);
	}
	if (out->found.length == 0)
		return error_set(error, "the history has no test of this suite");
	drop_doubles(out);
	return 0;
}

static void print(const struct config *config, const struct flaky_list *list, size_t looked_at)
{
	if (config->json) {
		known_print_json(flaky_json(list, looked_at));
		return;
	}
	struct style style = frontends_style(config, stdout);
	struct str text = STR_INIT;

	str_add_text(&text, "xtop: ");
	add_text(&text, &style, list, looked_at);
	fputs(text.data, stdout);
	str_fini(&text);
}

int cli_flaky(struct config *config, char *const *operands, size_t count)
{
	struct error error = ERROR_INIT;
	struct known known;
	struct known_tests tests = { .found = VEC_INIT };
	struct flaky_list list;

	if (known_open(&known, config, config->history_file, &error) != 0)
		return cli_fail(EXIT_USAGE, error.message);
	int status = known_read(&known, NULL, &error);
	if (status == 0)
		status = find_wanted(&known, operands, count, &tests, &error);
	if (status == 0)
		status = make_list(&known, &tests, &list, &error);
	if (status == 0) {
		print(config, &list, tests.found.length);
		flaky_list_fini(&list);
	}
	vec_fini(&tests.found);
	known_close(&known);
	return status == 0 ? cli_close_output(EXIT_OK) : cli_fail(EXIT_USAGE, error.message);
}

/* ---- the section ---- */

/* Suite, id and ordinal, with a NUL behind each text. */
static void make_key(struct str *key, const char *suite, const char *id, uint32_t ordinal)
{
	str_clear(key);
	str_add(key, suite, strlen(suite) + 1);
	str_add(key, id, strlen(id) + 1);
	str_add(key, &ordinal, sizeof(ordinal));
}

static void find_tests_of(const struct known *known, const struct run *run, struct known_tests *out)
{
	struct map *tests = map_new();
	struct str key = STR_INIT;

	vec_each(&run->tests, it) {
		make_key(&key, (*it)->suite, (*it)->id, (*it)->ordinal);
		map_put(tests, key.data, key.length, *it);
	}
	for (size_t i = 0; i < known->table.test_count; i++) {
		const struct history_evidence *evidence = &known->table.tests[i];

		make_key(&key, evidence->suite, evidence->id, evidence->ordinal);
		if (map_get(tests, key.data, key.length))
			vec_push(&out->found, evidence);
	}
	str_fini(&key);
	map_free(tests);
}

static bool has_run(const struct history_table *table, const char *run_id)
{
	for (size_t i = 0; i < table->run_count; i++) {
		if (run_id && strcmp(table->runs[i].run_id, run_id) == 0)
			return true;
	}
	return false;
}

/* A snapshot is only read; runs that are ordered by one are written where they always are. */
static int open_written(struct known *known, const struct config *config, struct error *error)
{
	if (known_open(known, config, config->history_file, error) != 0)
		return -1;
	if (!history_is_snapshot(known->history))
		return 0;
	known_close(known);
	char *file = fs_join(config->root, ".xtop/history.db");
	int status = known_open(known, config, file, error);
	free(file);
	return status;
}

static int add_report(struct str *out, const struct config *config, const struct style *style,
		      const struct run *run, struct error *error)
{
	struct known known;
	struct known_tests tests = { .found = VEC_INIT };
	struct flaky_list list;

	if (config->no_history)
		return error_set(error, "there is no history (--no-history)");
	if (open_written(&known, config, error) != 0)
		return -1;
	int status = known_read(&known, NULL, error);
	if (status == 0) {
		find_tests_of(&known, run, &tests);
		status = make_list(&known, &tests, &list, error);
	}
	if (status == 0) {
		add_text(out, style, &list, tests.found.length);
		if (!has_run(&known.table, run->id))
			str_add_text(out, config->stress
						  ? "This run is not among them: --stress is not kept.\n"
						  : "This run is not among them.\n");
		flaky_list_fini(&list);
	}
	vec_fini(&tests.found);
	known_close(&known);
	return status;
}

void cli_flaky_report(const struct config *config, const struct model *model, struct frontends *frontends)
{
	struct error error = ERROR_INIT;
	struct style style = frontends_style(config, frontends_text_file(config));
	struct str text = STR_INIT;

	if (add_report(&text, config, &style, model_run(model), &error) != 0) {
		str_clear(&text);
		str_add_text(&text, "not known: ");
		style_add_first_line(&text, error.message);
		str_add_char(&text, '\n');
	}
	frontends_add_section(frontends, "flaky report", text.data);
	str_fini(&text);
}
