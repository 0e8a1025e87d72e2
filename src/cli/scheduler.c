/* `xtop scheduler check FILE`: tries a scheduler plugin without running a test. */
#include "cli/cli.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/scheduler_trials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Modes of xtop's own that stand beside the plugin. */
enum { BESIDE_LOAD, BESIDE_DURATION, BESIDE_COUNT };
static const char *const beside_modes[BESIDE_COUNT] = { "load", "duration" };

struct check {
	const char *file, *name;
	struct json *simulations; /* NULL: a table is printed */
	size_t broken;
	double worst, worst_beside[BESIDE_COUNT]; /* makespan ÷ lower bound */
	struct error first;                       /* the first rule that was broken */
};

static double ratio(const struct simulated *simulated)
{
	return simulated->lower_bound > 0 ? simulated->makespan / simulated->lower_bound : 1;
}

static double decision_ns(const struct simulated *simulated)
{
	return simulated->decisions ? simulated->seconds * 1e9 / (double)simulated->decisions : 0;
}

static void put_text(struct json *object, const char *key, const char *text)
{
	if (text)
		json_put_text(object, key, slice_of(text));
	else
		json_put_null(object, key);
}

static void print_head(const struct check *check)
{
	printf("scheduler plugin '%s' (%s)\n\n", check->name, check->file);
	printf("%51s makespan / lower bound\n", "");
	printf("%6s %7s  %-12s %-7s %-11s %9s %7s %9s  %s\n", "tests", "workers", "durations", "history",
	       "with", "plugin", beside_modes[BESIDE_LOAD], beside_modes[BESIDE_DURATION], "ns/test");
}

static void print_row(const struct scheduler_trial *trial, enum scheduler_end end,
		      const struct simulated *own, const double *beside)
{
	printf("%6zu %7u  %-12s %-7s %-11s ", trial->simulation.tests, trial->simulation.workers,
	       scheduler_durations_name(trial->simulation.durations),
	       scheduler_history_name(trial->simulation.history), trial->with ? trial->with : "");
	if (end != SCHEDULER_KEPT_RULES)
		puts("   failed");
	else if (!scheduler_is_measured(trial))
		puts("       ok");
	else
		printf("%9.3f %7.3f %9.3f  %7.0f\n", ratio(own), beside[BESIDE_LOAD], beside[BESIDE_DURATION],
		       decision_ns(own));
}

static struct json *row_of(const struct scheduler_trial *trial, enum scheduler_end end,
			   const struct simulated *own, const double *beside, const struct error *error)
{
	struct json *row = json_new_object();

	json_put_int(row, "tests", (int64_t)trial->simulation.tests);
	json_put_int(row, "workers", trial->simulation.workers);
	put_text(row, "durations", scheduler_durations_name(trial->simulation.durations));
	put_text(row, "history", scheduler_history_name(trial->simulation.history));
	put_text(row, "with", trial->with);
	json_put_bool(row, "good", end == SCHEDULER_KEPT_RULES);
	put_text(row, "message", end == SCHEDULER_KEPT_RULES ? NULL : error->message);
	if (end != SCHEDULER_KEPT_RULES || !scheduler_is_measured(trial))
		return row;
	json_put_real(row, "makespan", own->makespan);
	json_put_real(row, "lower_bound", own->lower_bound);
	struct json *ratios = json_new_object();
	json_put_real(ratios, "plugin", ratio(own));
	for (size_t i = 0; i < BESIDE_COUNT; i++)
		json_put_real(ratios, beside_modes[i], beside[i]);
	json_put(row, "ratio", ratios);
	json_put_real(row, "decision_ns", decision_ns(own));
	return row;
}

/* What xtop's own modes make of it, by which the plugin's numbers can be judged. */
static int simulate_beside(const struct scheduler_trial *trial, double *beside, struct error *error)
{
	for (size_t i = 0; i < BESIDE_COUNT; i++) {
		struct simulation simulation = trial->simulation;
		struct simulated simulated;

		simulation.options.mode = beside_modes[i];
		if (simulate(&simulation, &simulated, error) != 0)
			return error_prefix(error, "--dist %s", beside_modes[i]);
		beside[i] = ratio(&simulated);
	}
	return 0;
}

