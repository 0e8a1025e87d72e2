/* How long a frame of the dashboard takes, and what it sends, with 100,000 tests and 5,000 results a
 * second.
 *
 * The events are made up; the model, the dashboard and curses are the real ones, at 120×40 (the timeline: as large
 * as has all workers in view) on an xterm with 256 colours whose output goes to a file. A frame is what the loop does at most 30 times a second: events
 * are folded before it, outside of the clock.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/vec.h"
#include "event/codec.h"
#include "tui/app.h"
#include "tui/display.h"
#include "tui/keymap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TESTS 100000u
#define WORKERS 64u
#define RESULTS_A_SECOND 5000u
#define FRAMES_A_SECOND 30u
#define WIDTH 120
#define HEIGHT 40
#define WIDE 200
#define HIGH (WORKERS + 5)
#define OUTPUT_SIZE ((size_t)10 << 20)
#define OUTPUT_CHUNK ((size_t)32 << 10)

struct bench {
	struct model *model;
	struct app *app;
	struct screen *screen;
	struct display *display;
	int fd;
	uint64_t now;
	uint64_t hearing; /* ns spent in the dashboard's hearing */
	uint64_t heard;
	uint64_t next; /* test to start */
	uint64_t running[WORKERS];
	unsigned worker;
	VEC(uint64_t) keys; /* ns from each key to the screen */
};

static void tell(struct bench *bench, struct event *event)
{
	uint64_t begin;

	event->t = bench->now;
	model_apply(bench->model, event);
	begin = clock_now();
	app_hear(bench->app, event);
	bench->hearing += clock_now() - begin;
	bench->heard++;
}

static void find_tests(struct bench *bench)
{
	struct event event;
	char id[96];

	event_init(&event, EVENT_RUN_STARTED);
	event_put_text(&event, run_id, "0123456789abcdef");
	event_put_text(&event, root, "/home/user/big");
	event_put(&event, workers, WORKERS);
	tell(bench, &event);
	for (unsigned i = 0; i < TESTS; i++) {
		event_init(&event, EVENT_TEST_FOUND);
		snprintf(id, sizeof(id), "tests/unit/package_%u/test_module_%u.py::test_case_%u",
			 i * 104729u % 1009u % 97u, i * 104729u % 1009u, i);
		event_put(&event, test, i + 1);
		event_put_text(&event, suite, "unit");
		event_put_text(&event, id, id);
		tell(bench, &event);
	}
	event_init(&event, EVENT_RUN_COLLECTED);
	event_put(&event, tests, TESTS);
	tell(bench, &event);
	for (unsigned i = 0; i < WORKERS; i++) {
		event_init(&event, EVENT_WORKER_STARTED);
		event_put(&event, worker, i);
		event_put(&event, incarnation, 1);
		event_put(&event, pid, 1000 + i);
		tell(bench, &event);
	}
}

/* The next worker ends its test and starts another. */
static void one_result(struct bench *bench)
{
	unsigned worker = bench->worker++ % WORKERS;
	uint64_t test = bench->running[worker];
	bool fails = test * 2654435761u % 100 < 2;
	enum outcome outcome = fails ? OUTCOME_FAILED : OUTCOME_PASSED;
	uint64_t duration = (test * 2654435761u % 4000) * CLOCK_MS / 2;
	struct event event;

	if (test) {
		event_init(&event, EVENT_TEST_OUTPUT);
		event_put(&event, worker, worker);
		event_put(&event, test, test);
		event_put(&event, attempt, 1);
		event_put(&event, stream, STREAM_STDOUT);
		event_put_text(&event, data, "a line of output of this test\n");
		tell(bench, &event);
		for (int verdict = 0; verdict < 2; verdict++) {
			event_init(&event, verdict ? EVENT_TEST_VERDICT : EVENT_TEST_FINISHED);
			event_put(&event, worker, worker);
			event_put(&event, test, test);
			if (verdict)
				event_put(&event, attempts, 1);
			else
				event_put(&event, attempt, 1);
			event_put(&event, outcome, (int)outcome);
			event_put(&event, duration, duration);
			if (fails)
				event_put_text(&event, message, "AssertionError: assert 3 == 2");
			tell(bench, &event);
		}
	}
	/* Behind the last one all are run again. */
	bench->running[worker] = bench->next++ % TESTS + 1;
	event_init(&event, EVENT_TEST_STARTED);
	event_put(&event, worker, worker);
	event_put(&event, test, bench->running[worker]);
	event_put(&event, attempt, 1);
	tell(bench, &event);
}

static int compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static uint64_t bytes_sent(const struct bench *bench)
{
	struct stat status;

	return fstat(bench->fd, &status) ? 0 : (uint64_t)status.st_size;
}

static void measure(struct bench *bench, const char *name, const int *keys, unsigned frames)
{
	VEC(uint64_t) times = VEC_INIT;
	uint64_t sent, worst_key = 0;

	for (; *keys; keys++) {
		uint64_t begin = clock_now(), took;

		app_key(bench->app, *keys);
		app_draw(bench->app);
		display_present(bench->display, bench->screen);
		took = clock_now() - begin;
		worst_key = took > worst_key ? took : worst_key;
		vec_push(&bench->keys, took);
	}
	sent = bytes_sent(bench);
	for (unsigned frame = 0; frame < frames; frame++) {
		uint64_t begin;

		for (unsigned i = 0; i < RESULTS_A_SECOND / FRAMES_A_SECOND; i++) {
			bench->now += CLOCK_SECOND / RESULTS_A_SECOND;
			one_result(bench);
		}
		begin = clock_now();
		app_set_time(bench->app, bench->now, bench->now);
		app_draw(bench->app);
		display_present(bench->display, bench->screen);
		vec_push(&times, clock_now() - begin);
	}
	qsort(times.items, times.length, sizeof(*times.items), compare);
	printf("%-24s %8.2f %8.2f %8.2f %10.2f %12llu\n", name, (double)times.items[times.length / 2] / 1e6,
	       (double)times.items[times.length * 99 / 100] / 1e6,
	       (double)times.items[times.length - 1] / 1e6, (double)worst_key / 1e6,
	       (unsigned long long)((bytes_sent(bench) - sent) / frames));
	vec_fini(&times);
}

