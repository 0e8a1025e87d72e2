#include "worker/variables.h"

#include "base/alloc.h"

#include <string.h>

extern char **environ;

/* Takes the text. */
static void set(struct variables *variables, char *text)
{
	size_t length = strcspn(text, "=");
	vec_push(&variables->changes, text);
	vec_each(&variables->environment, variable) {
		if (strncmp(*variable, text, length) == 0 && (*variable)[length] == '=') {
			*variable = text;
			return;
		}
	}
	vec_push(&variables->environment, text);
}

static void unset(struct variables *variables, const char *name)
{
	size_t length = strlen(name);
	vec_push(&variables->changes, alloc_string(name));
	for (size_t i = 0; i < variables->environment.length; i++) {
		const char *variable = variables->environment.items[i];
		if (strncmp(variable, name, length) == 0 && variable[length] == '=')
			vec_remove(&variables->environment, i--);
	}
}

void variables_init(struct variables *variables, const struct worker_context *context, unsigned slot)
{
	*variables = (struct variables){ VEC_INIT, VEC_INIT };
	for (char **variable = environ; *variable; variable++)
		vec_push(&variables->environment, *variable);
	set(variables, alloc_string("XTOP=1"));
	set(variables, alloc_format("XTOP_RUN_ID=%s", context->run_id));
	set(variables, alloc_format("XTOP_WORKER=%u", slot));
	set(variables, alloc_format("XTOP_WORKER_COUNT=%u", context->workers));
	if (context->serial) {
		/* An outer parallel run's names must not leak into one that is none. */
		unset(variables, "PYTEST_XDIST_WORKER");
		unset(variables, "PYTEST_XDIST_WORKER_COUNT");
		unset(variables, "PYTEST_XDIST_TESTRUNUID");
	} else {
		set(variables, alloc_format("PYTEST_XDIST_WORKER=gw%u", slot));
		set(variables, alloc_format("PYTEST_XDIST_WORKER_COUNT=%u", context->workers));
		set(variables, alloc_format("PYTEST_XDIST_TESTRUNUID=%s", context->test_run_uid));
	}
	vec_push(&variables->environment, NULL);
}
