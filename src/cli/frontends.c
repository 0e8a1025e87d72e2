#include "cli/frontends.h"

#include "report/report.h"
#include "worker/cpus.h"

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Set by CI services; "CI=false" is how their users switch it off. */
static bool in_ci(void)
{
	static const char *const names[] = { "CI", "CONTINUOUS_INTEGRATION", "GITHUB_ACTIONS", "GITLAB_CI",
					     "JENKINS_URL", "TEAMCITY_VERSION", "BUILDKITE", "TF_BUILD" };
	const char *ci = getenv("CI");
	if (ci && (strcasecmp(ci, "false") == 0 || strcmp(ci, "0") == 0))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);
		if (value && *value)
			return true;
	}
	return false;
}

static const char *why_no_tui(const struct config *config)
{
	const char *term = getenv("TERM");
	if (!isatty(STDIN_FILENO))
		return "standard input is no terminal";
	if (!isatty(STDOUT_FILENO))
		return "standard output is no terminal";
	if (!term || !*term || strcmp(term, "dumb") == 0)
		return "TERM says that this terminal can't move its cursor";
	if (config->format != FORMAT_PLAIN)
		return "standard output carries another format (--format)";
	if (config->capture == CAPTURE_NO)
		return "tests print to the terminal (-s)";
	return NULL;
}

int frontends_wants_tui(const struct config *config, struct error *error)
{
	const char *reason = why_no_tui(config);
	/* What the project's file says of it is no reason to stop: the dashboard tells then. */
	if (config->theme && config_option_is_forced(config, "theme") && tui_check_theme(config->theme, error) != 0)
		return error_prefix(error, "theme");
	if (frontends_wants_linear(config) && config->format != FORMAT_PLAIN)
		return error_set(error, "--linear: standard output carries another format (--format)");
	if (config->tui == TRISTATE_NO || config->collect_only || config->linear)
		return 0;
	if (config->tui == TRISTATE_YES)
		return reason ? error_set(error, "--tui: the dashboard can't be opened: %s", reason) : 1;
	return !reason && !in_ci() && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

bool frontends_wants_linear(const struct config *config)
{
	return config->linear && !config->collect_only;
}

static bool wants_color(const struct config *config, int fd)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");
	const char *forced = getenv("CLICOLOR_FORCE"), *forced_too = getenv("FORCE_COLOR");
	if (config->color != TRISTATE_AUTO)
		return config->color == TRISTATE_YES;
	if (none && *none)
		return false;
	if ((forced && *forced && strcmp(forced, "0") != 0) || (forced_too && *forced_too && strcmp(forced_too, "0") != 0))
		return true;
	return isatty(fd) && term && strcmp(term, "dumb") != 0;
}

static bool wants_ascii(const struct config *config)
{
	return config->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

struct style frontends_style(const struct config *config, FILE *out)
{
	return (struct style){ .color = wants_color(config, fileno(out)), .ascii = wants_ascii(config) };
}

FILE *frontends_text_file(const struct config *config)
{
	return config->format == FORMAT_PLAIN ? stdout : stderr;
}

static struct frontend *open_plain(const struct config *config)
{
	FILE *out = frontends_text_file(config);
	struct winsize size;
	const char *term = getenv("TERM");
	struct plain_options options = {
		.out = out,
		.terminal = isatty(fileno(out)) && term && strcmp(term, "dumb") != 0,
		/* Who listens to lines hears neither colours nor drawn ones. */
		.color = wants_color(config, fileno(out)) && !config->linear,
		.ascii = wants_ascii(config) || config->linear,
		.verbosity = config->format == FORMAT_PLAIN ? config->verbosity : -1,
		.durations = config->durations,
		.live_output = config->capture == CAPTURE_NO,
		.collect_only = config->collect_only,
		.root = config->root,
	};
	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0)
		options.width = size.ws_col;
	return report_plain_new(&options);
}

static int add(struct frontends *frontends, struct frontend *frontend)
{
	if (!frontend)
		return -1;
	vec_push(&frontends->reports, frontend);
	return 0;
}

int frontends_open(struct frontends *frontends, const struct config *config, bool headless, struct error *error)
{
	memset(frontends, 0, sizeof(*frontends));
	frontends->config = config;
	if (config->format == FORMAT_JSON && add(frontends, report_json_new(stdout)) != 0)
		return -1;
	if (config->events && add(frontends, report_json_file_new(config->events, error)) != 0)
		return -1;
	if (config->junit_xml && add(frontends, report_junit_new(config->junit_xml, error)) != 0)
		return -1;
	if (headless)
		frontends->plain = open_plain(config);
	return 0;
}

