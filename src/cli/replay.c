/* `xtop replay FILE`: a recorded run in the same frontends, without workers. */
#include "base/alloc.h"
#include "cli/cli.h"
#include "cli/frontends.h"
#include "event/journal.h"
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

static int refuse(struct error *error)
{
	return error_set(error, "this is a recorded run: there are no workers");
}

static int no_rerun(void *context, uint64_t test, struct error *error)
{
	(void)context;
	(void)test;
	return refuse(error);
}

static int no_kill(void *context, uint64_t test, int number, struct error *error)
{
	(void)context;
	(void)test;
	(void)number;
	return refuse(error);
}

static int no_quarantine(void *context, uint64_t test, bool on, const char *reason, struct error *error)
{
	(void)context;
	(void)test;
	(void)on;
	(void)reason;
	return refuse(error);
}

static int no_pause(void *context, bool on, struct error *error)
{
	(void)context;
	(void)on;
	return refuse(error);
}

static int no_stop(void *context, struct error *error)
{
	(void)context;
	return refuse(error);
}

static bool never_paused(void *context)
{
	(void)context;
	return false;
}

static bool always_idle(void *context)
{
	(void)context;
	return true;
}

static bool never_quarantined(void *context, uint64_t test)
{
	(void)context;
	(void)test;
	return false;
}

static const struct control no_control = {
	.rerun = no_rerun,
	.kill = no_kill,
	.quarantine = no_quarantine,
	.pause = no_pause,
	.stop = no_stop,
	.quarantined = never_quarantined,
	.paused = never_paused,
	.idle = always_idle,
};

static void read_all(struct journal_reader *reader, struct model *model, struct frontends *frontends)
{
	struct event event;
	while (journal_next(reader, &event) > 0) {
		model_apply(model, &event);
		frontends_hear(frontends, model, &event);
	}
}

static void on_leave(void *context)
{
	uv_stop(context);
}

static int show(struct journal_reader *reader, struct model *model, struct frontends *frontends, bool linear,
		struct error *error)
{
	uv_loop_t loop;
	uv_loop_init(&loop);
	int result = linear ? frontends_open_linear(frontends, &loop, model, &no_control, true, error)
			    : frontends_open_tui(frontends, &loop, model, &no_control, true, error);
	if (result == 0) {
		if (linear) {
			linear_on_leave(frontends->linear, on_leave, &loop);
		} else {
			tui_on_leave(frontends->tui, on_leave, &loop);
			tui_on_headless(frontends->tui, on_leave, &loop);
		}
		read_all(reader, model, frontends);
		uv_run(&loop, UV_RUN_DEFAULT);
		frontends_drop_tui(frontends);
	}
	cli_end_loop(&loop);
	return result;
}

int cli_replay(struct config *config, const char *file)
{
	struct error error = ERROR_INIT;
	struct frontends frontends;
	int tui = frontends_wants_tui(config, &error);
	if (tui < 0 || cli_check_surroundings(&error) != 0)
		return cli_fail(EXIT_USAGE, error.message);
	struct journal_reader *reader = journal_open(file, &error);
	if (!reader)
		return cli_fail(EXIT_USAGE, error.message);
	bool linear = frontends_wants_linear(config);
	if (frontends_open(&frontends, config, !tui && !linear, &error) != 0) {
		frontends_close(&frontends);
		journal_reader_free(reader);
		return cli_fail(EXIT_USAGE, error.message);
	}
	struct model *model = model_new();
	int code = EXIT_OK;
	if (!tui && !linear)
		read_all(reader, model, &frontends);
	else if (show(reader, model, &frontends, linear, &error) != 0)
		code = cli_fail(EXIT_USAGE, error.message);
	const struct run *run = model_run(model);
	if (code == EXIT_OK) {
		code = run->finished ? run->exit_code : EXIT_INTERRUPTED;
		if (frontends_finish(&frontends, model, &error) != 0)
			code = cli_fail(EXIT_INTERNAL, error.message);
		uint64_t lost = journal_bytes_lost(reader);
		if (lost == 1)
			fprintf(stderr, "xtop: %s: the last byte is no whole record and was left out\n", file);
		else if (lost)
			fprintf(stderr, "xtop: %s: the last %llu bytes are no whole record and were left out\n", file,
				(unsigned long long)lost);
		if (!run->finished)
			fprintf(stderr, "xtop: %s: the record ends before the run does\n", file);
	}
	frontends_close(&frontends);
	model_free(model);
	journal_reader_free(reader);
	return code;
}
