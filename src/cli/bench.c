/* `xtop bench`: runs a suite with several numbers of workers, and says what they bring.
 *
 * Each run is an `xtop run` of its own, whose events are read.  The counts take turns, round by round and
 * every second round backwards, so that a machine that becomes slower or faster meanwhile does so for all
 * of them.
 */
#include "cli/cli.h"

#include "base/clock.h"
#include "cli/bench_events.h"
#include "cli/bench_numbers.h"
#include "cli/bench_options.h"
#include "cli/bench_print.h"
#include "cli/child.h"
#include "worker/cpus.h"

#include <langinfo.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define OWN_PROGRAM "/proc/self/exe"
#define WIDTH_OF_FILES 100 /* where standard output is no terminal */

static const char help[] =
	"Usage: xtop bench [OPTIONS] [what `xtop run` takes]\n"
	"\n"
	"Runs the tests with several numbers of workers, in turns, and says which to take.\n"
	"\n"
	"  -n, -j, --numprocesses LIST  numbers of workers, such as 1,2,8; default: 0,1,2,4\n"
	"                               and so on up to what -n auto means, at least 2\n"
	"  --runs N                     how often each is measured; default 3\n"
	"  --json                       one JSON object instead of text\n"
	"  -h, --help                   this text\n";

struct session {
	const struct bench_options *options;
	struct children children;
	struct bench bench;
	bool progress;      /* stderr is a terminal */
	unsigned done, all; /* runs, with that which warms up */
};

static void on_line(void *context, struct slice line)
{
	bench_events_add(context, line);
}

static void show_progress(const struct session *session, const char *what, unsigned asked)
{
	if (session->progress)
		fprintf(stderr, "\r\033[Kxtop bench: run %u of %u: -n %u%s", session->done + 1, session->all,
			asked, what);
}

static void end_progress(const struct session *session)
{
	if (session->progress)
		fputs("\r\033[K", stderr);
}

/* A run that has no end that can be measured: in its own words. */
static int complain(const struct session *session, const struct child_end *end, unsigned asked)
{
	struct error error;
	end_progress(session);
	fwrite(end->errors.data, 1, end->errors.length, stderr);
	if (end->signaled) {
		error_set(&error, "bench: the run with -n %u was killed by signal %d (%s)", asked,
			  end->number, strsignal(end->number));
		return cli_fail(EXIT_INTERNAL, error.message);
	}
	if (end->number == EXIT_OK || end->number == EXIT_FAILURES) {
		error_set(&error,
			  "bench: the run with -n %u gave no events; is there an option that prevents it?",
			  asked);
		return cli_fail(EXIT_USAGE, error.message);
	}
	error_set(&error, "bench: the run with -n %u ended with exit code %d", asked, end->number);
	return cli_fail(end->number, error.message);
}

/* A run with failures is one; so is one in which a file could not be collected, unless nothing ran because
 * of it. */
static bool is_whole(const struct child_end *end, struct bench_events *events, struct bench_run *run)
{
	if (end->signaled || end->number > EXIT_INTERRUPTED || !bench_events_conclude(events, run))
		return false;
	return end->number < EXIT_INTERRUPTED || (run->last > 0 && !run->notrun);
}

/* EXIT_OK: `run` has what was measured, unless a signal came. Else what to exit with; the message was
 * printed. */
static int measure(struct session *session, unsigned asked, struct bench_run *run)
{
	struct error error = ERROR_INIT;
	struct child_end end;
	char number[16];
	snprintf(number, sizeof(number), "%u", asked);
	VEC(const char *) argv = VEC_INIT;
	const char *const own[] = { "xtop", "run", "--no-tui", "--format", "json", "-n", number };
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		vec_push(&argv, own[i]);
	vec_each(&session->options->rest, it)
		vec_push(&argv, *it);
	vec_push(&argv, NULL);

	struct bench_events *events = bench_events_new();
	int code = EXIT_OK;
	if (child_run(&session->children, OWN_PROGRAM, argv.items, 0, on_line, events, &end, &error) != 0) {
		end_progress(session);
		code = cli_fail(EXIT_INTERNAL, error.message);
	} else {
		bool whole = is_whole(&end, events, run);
		run->wall = clock_seconds(end.wall);
		run->cpu = clock_seconds(end.cpu);
		run->largest_process = end.largest;
		if (!whole && !session->children.interrupted)
			code = complain(session, &end, asked);
		child_end_fini(&end);
	}
	bench_events_free(events);
	vec_fini(&argv);
	return code;
}

