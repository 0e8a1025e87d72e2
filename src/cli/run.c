/* `xtop` and `xtop run`: a run from its beginning to its exit code. */
#include "adapter/collect.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "cli/cli.h"
#include "cli/flaky.h"
#include "cli/frontends.h"
#include "engine/engine.h"
#include "worker/group.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

#define TICK_MS 250

struct session {
	uv_loop_t loop;
	uv_timer_t ticker;
	uv_signal_t signals[3];
	uv_signal_t suspended, continued;
	struct engine *engine;
	struct frontends frontends;
	bool watches; /* --watch: the end of the run is not the end */
	uint64_t epoch;
};

static void make_run_id(char id[17])
{
	uint64_t bits;
	if (getrandom(&bits, sizeof(bits), 0) != sizeof(bits))
		bits = clock_wall();
	snprintf(id, 17, "%016llx", (unsigned long long)bits);
}

static void on_tick(uv_timer_t *timer)
{
	struct session *session = timer->data;
	frontends_tick(&session->frontends, engine_model(session->engine), clock_now() - session->epoch);
	/* Behind the end of the run there is no clock to show, until there is news. */
	if (engine_is_finished(session->engine))
		uv_timer_stop(timer);
}

static void on_event(void *context, const struct model *model, const struct event *event)
{
	struct session *session = context;
	frontends_hear(&session->frontends, model, event);
	if (!uv_is_active((uv_handle_t *)&session->ticker))
		uv_timer_start(&session->ticker, on_tick, TICK_MS, TICK_MS);
}

/* Headless, the end of the run is the end of the loop; a dashboard says itself when it is left. */
static void on_finished(void *context)
{
	struct session *session = context;
	const char *message;
	session->watches = session->watches && engine_can_run(session->engine);
	if (engine_failure(session->engine, &message) || !(frontends_stay(&session->frontends) || session->watches))
		uv_stop(&session->loop);
}

static void on_leave(void *context)
{
	struct session *session = context;
	session->watches = false;
	uv_stop(&session->loop);
}

static void on_headless(void *context)
{
	struct session *session = context;
	frontends_drop_tui(&session->frontends);
	if (engine_is_finished(session->engine) && !session->watches)
		uv_stop(&session->loop);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct session *session = handle->data;
	const char *reason = number == SIGINT ? "interrupted" : number == SIGTERM ? "terminated" : "hung up";
	if (session->frontends.tui)
		tui_stopping(session->frontends.tui);
	if (session->frontends.linear)
		linear_stopping(session->frontends.linear);
	session->watches = false;
	if (engine_is_finished(session->engine)) /* a dashboard that stayed */
		uv_stop(&session->loop);
	else
		engine_interrupt(session->engine, reason);
}

/* Ctrl-Z: tests are in a session of their own, so the terminal's signal did not reach them. */
static void on_suspend(uv_signal_t *handle, int number)
{
	struct session *session = handle->data;
	(void)number;
	engine_suspend(session->engine, true);
	/* A dashboard stops the process itself, once it has given the terminal back. */
	if (!session->frontends.tui)
		raise(SIGSTOP);
}

static void on_continue(uv_signal_t *handle, int number)
{
	struct session *session = handle->data;
	(void)number;
	engine_suspend(session->engine, false);
}

/* What the caller had ignored (nohup, a script's background job) stays ignored. */
static void watch_signal(struct session *session, uv_signal_t *handle, uv_signal_cb on, int number)
{
	struct sigaction action;
	uv_signal_init(&session->loop, handle);
	handle->data = session;
	if (sigaction(number, NULL, &action) != 0 || action.sa_handler != SIG_IGN)
		uv_signal_start(handle, on, number);
}

static void open_handles(struct session *session)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	uv_timer_init(&session->loop, &session->ticker);
	session->ticker.data = session;
	uv_timer_start(&session->ticker, on_tick, TICK_MS, TICK_MS);
	for (int i = 0; i < 3; i++)
		watch_signal(session, &session->signals[i], on_signal, numbers[i]);
	watch_signal(session, &session->suspended, on_suspend, SIGTSTP);
	watch_signal(session, &session->continued, on_continue, SIGCONT);
}

static int run_loop(struct session *session, struct config *config, bool tui, const char *command_line,
		    struct error *error)
{
	int code = EXIT_USAGE;
	open_handles(session);
	if (tui && frontends_open_tui(&session->frontends, &session->loop, engine_model(session->engine),
				      engine_control(session->engine), false, error) != 0) {
		if (config->tui == TRISTATE_YES)
			return code;
		fprintf(stderr, "xtop: plain text instead of the dashboard: %s\n", error->message);
		frontends_open_plain(&session->frontends);
	}
	if (frontends_wants_linear(config)) {
		if (frontends_open_linear(&session->frontends, &session->loop, engine_model(session->engine),
					  engine_control(session->engine), false, error) != 0)
			return code;
		linear_on_leave(session->frontends.linear, on_leave, session);
	}
	if (session->frontends.tui) {
		tui_on_leave(session->frontends.tui, on_leave, session);
		tui_on_headless(session->frontends.tui, on_headless, session);
	}
	if (engine_start(session->engine, command_line, error) != 0)
		return code;
	while (!engine_is_finished(session->engine) || frontends_stay(&session->frontends)) {
		uv_run(&session->loop, UV_RUN_DEFAULT);
		if (frontends_stay(&session->frontends) && !engine_is_finished(session->engine))
			/* The person left at once: what runs is ended, as by an interrupt. */
			engine_interrupt(session->engine, "stopped from the dashboard");
		frontends_drop_tui(&session->frontends);
	}
	return EXIT_OK;
}

