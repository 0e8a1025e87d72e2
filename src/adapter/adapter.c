#include "adapter/adapter.h"

#include "event/codec.h"

#include <stdlib.h>
#include <string.h>

static const struct adapter *const adapters[] = {&adapter_tap, &adapter_exec, &adapter_pytest, NULL};

const struct adapter *const *adapter_list(void)
{
	return adapters;
}

const struct adapter *adapter_find(const char *name)
{
	for (size_t i = 0; adapters[i]; i++) {
		if (strcmp(adapters[i]->name, name) == 0)
			return adapters[i];
	}
	return NULL;
}

const struct adapter *adapter_need(const char *name, struct error *error)
{
	const struct adapter *adapter = adapter_find(name);
	struct str names = STR_INIT;

	if (adapter)
		return adapter;
	for (size_t i = 0; adapters[i]; i++)
		str_add_format(&names, "%s%s", i == 0 ? "" : ", ", adapters[i]->name);
	error_set(error, "there is no adapter '%s': expected one of %s", name, names.data);
	str_fini(&names);
	return NULL;
}

void launch_init(struct launch *launch)
{
	*launch = (struct launch){.cwd = NULL};
}

void launch_fini(struct launch *launch)
{
	vec_each(&launch->argv, it) free(*it);
	vec_fini(&launch->argv);
	vec_each(&launch->environment, it) free(*it);
	vec_fini(&launch->environment);
	free(launch->cwd);
	launch_init(launch);
}

void result_fini(struct result *result)
{
	free(result->message);
	free(result->reason);
	*result = (struct result){.outcome = OUTCOME_NONE};
}

void ending_describe(const struct ending *ending, struct str *out)
{
	char buffer[32];

	if (!ending->signaled) {
		str_add_format(out, "exit code %d", ending->number);
		return;
	}
	str_add_format(out, "killed by %s", event_signal_name((unsigned)ending->number, buffer));
	if (ending->core_dumped)
		str_add_text(out, " (core dumped)");
}

void ending_add_last_line(const struct ending *ending, const char *separator, struct str *out)
{
	enum { SHOWN = 200 };
	struct slice line = slice_trim(slice_of(ending->last_line));
	size_t length = line.length;

	if (length == 0)
		return;
	if (length > SHOWN) {
		length = SHOWN;
		/* Not through the middle of a character. */
		while (length > SHOWN - 4 && ((unsigned char)line.data[length] & 0xC0) == 0x80)
			length--;
	}
	str_add_text(out, separator);
	str_add(out, line.data, length);
	if (length < line.length)
		str_add_text(out, "...");
}
