/* Programs that say how they fared by their exit code, as Automake's test driver reads it. */
#include "adapter/adapter.h"

#include "adapter/script.h"
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

enum {
	EXIT_SKIPPED = 77,
	EXIT_ERROR = 99,
};

static int check(const char *path, const char *name, const struct launch *launch, struct error *error)
{
	struct script script;
	int status;

	if (script_open(path, name, &script, error) != 0)
		return -1;
	if (!script.executable && script.has_shebang)
		status = error_set(error,
				   "%s is not executable: chmod +x %s, or, if it prints TAP, --adapter tap",
				   name, name);
	else if (!script.executable)
		status =
			error_set(error, "%s is not executable: chmod +x %s, if it is a program", name, name);
	else
		status = script_check_interpreter(&script, name, launch, error);
	script_fini(&script);
	return status;
}

static int exec_launch(const char *path, char *const *args, size_t arg_count, struct launch *launch,
		       struct error *error)
{
	char *name = launch_relative(launch, path);
	int status = check(path, name, launch, error);

	free(name);
	if (status != 0)
		return -1;
	launch_push(launch, path);
	for (size_t i = 0; i < arg_count; i++)
		launch_push(launch, args[i]);
	launch->split_streams = false;
	return 0;
}

static void exec_conclude(struct reader *reader, const struct ending *ending, struct result *result)
{
	struct str message = STR_INIT;

	(void)reader;
	*result = (struct result){.outcome = OUTCOME_PASSED};
	if (!ending->signaled && ending->number == 0)
		return;
	if (!ending->signaled && ending->number == EXIT_SKIPPED) {
		result->outcome = OUTCOME_SKIPPED;
		ending_add_last_line(ending, "", &message);
		result->reason = message.length > 0 ? str_take(&message) : alloc_string("exit code 77");
		str_fini(&message);
		return;
	}
	if (ending->signaled)
		result->outcome = OUTCOME_CRASHED;
	else
		result->outcome = ending->number == EXIT_ERROR ? OUTCOME_ERROR : OUTCOME_FAILED;
	ending_describe(ending, &message);
	ending_add_last_line(ending, ": ", &message);
	result->message = str_take(&message);
}

const struct adapter adapter_exec = {
	.name = "exec",
	.summary = "programs that tell by their exit code: 0 passed, 77 skipped, 99 error, else failed",
	.launch = exec_launch,
	.conclude = exec_conclude,
};