/* A run that never began has no summary, only its one message. */
static bool never_began(const struct session *session, int *code)
{
	const char *message;
	int failure = engine_failure(session->engine, &message);
	if (failure)
		*code = cli_fail(failure, message);
	return failure != 0;
}

static int finish(struct session *session, const struct config *config, struct error *error)
{
	engine_close(session->engine);
	/* The engine has written the history by now; the summary that this belongs to is yet to come. */
	if (config->flaky_report && !config->collect_only)
		cli_flaky_report(config, engine_model(session->engine), &session->frontends);
	int code = engine_exit_code(session->engine);
	if (frontends_finish(&session->frontends, engine_model(session->engine), error) != 0) {
		cli_fail(EXIT_INTERNAL, error->message);
		code = EXIT_INTERNAL;
	}
	return code;
}

/* Only then are there control groups for tests. */
static bool limits_memory(const struct config *config)
{
	bool limits = config->mem_limit > 0;
	vec_each(&config->suites, suite)
		limits |= suite->mem_limit > 0 && suite->mem_limit != UINT64_MAX;
	vec_each(&config->rules, rule)
		limits |= rule->mem_limit > 0 && rule->mem_limit != UINT64_MAX;
	return limits;
}

int cli_run(struct config *config, int argc, char *const argv[])
{
	struct error error = ERROR_INIT;
	struct session session;
	memset(&session, 0, sizeof(session));
	int tui = 0, code = EXIT_USAGE;
	if (cli_check_surroundings(&error) != 0 || collect_prepare(config, &error) != 0 ||
	    (tui = frontends_wants_tui(config, &error)) < 0)
		return cli_fail(EXIT_USAGE, error.message);
	if (config->pdb && !config->collect_only)
		return cli_pdb(config);

	char run_id[17];
	make_run_id(run_id);
	session.epoch = clock_now();
	session.watches = config->watch && !config->collect_only;
	struct worker_context context = { .run_id = run_id,
					  .test_run_uid = config->test_run_uid ? config->test_run_uid : run_id,
					  .epoch = session.epoch };
	struct group_tree *groups = limits_memory(config) && !config->collect_only ? group_tree_new("/proc") : NULL;
	context.groups = group_tree_path(groups);
	/* Each worker needs some: take what is allowed, but hand tests what we were given. */
	getrlimit(RLIMIT_NOFILE, &context.nofile);
	struct rlimit more = { context.nofile.rlim_max, context.nofile.rlim_max };
	setrlimit(RLIMIT_NOFILE, &more);

	struct pool *pool = NULL;
	struct ring *ring = ring_new(RING_LANES, RING_LANE_SIZE, &error);
	if (ring)
		pool = pool_new(&context, ring, &error);
	if (!pool) {
		ring_free(ring);
		group_tree_free(groups);
		return cli_fail(EXIT_INTERNAL, error.message);
	}
	char *command_line = cli_command_line(argc, argv);
	uv_loop_init(&session.loop);
	struct engine_listener listener = { on_event, on_finished, &session };
	if (frontends_open(&session.frontends, config, !tui && !frontends_wants_linear(config), &error) == 0)
		session.engine = engine_new(&session.loop, config, pool, ring, run_id, session.epoch, &listener, &error);
	if (session.engine)
		code = run_loop(&session, config, tui, command_line, &error);
	if (session.engine && code == EXIT_OK && never_began(&session, &code)) {
		engine_close(session.engine);
	} else if (session.engine && code == EXIT_OK) {
		code = finish(&session, config, &error);
	} else {
		if (session.engine)
			engine_close(session.engine);
		frontends_release_terminal(&session.frontends);
		cli_fail(code, error.message);
	}

	/* The exit code stands: an interrupt in the last moment must not replace it. */
	sigset_t late;
	sigemptyset(&late);
	sigaddset(&late, SIGINT);
	sigaddset(&late, SIGTERM);
	sigaddset(&late, SIGHUP);
	sigprocmask(SIG_BLOCK, &late, NULL);
	cli_end_loop(&session.loop);
	frontends_close(&session.frontends);
	pool_close(pool);
	group_tree_free(groups);
	engine_free(session.engine);
	ring_free(ring);
	free(command_line);
	return code;
}