/* One test prints a lot, and its detail is what is looked at. */
static void print_much(struct bench *bench)
{
	static char line[] = "\x1b[32mok\x1b[0m a line of output as tests print it, with some colour and some length\n";
	struct str chunk = STR_INIT;
	uint64_t test = bench->running[0];
	struct event event;

	while (chunk.length < OUTPUT_CHUNK)
		str_add(&chunk, line, sizeof(line) - 1);
	for (size_t sent = 0; sent < OUTPUT_SIZE; sent += chunk.length) {
		event_init(&event, EVENT_TEST_OUTPUT);
		event_put(&event, test, test);
		event_put(&event, attempt, 1);
		event_put(&event, stream, STREAM_STDOUT);
		event_put(&event, data, ((struct event_text){ chunk.data, chunk.length }));
		tell(bench, &event);
	}
	str_fini(&chunk);
	str_init(&chunk);
	str_add_format(&chunk, "goto %llu", (unsigned long long)test);
	app_command(bench->app, (struct slice){ chunk.data, chunk.length });
	str_fini(&chunk);
}

static void tell_keys(const struct bench *bench)
{
	uint64_t *times = bench->keys.items;
	size_t count = bench->keys.length;

	qsort(times, count, sizeof(*times), compare);
	printf("keys: %zu, 99 %% on the screen within %.2f ms, all within %.2f ms\n", count,
	       (double)times[count * 99 / 100] / 1e6, (double)times[count - 1] / 1e6);
}

int main(void)
{
	static const int output[] = { '3', KEYCODE_ENTER, 'g', KEYCODE_PAGE_DOWN, 'G', KEYCODE_PAGE_UP, 'F', 0 };
	static const int none[] = { 0 };
	static const int by_time[] = { '>', 0 };
	static const int by_name[] = { '>', '>', '>', 0 };
	static const int failed[] = { KEYCODE_RIGHT, KEYCODE_RIGHT, 0 };
	static const int timeline[] = { KEYCODE_ESCAPE, '4', 0 };
	static const int closer[] = { '+', '+', '+', 'G', 0 };
	static const int followed[] = { KEYCODE_LEFT, KEYCODE_LEFT, 'F', 0 };
	static const int tree[] = { 'F', 'g', 't', 0 };
	static const int tree_open[] = { 'g', '+', '-', '+', '+', 'G', 0 };
	static const int filtered[] = { 't', '\\', 'm', 'o', 'd', 'u', 'l', 'e', '_', '1', '1', KEYCODE_ENTER, 0 };
	static const int tagged[] = { KEYCODE_ESCAPE, 't', 'g', ' ', ' ', 'U', 0 };
	struct tui_options options = { .root = "/home/user/big" };
	struct error error = ERROR_INIT;
	struct bench bench = { .next = 0 };
	FILE *out = tmpfile(), *in = fopen("/dev/null", "r");

	setenv("TERM", "xterm-256color", 1);
	if (!out || !in) {
		perror("tui_bench");
		return 1;
	}
	bench.fd = fileno(out);
	bench.display = display_open(out, in, true, &error);
	if (!bench.display) {
		printf("dashboard: not run: %s\n", error.message);
		return 77;
	}
	display_force_size(bench.display, WIDTH, HEIGHT);
	bench.model = model_new();
	bench.screen = screen_new(WIDTH, HEIGHT, display_wants_ascii(bench.display));
	bench.app = app_new(&options, bench.model, NULL, NULL, bench.screen);
	find_tests(&bench);
	printf("dashboard, %u tests, %u results a second, %u workers, %dx%d\n", TESTS, RESULTS_A_SECOND,
	       WORKERS, WIDTH, HEIGHT);
	printf("%-24s %8s %8s %8s %10s %12s\n", "ms a frame", "median", "p99", "worst", "worst key",
	       "bytes/frame");
	measure(&bench, "by status", none, 150);
	measure(&bench, "by time", by_time, 100);
	measure(&bench, "by name", by_name, 100);
	measure(&bench, "failed", failed, 100);
	measure(&bench, "all, followed", followed, 60);
	measure(&bench, "tree", tree, 100);
	measure(&bench, "tree, open", tree_open, 60);
	measure(&bench, "filtered", filtered, 60);
	measure(&bench, "tree, tagged", tagged, 60);
	print_much(&bench);
	measure(&bench, "10 MB of output", output, 60);
	printf("with all workers in view, %dx%d\n", WIDE, HIGH);
	display_force_size(bench.display, WIDE, HIGH);
	screen_resize(bench.screen, WIDE, HIGH);
	measure(&bench, "timeline", timeline, 40);
	measure(&bench, "timeline, closer", closer, 40);
	tell_keys(&bench);
	printf("hearing an event: %.0f ns\n", (double)bench.hearing / (double)bench.heard);
	app_free(bench.app);
	display_close(bench.display);
	screen_free(bench.screen);
	model_free(bench.model);
	fclose(in);
	fclose(out);
	return 0;
}
