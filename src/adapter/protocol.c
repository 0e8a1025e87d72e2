#include "adapter/protocol.h"

#include <string.h>

/* The object becomes a line; takes it. */
static void put_line(struct str *out, struct json *object)
{
	json_dump(object, out);
	str_add_char(out, '\n');
	json_free(object);
}

static struct json *order(const char *what)
{
	struct json *object = json_new_object();

	json_put_text(object, "do", slice_of(what));
	return object;
}

static void put_variables(struct json *object, char *const *variables, size_t count)
{
	struct json *environment = json_new_object();

	for (size_t i = 0; i < count; i++) {
		struct str name = STR_INIT;
		const char *equals = strchr(variables[i], '=');

		str_add(&name, variables[i], equals ? (size_t)(equals - variables[i]) : strlen(variables[i]));
		if (equals)
			json_put_text(environment, name.data, slice_of(equals + 1));
		else
			json_put_null(environment, name.data);
		str_fini(&name);
	}
	json_put(object, "environment", environment);
}

static void put_texts(struct json *object, const char *key, char *const *texts, size_t count)
{
	struct json *array = json_new_array();

	for (size_t i = 0; i < count; i++)
		json_push(array, json_new_text(slice_of(texts[i])));
	json_put(object, key, array);
}

void protocol_put_collect(struct str *out, const struct protocol_collect *collect)
{
	struct json *object = order("collect");

	json_put_int(object, "v", PROTOCOL_VERSION);
	json_put_text(object, "run_id", slice_of(collect->run_id));
	json_put_text(object, "suite", slice_of(collect->suite));
	put_texts(object, "args", collect->args, collect->arg_count);
	json_put_int(object, "generation", collect->generation);
	json_put_text(object, "start", slice_of(collect->start));
	json_put_int(object, "workers", collect->workers);
	json_put_text(object, "capture", slice_of(collect->capture));
	json_put_bool(object, "collect_only", collect->collect_only);
	json_put_bool(object, "auxiliary", collect->auxiliary);
	if (collect->dist)
		json_put_text(object, "dist", slice_of(collect->dist));
	if (collect->only_rerun_count)
		put_texts(object, "only_rerun", collect->only_rerun, collect->only_rerun_count);
	if (collect->rerun_except_count)
		put_texts(object, "rerun_except", collect->rerun_except, collect->rerun_except_count);
	json_put_text(object, "socket", slice_of(collect->socket));
	put_line(out, object);
}

void protocol_put_crashed(struct str *out, unsigned slot, const char *id, uint32_t ordinal, const char *message)
{
	struct json *object = order("crashed");

	json_put_int(object, "slot", slot);
	json_put_text(object, "test", slice_of(id));
	json_put_int(object, "ordinal", ordinal);
	json_put_text(object, "message", slice_of(message));
	put_line(out, object);
}

void protocol_put_changes(struct str *out)
{
	put_line(out, order("changes"));
}

void protocol_put_finish(struct str *out, uint64_t failed, uint64_t passed, const char *stop)
{
	struct json *object = order("finish");

	json_put_int(object, "failed", (int64_t)failed);
	json_put_int(object, "passed", (int64_t)passed);
	if (stop)
		json_put_text(object, "stop", slice_of(stop));
	else
		json_put_null(object, "stop");
	put_line(out, object);
}

void protocol_put_keep(struct str *out, const struct protocol_keep *keep)
{
	struct json *object = order("keep");

	json_put_int(object, "v", PROTOCOL_VERSION);
	json_put_int(object, "slot", keep->slot);
	json_put_int(object, "workers", keep->workers);
	json_put_text(object, "run_id", slice_of(keep->run_id));
	json_put_bool(object, "serial", keep->serial);
	put_variables(object, keep->environment, keep->variable_count);
	put_line(out, object);
}

void protocol_put_start(struct str *out)
{
	put_line(out, order("start"));
}

void protocol_put_kill(struct str *out, int number)
{
	struct json *object = order("kill");

	json_put_int(object, "signal", number);
	put_line(out, object);
}

void protocol_put_run(struct str *out, const char *id, uint32_t ordinal, uint32_t attempt, char *const *environment,
		      size_t variable_count)
{
	struct json *object = order("run");

	json_put_text(object, "test", slice_of(id));
	json_put_int(object, "ordinal", ordinal);
	json_put_int(object, "attempt", attempt);
	put_variables(object, environment, variable_count);
	put_line(out, object);
}

void protocol_put_next(struct str *out, const char *id, uint32_t ordinal)
{
	struct json *object = order("next");

	json_put_text(object, "test", slice_of(id));
	json_put_int(object, "ordinal", ordinal);
	put_line(out, object);
}

void protocol_put_next_again(struct str *out)
{
	struct json *object = order("next");

	json_put_bool(object, "again", true);
	put_line(out, object);
}

void protocol_put_next_none(struct str *out)
{
	put_line(out, order("next"));
}

void protocol_put_leave(struct str *out)
{
	put_line(out, order("leave"));
}
