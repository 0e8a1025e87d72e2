#include "adapter/collect.h"

#include "adapter/programs.h"
#include "base/fs.h"

#include <stdlib.h>
#include <string.h>

void found_test_init(struct found_test *test)
{
	*test = (struct found_test){.timeout = UINT64_MAX, .reruns = -1, .reruns_delay = UINT64_MAX, .reruns_delay_factor = -1};
}

void found_test_fini(struct found_test *test)
{
	free(test->id);
	free(test->program);
	free(test->file);
	free(test->group);
	free(test->quarantine);
	free(test->scope);
	free(test->marks);
	free(test->reason);
	found_test_init(test);
}

bool suite_has_server(const struct suite_config *suite)
{
	return !suite->left_out && suite->adapter && strcmp(suite->adapter, adapter_pytest.name) == 0;
}

int collect_launch(const struct config *config, const struct found_test *test, struct launch *launch,
		   struct error *error)
{
	const struct suite_config *suite = test->suite;
	VEC(char *) args = VEC_INIT;
	int status;

	launch_init(launch);
	launch->cwd = alloc_string(suite->cwd ? suite->cwd : config->root);
	for (size_t i = 0; i < suite->environment.length; i++)
		vec_push(&launch->environment, alloc_string(suite->environment.items[i]));
	for (size_t i = 0; i < suite->args.length; i++)
		vec_push(&args, suite->args.items[i]);
	for (size_t i = 0; i < config->adapter_arguments.length; i++)
		vec_push(&args, config->adapter_arguments.items[i]);
	status = test->adapter->launch(test->program, args.items, args.length, launch, error);
	vec_fini(&args);
	if (status != 0)
		launch_fini(launch);
	return status;
}

/* Only a look at the file; it may still change before its turn. */
static int check_launch(const struct config *config, const struct found_test *test, struct error *error)
{
	struct launch launch;

	if (collect_launch(config, test, &launch, error) != 0)
		return -1;
	launch_fini(&launch);
	return 0;
}

/* What goes with the id need not begin with it. */
static const char *without_name(const char *message, const char *id)
{
	size_t length = strlen(id);

	if (strncmp(message, id, length) != 0 || !text_starts_with(message + length, ": "))
		return message;
	return message + length + 2;
}

static int collect_program(const struct config *config, const struct suite_config *suite,
			   const struct program *program, const struct collector *collector,
			   struct error *error)
{
	struct error problem = ERROR_INIT;
	struct found_test test;

	found_test_init(&test);
	test.suite = suite;
	test.adapter = program->adapter;
	test.id = fs_relative(program->path, config->root);
	test.program = alloc_string(program->path);
	test.file = alloc_string(test.id);
	if (check_launch(config, &test, &problem) == 0) {
		collector->found(collector->context, &test);
		return 0;
	}
	/* Who names a program on the command line is told at once; a suite has others that can go on. */
	if (program->named && !suite->file) {
		found_test_fini(&test);
		return error_set(error, "%s", problem.message);
	}
	collector->broken(collector->context, suite, test.id, without_name(problem.message, test.id));
	found_test_fini(&test);
	return 0;
}

/* Neither arguments nor a suite of the project's: what collect_prepare found in the root directory. */
static bool is_guessed(const struct config *config, const struct suite_config *suite)
{
	return !suite->file && config->arguments.length == 0;
}

/* Beside pytest, Python's tests in a directory are its own. */
static bool is_beside_pytest(const struct config *config)
{
	for (size_t i = 0; i < config->suites.length; i++) {
		const char *adapter = config->suites.items[i].adapter;

		if (adapter && strcmp(adapter, adapter_pytest.name) == 0)
			return true;
	}
	return false;
}

static long collect_suite(const struct config *config, const struct suite_config *suite,
			  const struct collector *collector, struct error *error)
{
	struct programs programs;
	unsigned flags = is_guessed(config, suite) ? PROGRAMS_FLAT | PROGRAMS_MAY_BE_NONE : 0;
	long count = -1;

	if (is_beside_pytest(config))
		flags |= PROGRAMS_NO_PYTHON;
	programs_init(&programs);
	if (programs_find(config, suite, flags, &programs, error) == 0) {
		count = (long)programs.list.length;
		vec_each(&programs.notes, it) collector->note(collector->context, *it);
		vec_each(&programs.list, it)
		{
			if (collect_program(config, suite, it, collector, error) != 0) {
				count = -1;
				break;
			}
		}
	}
	programs_fini(&programs);
	return count;
}

long collect_tests(const struct config *config, const struct collector *collector, struct error *error)
{
	bool has_server = false;
	long total = 0;

	for (size_t i = 0; i < config->suites.length; i++) {
		const struct suite_config *suite = &config->suites.items[i];
		long count = 0;

		if (suite_has_server(suite))
			has_server = true;
		else if (!suite_is_wanted(config, suite))
			continue;
		else
			count = collect_suite(config, suite, collector, error);
		if (count < 0)
			return -1;
		total += count;
	}
	if (total == 0 && !has_server &&
	    (config->suites.length == 0 || is_guessed(config, &config->suites.items[0])))
		collector->note(collector->context,
				"nothing here looks like a test: xtop looks for pytest's test_*.py and *_test.py, and "
				"into t/, tests/ and test/ for *.t and for executables called test_..., ..._test or "
				"check_...; name others, or write xtop.yaml");
	return total;
}
