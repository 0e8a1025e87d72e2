/* `xtop list` and `--collect-only`: the tests that a run would have, without running any. */
#include "adapter/collect.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "cli/cli.h"
#include "cli/frontends.h"
#include "engine/engine.h"

#include <stdlib.h>

static void on_event(void *context, const struct model *model, const struct event *event)
{
	frontends_hear(context, model, event);
}

int cli_list(struct config *config, int argc, char *const argv[])
{
	struct error error = ERROR_INIT;
	struct frontends frontends;
	config->collect_only = true;
	if (cli_check_surroundings(&error) != 0 || collect_prepare(config, &error) != 0)
		return cli_fail(EXIT_USAGE, error.message);
	if (frontends_open(&frontends, config, true, &error) != 0) {
		frontends_close(&frontends);
		return cli_fail(EXIT_USAGE, error.message);
	}
	struct engine_listener listener = { .hear = on_event, .context = &frontends };
	struct engine *engine = engine_new(NULL, config, NULL, NULL, "list", clock_now(), &listener, &error);
	char *command_line = cli_command_line(argc, argv);
	int code = EXIT_USAGE;
	if (engine && engine_collect_only(engine, command_line, &error) == 0) {
		code = engine_exit_code(engine);
		engine_close(engine);
		if (frontends_finish(&frontends, engine_model(engine), &error) != 0)
			code = cli_fail(EXIT_INTERNAL, error.message);
	} else {
		cli_fail(code, error.message);
	}
	free(command_line);
	frontends_close(&frontends);
	engine_free(engine);
	return code;
}
