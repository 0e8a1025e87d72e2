/* Earlier runs and a quarantine for the driver of the dashboard: a real history and a real quarantine.yaml, in a
 * directory that is removed at the end. */
#ifndef XTOP_TESTS_DRIVER_PAST_H
#define XTOP_TESTS_DRIVER_PAST_H

#include "base/alloc.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/vec.h"
#include "engine/control.h"
#include "model/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAST_DAY (UINT64_C(86400) * 1000000000)
#define PAST_NOW (UINT64_C(1700000000) * 1000000000) /* 2023-11-14 */

struct past {
	char *place; /* NULL: nothing was told yet */
	VEC(char *)
	letters; /* of each test what it did, the oldest run first, and behind a blank suite and id */
};

static inline char *past_path(struct past *past, const char *name)
{
	if (!past->place) {
		past->place =
			alloc_format("%s/tui_driver.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
		if (!mkdtemp(past->place)) {
			perror(past->place);
			exit(2);
		}
	}
	return fs_join(past->place, name);
}

static inline void past_fini(struct past *past)
{
	vec_each(&past->letters, it)
		free(*it);
	vec_fini(&past->letters);
	if (past->place)
		fs_remove_tree(past->place, NULL);
	free(past->place);
}

static inline void past_add_result(struct history *history, const char *text, size_t run)
{
	const char *name = strchr(text, ' ');
	const char *id = name ? strchr(name + 1, ' ') : NULL;
	struct history_result result = { .attempts = 1, .duration = 1000000, .ordinal = 1 };
	char *suite;

	if (!id || run >= (size_t)(name - text) || text[run] == '-')
		return;
	suite = alloc_string_n(name + 1, (size_t)(id - name - 1));
	result.suite = suite;
	result.id = id + 1;
	result.outcome = text[run] == 'F'   ? OUTCOME_FAILED
			 : text[run] == 'T' ? OUTCOME_TIMEOUT
					    : OUTCOME_PASSED;
	result.flaky = text[run] == 'R';
	history_add(history, &result);
	free(suite);
}

/* Made anew each time: a script may tell more of the past. A run a day until today, two to a commit. */
static inline struct history *past_history(struct past *past, struct error *error)
{
	char *path = past_path(past, "history.db");
	struct history *history;
	size_t runs = 0;

	remove(path);
	history = history_open(path, false, error);
	free(path);
	vec_each(&past->letters, it)
		if (strcspn(*it, " ") > runs)
			runs = strcspn(*it, " ");
	for (size_t run = 0; history && run < runs; run++) {
		char id[24], commit[24];
		struct history_run begun = { .id = id,
					     .commit = commit,
					     .command = "xtop",
					     .dist = "load",
					     .wall = PAST_NOW - (runs - run) * PAST_DAY,
					     .workers = 1 };

		snprintf(id, sizeof(id), "run%04zu", run);
		snprintf(commit, sizeof(commit), "c%zu", run / 2);
		history_begin(history, &begun);
		vec_each(&past->letters, it)
			past_add_result(history, *it, run);
		if (history_end(history, 1, 0, 0, 0, error) != 0) {
			history_close(history);
			return NULL;
		}
	}
	return history && history_load(history, error) == 0 ? history : NULL;
}

static inline struct quarantine *past_quarantine(struct past *past, struct error *error)
{
	char *path = past_path(past, "quarantine.yaml");
	struct quarantine *quarantine = quarantine_load(path, PAST_NOW, error);

	free(path);
	return quarantine;
}

static inline void past_hold(struct past *past, const char *line)
{
	char *path = past_path(past, "quarantine.yaml");
	FILE *file = fopen(path, "a");

	free(path);
	if (!file || fprintf(file, "- %s\n", line) < 0 || fclose(file) != 0) {
		perror("quarantine.yaml");
		exit(2);
	}
}

static inline int past_flaky(struct past *past, struct control_flaky *out, struct error *error)
{
	static const struct history_steadiness steadiness = HISTORY_STEADINESS_DEFAULT;
	struct history *history = past_history(past, error);
	struct quarantine *quarantine = history ? past_quarantine(past, error) : NULL;
	int status =
		quarantine ? control_flaky_read(out, history, quarantine, &steadiness, HISTORY_RECENT, error)
			   : -1;

	quarantine_free(quarantine);
	history_close(history);
	return status;
}

static inline bool past_facts_of(void *context, uint64_t number, struct test_facts *facts)
{
	const struct test *test = model_test(context, number);

	*facts = (struct test_facts){ .duration = UINT64_MAX };
	if (!test)
		return false;
	facts->suite = test->suite;
	facts->id = test->id;
	facts->ordinal = test->ordinal;
	return true;
}

static inline int past_holds(struct past *past, const struct model *model, struct control_holds *out,
			     struct error *error)
{
	struct quarantine *quarantine = past_quarantine(past, error);

	if (!quarantine)
		return -1;
	control_holds_read(out, quarantine, model_run(model)->tests.length, past_facts_of, (void *)model);
	free(out->file);
	out->file = alloc_string("quarantine.yaml");
	quarantine_free(quarantine);
	return 0;
}

static inline int past_release(struct past *past, const char *suite, const char *test, struct error *error)
{
	struct quarantine *quarantine = past_quarantine(past, error);
	int status = quarantine ? quarantine_remove(quarantine, suite, test, error) : -1;

	quarantine_free(quarantine);
	return status;
}

#endif
