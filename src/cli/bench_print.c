#include "cli/bench_print.h"

#include "base/utf8.h"
#include "report/style.h"

#include <math.h>
#include <string.h>

/* Three digits that mean something. */
static void add_seconds(struct str *out, double seconds)
{
	int decimals = seconds < 1 ? 3 : seconds < 10 ? 2 : seconds < 100 ? 1 : 0;
	str_add_format(out, "%.*fs", decimals, seconds);
}

static void add_seconds_right(struct str *out, double seconds, int width)
{
	struct str text = STR_INIT;
	add_seconds(&text, seconds);
	str_add_format(out, "%*s", width, text.data);
	str_fini(&text);
}

static const struct bench_count *count_at(const struct bench *bench, int index)
{
	return &bench->counts.items[index];
}

static uint64_t most_of(const struct bench *bench, uint64_t (*of)(const struct bench_run *run))
{
	uint64_t most = 0;
	vec_each(&bench->counts, count)
		vec_each(&count->runs, run)
			if (of(run) > most)
				most = of(run);
	return most;
}

static uint64_t tests_of(const struct bench_run *run)
{
	return run->tests;
}

static uint64_t failed_of(const struct bench_run *run)
{
	return run->failed;
}

static uint64_t notrun_of(const struct bench_run *run)
{
	return run->notrun;
}

static void add_heading(const struct bench *bench, struct str *out)
{
	str_add_text(out, "xtop bench: ");
	style_add_count(out, most_of(bench, tests_of), "test");
	str_add_text(out, ", ");
	style_add_count(out, bench->wanted_runs, "run");
	str_add_text(out, " of each count after one that warmed up and is not counted, on ");
	style_add_count(out, bench->cpus, "CPU");
	str_add_text(out, "\n\n");
}

/* The workers that there were, where they are not what was asked for: fewer tests, or files that may be
 * open. */
static void add_real_workers(const struct bench_count *count, struct str *out)
{
	const struct bench_run *run = bench_typical(count);
	if (run && run->workers && run->workers != bench_parallel(count->asked)) {
		str_add_text(out, "  only ");
		style_add_count(out, run->workers, "worker");
	}
}

static void add_table(const struct bench *bench, bool ascii, struct str *out)
{
	str_add_text(out, "    -n     wall        min, max  speed-up  efficiency\n");
	vec_each(&bench->counts, count) {
		if (!count->runs.length)
			continue;
		str_add_format(out, "%6u", count->asked);
		add_seconds_right(out, count->wall, 9);
		add_seconds_right(out, count->least, 9);
		add_seconds_right(out, count->most, 8);
		str_add_format(out, "%7.2f %s%10.0f %%", count->speedup, ascii ? "x" : "×",
			       100 * count->efficiency);
		add_real_workers(count, out);
		str_add_char(out, '\n');
	}
	str_add_char(out, '\n');
}

/* A bar of eighths of a column. */
static void add_bar(struct str *out, double columns, bool ascii)
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	unsigned length = (unsigned)lround(8 * columns);
	if (ascii)
		length = (length + 4) / 8 * 8;
	for (unsigned i = 0; i < length / 8; i++)
		str_add_text(out, ascii ? "#" : "█");
	str_add_text(out, eighths[length % 8]);
}

static void add_chart(const struct bench *bench, unsigned width, bool ascii, struct str *out)
{
	double longest = 0;
	unsigned room = width > 30 ? width - 20 : 10;
	vec_each(&bench->counts, count)
		longest = fmax(longest, count->wall);
	vec_each(&bench->counts, count) {
		if (!count->runs.length)
			continue;
		str_add_format(out, "%6u  ", count->asked);
		add_bar(out, longest > 0 ? room * count->wall / longest : 0, ascii);
		str_add_char(out, ' ');
		add_seconds(out, count->wall);
		str_add_char(out, '\n');
	}
	str_add_char(out, '\n');
}

static void add_serial_share(const struct bench *bench, struct str *out)
{
	if (bench->serial < 0)
		return;
	str_add_format(out, "serial share  %.1f %% (fitted, Amdahl): ", 100 * bench->serial);
	if (bench->serial >= 1)
		str_add_text(out, "more workers make it no faster\n");
	else if (bench->serial < 0.001)
		str_add_text(out, "so far each worker brings its whole share\n");
	else
		str_add_format(out, "no number of workers makes it more than %.*f times as fast\n",
			       bench->serial > 0.1 ? 1 : 0, 1 / bench->serial);
}

/* "  name  1.20s  12 %  …" */
static void begin_cost(const struct bench_run *run, const char *name, double seconds, struct str *out)
{
	str_add_format(out, "  %-14s", name);
	add_seconds_right(out, seconds, 8);
	str_add_format(out, "%5.0f %%  ", run->wall > 0 ? 100 * seconds / run->wall : 0);
}