/* One run that counts, once more for each time that Ctrl-Z made it longer. */
static int measure_once(struct session *session, struct bench_count *count)
{
	for (;;) {
		struct bench_run run = { .wall = 0 };
		show_progress(session, "", count->asked);
		int code = measure(session, count->asked, &run);
		bool counts =
			code == EXIT_OK && !session->children.interrupted && !session->children.suspended;
		if (counts) {
			vec_push(&count->runs, run);
			session->done++;
		} else {
			bench_run_fini(&run);
		}
		if (counts || code != EXIT_OK || session->children.interrupted)
			return code;
	}
}

/* Fills caches of the machine and of the tests: bytecode, pages of files, the history. */
static int warm_up(struct session *session)
{
	struct bench_run run = { .wall = 0 };
	unsigned asked = session->bench.counts.items[session->bench.counts.length - 1].asked;
	show_progress(session, " (warms up)", asked);
	int code = measure(session, asked, &run);
	bench_run_fini(&run);
	session->done++;
	return code;
}

static int measure_all(struct session *session)
{
	struct bench *bench = &session->bench;
	int code = warm_up(session);
	for (unsigned round = 0; round < bench->wanted_runs; round++) {
		for (size_t i = 0; i < bench->counts.length; i++) {
			if (code != EXIT_OK || session->children.interrupted)
				return code;
			size_t at = round % 2 ? bench->counts.length - 1 - i : i;
			code = measure_once(session, &bench->counts.items[at]);
		}
	}
	return code;
}

static unsigned columns(void)
{
	struct winsize size;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : WIDTH_OF_FILES;
}

static int report(struct session *session)
{
	struct bench *bench = &session->bench;
	struct str out = STR_INIT;
	int code = session->children.interrupted ? EXIT_INTERRUPTED : EXIT_OK;
	bench->interrupted = session->children.interrupted != 0;
	bench_conclude(bench);
	if (bench->baseline < 0)
		return cli_fail(code ? code : EXIT_INTERNAL, "bench: interrupted before a run was measured");
	if (session->options->json) {
		bench_add_json(bench, &out);
		str_add_char(&out, '\n');
	} else {
		bench_add_report(bench, columns(), strcmp(nl_langinfo(CODESET), "UTF-8") != 0, &out);
	}
	fwrite(out.data, 1, out.length, stdout);
	str_fini(&out);
	return cli_close_output(code);
}

static int run_session(struct session *session)
{
	struct error error = ERROR_INIT;
	if (children_init(&session->children, &error) != 0)
		return cli_fail(EXIT_INTERNAL, error.message);
	vec_each(&session->options->counts, it)
		vec_push(&session->bench.counts, ((struct bench_count){ .asked = *it }));
	session->bench.wanted_runs = session->options->runs;
	session->all = 1 + session->options->runs * (unsigned)session->options->counts.length;
	session->progress = isatty(STDERR_FILENO);
	int code = measure_all(session);
	end_progress(session);
	if (code == EXIT_OK)
		code = report(session);
	bench_fini(&session->bench);
	children_fini(&session->children);
	return code;
}

int cli_bench(char *const *arguments, size_t count)
{
	struct error error = ERROR_INIT;
	struct bench_options options;
	struct cpus_count cpus;
	cpus_count(0, &cpus);
	if (bench_options_parse(arguments, count, cpus.workers, &options, &error) != 0)
		return cli_fail(EXIT_USAGE, error.message);
	struct session session = { .options = &options };
	session.bench.memory = cpus.memory;
	session.bench.cpus = cpus.quota < cpus.affinity ? (unsigned)(cpus.quota + 0.999) : cpus.affinity;
	int code;
	if (options.help) {
		fputs(help, stdout);
		code = cli_close_output(EXIT_OK);
	} else {
		code = run_session(&session);
	}
	bench_options_fini(&options);
	return code;
}
