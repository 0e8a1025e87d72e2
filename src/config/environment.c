#include "config/load.h"

#include "base/alloc.h"
#include "config/values.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX "XTOP_OPT_"

/* "TIMEOUT_GRACE" becomes "timeout-grace"; NULL for what can't be an option's name. The caller frees it. */
static char *name_of_variable(const char *text, size_t length)
{
	char *name = alloc_string_n(text, length);

	for (char *at = name; *at; at++) {
		if (*at >= 'A' && *at <= 'Z') {
			*at = (char)(*at - 'A' + 'a');
		} else if (*at == '_') {
			*at = '-';
		} else if (*at < '0' || *at > '9') {
			free(name);
			return NULL;
		}
	}
	return name;
}

static char *variable_of_name(const char *name)
{
	char *variable = alloc_format("%s%s", PREFIX, name);

	for (char *at = variable + strlen(PREFIX); *at; at++) {
		if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 'a' + 'A');
		else if (*at == '-')
			*at = '_';
	}
	return variable;
}

static int refuse(const char *variable, const struct option *option, const char *name, struct error *error)
{
	char *quoted;
	const struct option *near;

	if (option)
		return error_set(error, "%s: --%s can only be given on the command line", variable,
				 option->name);
	quoted = value_quoted(variable);
	near = name && option_suggest(name) ? option_find(option_suggest(name)) : NULL;
	if (near && near->in_environment) {
		char *meant = variable_of_name(option_suggest(name));

		error_set(error, "unknown option in the environment, %s; did you mean '%s'?", quoted, meant);
		free(meant);
	} else {
		error_set(error,
			  "unknown option in the environment, %s; 'xtop --help' lists those that there are",
			  quoted);
	}
	free(quoted);
	return -1;
}

static int parse_variable(const char *entry, struct settings *found, struct error *error)
{
	const char *equals = strchr(entry, '=');
	char *variable;
	char *name;
	const struct option *option;
	int status = 0;

	if (!equals || equals[1] == '\0')
		return 0;
	variable = alloc_string_n(entry, (size_t)(equals - entry));
	name = name_of_variable(entry + strlen(PREFIX), (size_t)(equals - entry) - strlen(PREFIX));
	option = name ? option_find(name) : NULL;
	if (option && option->in_environment)
		settings_add(found, option, variable, equals + 1);
	else
		status = refuse(variable, option, name, error);
	free(name);
	free(variable);
	return status;
}

int environment_parse(char *const environment[], struct settings *out, struct error *error)
{
	struct settings found = VEC_INIT;

	for (; environment && *environment; environment++) {
		if (strncmp(*environment, PREFIX, strlen(PREFIX)) == 0 &&
		    parse_variable(*environment, &found, error) != 0) {
			settings_fini(&found);
			return -1;
		}
	}
	/* The order of an environment means nothing: where two variables touch one thing, the table decides. */
	for (size_t i = 0; i < option_count; i++) {
		vec_each (&found, it) {
			if (it->option == &option_table[i])
				vec_push(out, *it);
		}
	}
	vec_fini(&found);
	return 0;
}
