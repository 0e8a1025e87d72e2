/* The text of an xtop.yaml: it is refused with one message or gives a config whose parts hold together. */
#include "base/alloc.h"
#include "config/load.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_pytest(const struct suite_config *suite)
{
	return suite->adapter && strcmp(suite->adapter, "pytest") == 0;
}

static void check_rules(const struct config *config)
{
	if (config->limits.length > CONFIG_LIMITS_MAX)
		abort();
	vec_each (&config->limits, it) {
		if (!it->name[0] || it->max_workers < 1)
			abort();
	}
	vec_each (&config->rules, it) {
		if (!it->filter || it->filter_line < 1 || it->filter_column < 1)
			abort();
		if (config->limits.length < CONFIG_LIMITS_MAX && it->limits >> config->limits.length)
			abort();
	}
}

static void check_suites(const struct config *config)
{
	vec_each (&config->suites, it) {
		if (!it->name[0] || it->line < 1 || it->column < 1 ||
		    (it->programs.length == 0 && !is_pytest(it)))
			abort();
		vec_each (&it->environment, entry) {
			if (!strchr(*entry, '=') || **entry == '=')
				abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A replay does not look for the directories that the text names. */
	struct invocation invocation = { .command = COMMAND_REPLAY };
	struct error error = ERROR_INIT;
	int status;

	invocation.config.config_file = alloc_string("/nowhere/xtop.yaml");
	invocation.config.config_name = alloc_string("xtop.yaml");
	status = file_load_text((struct slice){ (const char *)data, size }, &invocation, &error);
	if (status == 0) {
		check_suites(&invocation.config);
		check_rules(&invocation.config);
	} else if (!text_starts_with(error.message, "xtop.yaml:")) {
		abort();
	}
	if ((status == 0) != (error.message[0] == '\0'))
		abort();
	invocation_fini(&invocation);
	return 0;
}