int frontends_open_tui(struct frontends *frontends, uv_loop_t *loop, const struct model *model,
		       const struct control *control, bool replay, struct error *error)
{
	const struct config *config = frontends->config;
	struct cpus_count machine;
	cpus_count(0, &machine);
	struct tui_options options = {
		.ascii = wants_ascii(config),
		.color = wants_color(config, STDOUT_FILENO),
		.replay = replay,
		.stay = config->stay == TRISTATE_YES || config->watch || replay,
		.leave = config->stay == TRISTATE_NO && !config->watch && !replay,
		.memory = replay ? 0 : machine.memory,
		.theme = config->theme,
		.root = config->root,
		.slow = config->slow,
	};
	frontends->tui = tui_new(loop, &options, model, control, error);
	return frontends->tui ? 0 : -1;
}

int frontends_open_linear(struct frontends *frontends, uv_loop_t *loop, const struct model *model,
			  const struct control *control, bool replay, struct error *error)
{
	const struct config *config = frontends->config;
	struct linear_options options = {
		.out = stdout,
		.ascii = wants_ascii(config),
		.stay = config->stay == TRISTATE_YES || config->watch || replay,
		.leave = config->stay == TRISTATE_NO && !config->watch && !replay,
		.replay = replay,
		.slow = config->slow,
	};
	frontends->linear = linear_new(loop, &options, model, control, error);
	return frontends->linear ? 0 : -1;
}

bool frontends_stay(const struct frontends *frontends)
{
	return frontends->tui || frontends->linear;
}

void frontends_open_plain(struct frontends *frontends)
{
	frontends->plain = open_plain(frontends->config);
}

void frontends_release_terminal(struct frontends *frontends)
{
	tui_free(frontends->tui);
	linear_free(frontends->linear);
	frontends->tui = NULL;
	frontends->linear = NULL;
}

void frontends_drop_tui(struct frontends *frontends)
{
	if (!frontends_stay(frontends))
		return;
	frontends_release_terminal(frontends);
	frontends_open_plain(frontends);
}

static void hear(struct frontend *frontend, const struct model *model, const struct event *event)
{
	if (frontend && frontend->ops->hear)
		frontend->ops->hear(frontend, model, event);
}

void frontends_hear(struct frontends *frontends, const struct model *model, const struct event *event)
{
	if (frontends->tui)
		hear(tui_frontend(frontends->tui), model, event);
	if (frontends->linear)
		hear(linear_frontend(frontends->linear), model, event);
	hear(frontends->plain, model, event);
	vec_each(&frontends->reports, report)
		hear(*report, model, event);
}

static void tick(struct frontend *frontend, const struct model *model, uint64_t now)
{
	if (frontend && frontend->ops->tick)
		frontend->ops->tick(frontend, model, now);
}

void frontends_tick(struct frontends *frontends, const struct model *model, uint64_t now)
{
	if (frontends->tui)
		tick(tui_frontend(frontends->tui), model, now);
	if (frontends->linear)
		tick(linear_frontend(frontends->linear), model, now);
	tick(frontends->plain, model, now);
	vec_each(&frontends->reports, report)
		tick(*report, model, now);
}

void frontends_add_section(struct frontends *frontends, const char *title, const char *text)
{
	if (frontends->plain)
		report_plain_add_section(frontends->plain, title, text);
}

int frontends_finish(struct frontends *frontends, const struct model *model, struct error *error)
{
	int result = 0;
	/* Files first: the closing line is the last thing that is printed. */
	vec_each(&frontends->reports, report)
		if ((*report)->ops->finish((*report), model, error) != 0)
			result = -1;
	/* pytest's own configuration may have asked for them. */
	if (frontends->plain)
		report_plain_list_durations(frontends->plain, frontends->config->durations);
	if (frontends->plain && frontends->plain->ops->finish(frontends->plain, model, result ? NULL : error) != 0)
		result = -1;
	return result;
}

void frontends_close(struct frontends *frontends)
{
	frontends_release_terminal(frontends);
	if (frontends->plain)
		frontends->plain->ops->free(frontends->plain);
	vec_each(&frontends->reports, report)
		(*report)->ops->free(*report);
	vec_fini(&frontends->reports);
	frontends->plain = NULL;
}