static void keep_worst(double *worst, double value)
{
	if (value > *worst)
		*worst = value;
}

/* Whether to go on. */
static bool check_one(struct check *check, const struct scheduler_trial *trial, struct error *error)
{
	struct simulated own = { .makespan = 0 };
	struct error broken = ERROR_INIT;
	double beside[BESIDE_COUNT] = { 0 };

	if (scheduler_is_measured(trial) && simulate_beside(trial, beside, error) != 0)
		return false;
	enum scheduler_end end = scheduler_try(trial, check->file, &own, &broken);
	if (end != SCHEDULER_KEPT_RULES)
		error_prefix(&broken, "simulation of %zu tests on %u workers%s%s", trial->simulation.tests,
			     trial->simulation.workers, trial->with ? ", " : "",
			     trial->with ? trial->with : "");
	if (end == SCHEDULER_KEPT_RULES && scheduler_is_measured(trial)) {
		keep_worst(&check->worst, ratio(&own));
		for (size_t i = 0; i < BESIDE_COUNT; i++)
			keep_worst(&check->worst_beside[i], beside[i]);
	} else if (end != SCHEDULER_KEPT_RULES && check->broken++ == 0) {
		check->first = broken;
	}
	if (check->simulations)
		json_push(check->simulations, row_of(trial, end, &own, beside, &broken));
	else
		print_row(trial, end, &own, beside);
	fflush(stdout);
	/* It would crash or hang in the others, too. */
	return end != SCHEDULER_DIED;
}

static void print_verdict(const struct check *check, size_t tried)
{
	if (check->broken)
		printf("\nxtop: '%s' failed in %zu of %zu simulations\n", check->name, check->broken, tried);
	else
		printf("\nxtop: '%s' kept all rules in %zu simulations; at worst %.2f times the lower bound "
		       "(load %.2f, duration %.2f)\n",
		       check->name, tried, check->worst, check->worst_beside[BESIDE_LOAD],
		       check->worst_beside[BESIDE_DURATION]);
}

static void print_json(struct check *check)
{
	struct json *all = json_new_object();
	struct str text = STR_INIT;

	put_text(all, "file", check->file);
	put_text(all, "name", check->name);
	json_put_bool(all, "good", check->broken == 0);
	put_text(all, "message", check->broken ? check->first.message : NULL);
	json_put(all, "simulations", check->simulations);
	check->simulations = NULL;
	json_dump(all, &text);
	puts(text.data);
	str_fini(&text);
	json_free(all);
}

static int check_plugin(struct check *check, bool as_json)
{
	struct error error = ERROR_INIT;
	size_t tried = 0;

	check->simulations = as_json ? json_new_array() : NULL;
	if (!as_json)
		print_head(check);
	for (bool more = true; more && tried < scheduler_trial_count; tried++)
		more = check_one(check, &scheduler_trials[tried], &error);
	if (error.message[0]) {
		json_free(check->simulations);
		return cli_fail(EXIT_INTERNAL, error.message);
	}
	if (as_json)
		print_json(check);
	else
		print_verdict(check, tried);
	if (check->broken)
		cli_fail(EXIT_INTERNAL, check->first.message);
	return cli_close_output(check->broken ? EXIT_INTERNAL : EXIT_OK);
}

int cli_scheduler(struct config *config, char *const *operands, size_t count)
{
	struct error error = ERROR_INIT;
	enum scheduler_end end;

	if (count != 2 || strcmp(operands[0], "check") != 0)
		return cli_fail(EXIT_USAGE, "scheduler: expected 'check' and the file of a plugin: "
					    "xtop scheduler check ./mine.so");
	char *file = fs_absolute(operands[1]);
	char *name = scheduler_try_load(file, &end, &error);
	int code;
	if (name) {
		struct check check = { .file = file, .name = name };
		code = check_plugin(&check, config->json);
	} else {
		if (end == SCHEDULER_DIED)
			error_prefix(&error, "%s", file);
		code = cli_fail(end == SCHEDULER_DIED ? EXIT_INTERNAL : EXIT_USAGE, error.message);
	}
	free(name);
	free(file);
	return code;
}