/* Cut where the line would be longer than the terminal is wide. */
static void end_with_name(struct str *out, size_t line, const char *name, unsigned width, bool ascii)
{
	const struct style style = { .ascii = ascii };
	style_add_first_line(out, name);
	style_cut(&style, out, line, width);
	str_add_char(out, '\n');
}

static void add_longest(const struct bench_run *run, unsigned width, bool ascii, struct str *out)
{
	size_t line = out->length;
	if (run->longest_test) {
		begin_cost(run, "longest test", run->longest_test_time, out);
		end_with_name(out, line, run->longest_test, width, ascii);
	}
	line = out->length;
	if (run->longest_scope) {
		begin_cost(run, "longest scope", run->longest_scope_time, out);
		end_with_name(out, line, run->longest_scope, width, ascii);
	}
}

static void add_tail(const struct bench_run *run, struct str *out)
{
	begin_cost(run, "tail", run->tail, out);
	str_add_text(out, "not enough tests were left for all");
	if (run->workers > 1 && run->idle > 0) {
		str_add_text(out, "; evenly spread, the run ends ");
		add_seconds(out, run->idle / run->workers);
		str_add_text(out, " sooner");
	}
	str_add_char(out, '\n');
}

static void add_contention(const struct bench *bench, const struct bench_run *run, struct str *out)
{
	double longer = bench_contention(bench);
	double used = run->wall > 0 ? run->cpu / run->wall : 0;
	str_add_format(out, "  %-14s%.1f of %u were busy", "CPUs", used, bench->cpus);
	if (longer > 0)
		str_add_format(out, "; tests took %.2f times as long as with -n %u", longer,
			       count_at(bench, bench->baseline)->asked);
	/* Where they are slower though CPUs are idle, it is something else that they share. */
	if (longer > 1.15)
		str_add_text(out, used > 0.8 * bench->cpus
					  ? ": there are not enough CPUs"
					  : ": they wait for each other, or for disk and memory");
	str_add_char(out, '\n');
}

static void add_memory(const struct bench *bench, const struct bench_run *run, struct str *out)
{
	str_add_format(out, "  %-14s", "memory");
	if (run->rss) {
		style_add_size(out, run->rss);
		str_add_text(out, " in all workers at their peaks (what they share counts in each)");
	} else {
		style_add_size(out, run->largest_process);
		str_add_text(out, " in the largest process");
	}
	if (bench->memory) {
		str_add_text(out, ", of ");
		style_add_size(out, bench->memory);
	}
	str_add_char(out, '\n');
}

static void add_held_back(const struct bench *bench, unsigned width, bool ascii, struct str *out)
{
	const struct bench_count *count = count_at(bench, bench->largest);
	const struct bench_run *run = bench_typical(count);
	str_add_format(out, "\nwhat held -n %u back, of ", count->asked);
	add_seconds(out, run->wall);
	str_add_text(out, ":\n");
	begin_cost(run, "collection", run->first, out);
	str_add_text(out, "start and collection, before the first test\n");
	begin_cost(run, "end", fmax(0, run->wall - run->last), out);
	str_add_text(out, "after the last test\n");
	add_tail(run, out);
	add_longest(run, width, ascii, out);
	add_contention(bench, run, out);
	add_memory(bench, run, out);
}

static void add_notes(const struct bench *bench, struct str *out)
{
	uint64_t failed = most_of(bench, failed_of), notrun = most_of(bench, notrun_of);
	if (failed) {
		str_add_text(out, "note: ");
		style_add_count(out, failed, "test");
		str_add_text(out, " failed; measured all the same\n");
	}
	if (notrun) {
		str_add_text(out, "note: ");
		style_add_count(out, notrun, "test");
		str_add_text(out, " did not run (-x, --maxfail?): then walls say little\n");
	}
	if (bench_spread(bench) > 0.2)
		str_add_format(out,
			       "note: walls of one count differ by up to %.0f %%; more --runs say more\n",
			       100 * bench_spread(bench));
	if (bench->interrupted)
		str_add_text(out, "note: interrupted; this is what was measured before\n");
}

static void add_advice(const struct bench *bench, struct str *out)
{
	const struct bench_count *best = count_at(bench, bench->best);
	const struct bench_count *advised = count_at(bench, bench->advised);
	str_add_format(out, "advice: -n %u, ", advised->asked);
	add_seconds(out, advised->wall);
	if (advised == best) {
		str_add_text(out, ": the fastest\n");
		return;
	}
	str_add_format(out, ": the fewest workers within 5 %% of the fastest (-n %u, ", best->asked);
	add_seconds(out, best->wall);
	str_add_text(out, ")\n");
}

void bench_add_report(const struct bench *bench, unsigned width, bool ascii, struct str *out)
{
	add_heading(bench, out);
	add_table(bench, ascii, out);
	add_chart(bench, width, ascii, out);
	add_serial_share(bench, out);
	if (bench->largest >= 0)
		add_held_back(bench, width, ascii, out);
	str_add_char(out, '\n');
	add_notes(bench, out);
	if (bench->advised >= 0)
		add_advice(bench, out);
}
