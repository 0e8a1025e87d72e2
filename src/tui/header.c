/* The top of the dashboard: what runs, how far it is, and what came of it. */
#include "tui/forecast.h"
#include "tui/format.h"
#include "tui/view.h"

#include "base/clock.h"
#include "base/fs.h"

#include <stdio.h>
#include <string.h>

void header_init(struct app *app)
{
	app->header.forecast = forecast_new(app->run);
}

void header_fini(struct app *app)
{
	forecast_free(app->header.forecast);
}

static void move_to_second(struct header *header, uint64_t second)
{
	if (second > header->second + RATE_SECONDS)
		header->second = second - RATE_SECONDS;
	while (header->second < second)
		header->verdicts[++header->second % RATE_SECONDS] = 0;
}

static double cpu_in_use(const struct run *run)
{
	double share = 0;
	unsigned workers = 0;

	vec_each(&run->workers, worker) {
		if (worker->state == WORKER_ABSENT || worker->state == WORKER_DEAD)
			continue;
		share += worker->cpu_share;
		workers++;
	}
	return workers ? share / workers : 0;
}

void header_hear(struct app *app, const struct event *event, const struct test *test)
{
	struct header *header = &app->header;
	uint64_t second = event->t / CLOCK_SECOND;

	forecast_hear(header->forecast, event, test);
	if (event->type == EVENT_TEST_VERDICT) {
		if (second >= header->second)
			move_to_second(header, second);
		if (second + RATE_SECONDS > header->second)
			header->verdicts[second % RATE_SECONDS]++;
	} else if (event->type == EVENT_WORKER_SAMPLE &&
		   (!header->cpu_count || second != header->cpu_second)) {
		/* All workers are sampled together: one value a second is enough for the curve. */
		header->cpu[header->cpu_next++ % RATE_SECONDS] = cpu_in_use(app->run);
		if (header->cpu_count < RATE_SECONDS)
			header->cpu_count++;
		header->cpu_second = second;
	}
}

static enum glyph spark(double share)
{
	int step = share <= 0 ? 0 : (int)(share * 8 + 0.5);

	if (share > 0 && step < 1)
		step = 1;
	return (enum glyph)(GLYPH_SPARK_0 + (step > 8 ? 8 : step));
}

static uint64_t elapsed(const struct app *app)
{
	return app->ended ? app->ended_at : app->now;
}

/* --- the first line --- */

#define PIECES_MOST 10
#define RANKS 7

struct piece {
	char text[48];
	enum role role;
	int sparks; /* width of a curve of the CPU behind it */
	bool used;
	int rank; /* the highest go first where the line is short */
};

static void add_piece(struct piece *pieces, unsigned *count, int rank, enum role role, const char *text)
{
	struct piece *piece = &pieces[(*count)++];

	snprintf(piece->text, sizeof(piece->text), "%s", text);
	piece->role = role;
	piece->rank = rank;
	piece->sparks = 0;
	piece->used = true;
}

static bool is_paused(const struct app *app)
{
	return app->control && !app->options.replay && app->control->paused(app->control->context);
}

static struct piece state_piece(const struct app *app)
{
	const struct tally_summary summary = tally_sum(&app->run->tally);
	struct piece piece = { .role = ROLE_TITLE_FOCUS, .used = true };
	const char *word = "running";

	if (app->ended) {
		if (app_run_failed(app)) {
			word = " FAILED ";
			piece.role = ROLE_VERDICT_BAD;
		} else if (summary.notrun) {
			word = " STOPPED ";
			piece.role = ROLE_WARNING;
		} else if (!app->run->tally.found) {
			word = " NO TESTS ";
			piece.role = ROLE_WARNING;
		} else {
			word = " PASSED ";
			piece.role = ROLE_VERDICT_GOOD;
		}
	} else if (app->stop_asked) {
		word = " STOPPING ";
		piece.role = ROLE_WARNING;
	} else if (is_paused(app)) {
		word = " PAUSED ";
		piece.role = ROLE_WARNING;
	} else if (!app->run->collected && !app->run->tally.done) {
		word = "collecting";
	} else if (app->options.replay) {
		word = "replay";
	}
	snprintf(piece.text, sizeof(piece.text), "%s", word);
	/* What is usual needs no word where the line is short. */
	if (piece.role == ROLE_TITLE_FOCUS)
		piece.rank = 4;
	return piece;
}

static void draw_cpu_curve(struct app *app, int row, int column, int width)
{
	const struct header *header = &app->header;

	for (int i = 0; i < width; i++) {
		unsigned back = (unsigned)(width - i);
		double share =
			back <= header->cpu_count ? header->cpu[(header->cpu_next - back) % RATE_SECONDS] : 0;

		screen_glyph(app->screen, row, column + i, ROLE_SPARK, spark(share));
	}
}

static void add_eta(const struct app *app, struct piece *pieces, unsigned *count)
{
	struct eta_left left;
	char text[48], eta[ETA_TEXT_SIZE];

	if (app->ended || app->options.replay || app->stop_asked || !app->run->collected || is_paused(app) ||
	    !forecast_left(app->header.forecast, app->model, app->now, &left))
		return;
	snprintf(text, sizeof(text), "eta %s", eta_text(eta, &left, screen_is_ascii(app->screen)));
	add_piece(pieces, count, 1, ROLE_STRONG, text);
}

static void add_memory(const struct app *app, struct piece *pieces, unsigned *count)
{
	uint64_t rss = 0, most = app->options.memory;
	char text[48], number[FORMAT_SIZE], limit[FORMAT_SIZE];
	bool much;

	vec_each(&app->run->workers, worker)
		rss += worker->rss;
	much = most && rss > most / 10 * 9;
	if (most)
		snprintf(text, sizeof(text), "mem %s/%s%s", format_bytes(number, rss),
			 format_bytes(limit, most), much ? "!" : "");
	else
		snprintf(text, sizeof(text), "mem %s", format_bytes(number, rss));
	add_piece(pieces, count, 5, much ? ROLE_WARNING : ROLE_TEXT, text);
}

static unsigned collect_pieces(struct app *app, struct piece pieces[PIECES_MOST])
{
	const struct run *run = app->run;
	unsigned count = 0, workers = 0;
	char text[48], number[FORMAT_SIZE];

	if (run->id) {
		snprintf(text, sizeof(text), "run %.5s", run->id);
		add_piece(pieces, &count, 6, ROLE_DIM, text);
	}
	add_piece(pieces, &count, 1, ROLE_STRONG, format_clock(number, elapsed(app)));
	add_eta(app, pieces, &count);
	vec_each(&run->workers, worker)
		workers += worker->state != WORKER_ABSENT;
	/* The run may begin before it is known how many there will be. */
	if (run->workers_wanted > workers)
		workers = run->workers_wanted;
	if (workers) {
		snprintf(text, sizeof(text), "n=%u%s%.12s", workers, run->dist ? " " : "",
			 run->dist ? run->dist : "");
		add_piece(pieces, &count, 2, ROLE_TEXT, text);
	}
	if (app->header.cpu_count && !app->ended) {
		snprintf(text, sizeof(text), "cpu %3.0f%%", cpu_in_use(run) * 100);
		add_piece(pieces, &count, 3, ROLE_TEXT, text);
		pieces[count - 1].sparks = screen_width(app->screen) >= 100 ? 12 : 0;
		add_memory(app, pieces, &count);
	}
	if (app->options.replay && app->ended)
		add_piece(pieces, &count, 3, ROLE_DIM, "replay");
	pieces[count] = state_piece(app);
	return count + 1;
}

static void draw_first_line(struct app *app, struct area area)
{
	struct screen *screen = app->screen;
	struct piece pieces[PIECES_MOST];
	unsigned count = collect_pieces(app, pieces);
	const char *name = fs_name_of(app->options.root ? app->options.root
				      : app->run->root  ? app->run->root
							: "");
	int column = screen_text(screen, area.row, 0, area.width, ROLE_NAME, " xtop ");
	int needed, room;

	column++;
	for (int rank = RANKS;; rank--) {
		needed = 0;
		for (unsigned i = 0; i < count; i++) {
			pieces[i].used = pieces[i].rank < rank;
			if (pieces[i].used)
				needed += screen_text_width(screen, pieces[i].text) + 2 +
					  (pieces[i].sparks ? pieces[i].sparks + 1 : 0);
		}
		room = area.width - column - needed;
		if (room >= 12 || room >= screen_text_width(screen, name) + 1 || rank <= 2)
			break;
	}
	if (room > 1)
		screen_text_begin(screen, area.row, column, room - 1, ROLE_STRONG, name);
	column = area.width - needed + 2;
	for (unsigned i = 0; i < count; i++) {
		if (!pieces[i].used)
			continue;
		column += screen_text(screen, area.row, column, area.width - column, pieces[i].role,
				      pieces[i].text);
		if (pieces[i].sparks) {
			draw_cpu_curve(app, area.row, column + 1, pieces[i].sparks);
			column += pieces[i].sparks + 1;
		}
		column += 2;
	}
}

/* --- the second line --- */

static double tests_per_second(const struct app *app)
{
	const struct header *header = &app->header;
	uint64_t second = app->now / CLOCK_SECOND, sum = 0, count = 0;

	if (app->ended)
		return app->ended_at ? (double)app->run->tally.done / clock_seconds(app->ended_at) : 0;
	/* Whole seconds only, the last five. */
	for (uint64_t back = 1; back <= 5 && back <= second; back++, count++)
		if (second - back <= header->second && second - back + RATE_SECONDS > header->second)
			sum += header->verdicts[(second - back) % RATE_SECONDS];
	if (!count)
		return app->now ? (double)app->run->tally.done / clock_seconds(app->now) : 0;
	return (double)sum / (double)count;
}

static void draw_rate_curve(struct app *app, int row, int column, int width)
{
	const struct header *header = &app->header;
	uint64_t last = (app->ended ? app->ended_at : app->now) / CLOCK_SECOND;
	uint32_t most = 1;
	uint32_t values[RATE_SECONDS] = { 0 };

	if (width > RATE_SECONDS - 2)
		width = RATE_SECONDS - 2;
	for (int i = 0; i < width; i++) {
		uint64_t back = (uint64_t)(width - i);

		if (back > last)
			continue;
		if (last - back <= header->second && last - back + RATE_SECONDS > header->second)
			values[i] = header->verdicts[(last - back) % RATE_SECONDS];
		if (values[i] > most)
			most = values[i];
	}
	for (int i = 0; i < width; i++)
		screen_glyph(app->screen, row, column + i, ROLE_SPARK, spark((double)values[i] / most));
}

/* Parts of a meter: as wide as their shares of the whole, but each that is not empty is seen. */
static void share_out(int width, const uint32_t *counts, int *widths, unsigned parts)
{
	uint64_t all = 0, sum = 0;
	int used = 0;

	for (unsigned i = 0; i < parts; i++)
		all += counts[i];
	for (unsigned i = 0; i < parts; i++) {
		uint64_t before = all ? sum * (uint64_t)width / all : 0;

		sum += counts[i];
		widths[i] = all ? (int)(sum * (uint64_t)width / all - before) : 0;
		if (counts[i] && !widths[i])
			widths[i] = 1;
		used += widths[i];
	}
	while (used > width) {
		unsigned widest = 0;

		for (unsigned i = 1; i < parts; i++)
			if (widths[i] > widths[widest])
				widest = i;
		widths[widest]--;
		used--;
	}
}

static void draw_bar(struct app *app, int row, int column, int width)
{
	static const struct {
		enum role role;
		enum glyph glyph;
	} looks[] = { { ROLE_METER, GLYPH_BAR_FULL },
		      { ROLE_FAILED, GLYPH_BAR_BAD },
		      { ROLE_RUNNING, GLYPH_BAR_BUSY },
		      { ROLE_METER_REST, GLYPH_BAR_REST } };
	const struct tally *tally = &app->run->tally;
	uint32_t failed = tally_sum(tally).failed, done = tally->done, running = tally->running;
	uint32_t left = tally->found > done + running ? tally->found - done - running : 0;
	const uint32_t counts[] = { done > failed ? done - failed : 0, failed, running, left };
	int widths[4];

	share_out(width, counts, widths, 4);
	if (!tally->found)
		widths[3] = width;
	for (unsigned i = 0; i < 4; i++) {
		screen_fill(app->screen, row, column, widths[i], looks[i].role, looks[i].glyph);
		column += widths[i];
	}
}

static void draw_progress(struct app *app, struct area area, int row)
{
	const struct tally *tally = &app->run->tally;
	char counts[64], rate[48];
	double per_second = tests_per_second(app);
	int curve = area.width >= 110 ? 24 : area.width >= 76 ? 12 : 0;
	int counts_width, rate_width, column, bar;

	snprintf(counts, sizeof(counts), "%u/%u%s %3u%%", tally->done, tally->found,
		 app->run->collected ? "" : "+",
		 tally->found ? (unsigned)((uint64_t)tally->done * 100 / tally->found) : 0);
	snprintf(rate, sizeof(rate), per_second < 9.95 ? "%.1f tests/s" : "%.0f tests/s", per_second);
	counts_width = (int)strlen(counts);
	rate_width = area.width >= 60 ? 13 : 0;
	bar = area.width - 2 - counts_width - 2 - (rate_width ? rate_width + 1 : 0) - (curve ? curve + 1 : 0);
	draw_bar(app, row, 1, bar);
	column = 1 + bar + 1;
	column += screen_text(app->screen, row, column, counts_width, ROLE_STRONG, counts) + 1;
	if (rate_width)
		column += screen_format(app->screen, row, column, rate_width, ROLE_TEXT, "%13s", rate) + 1;
	if (curve)
		draw_rate_curve(app, row, column, curve);
}

/* --- the third line --- */

/* "97%"; what is something is never 0 %, and what is not all never 100 %. */
static void format_percent(char text[8], uint32_t count, uint32_t all)
{
	unsigned percent = (unsigned)(((uint64_t)count * 200 + all) / 2 / all);

	if (count && !percent)
		percent = 1;
	if (count < all && percent >= 100)
		percent = 99;
	snprintf(text, 8, "%u%%", percent > 100 ? 100 : percent);
}

static void draw_tallies(struct app *app, int row, int column, int width)
{
	const struct tally *tally = &app->run->tally;
	const uint32_t over = tally->done + tally->running;
	const struct {
		uint32_t count;
		bool always;
		enum role role;
		enum glyph glyph;
		const char *word;
	} parts[] = {
		{ rows_outcomes(app->rows, OUTCOME_PASSED) + rows_outcomes(app->rows, OUTCOME_XPASSED), true,
		  ROLE_PASSED, GLYPH_PASSED, "passed" },
		{ rows_outcomes(app->rows, OUTCOME_FAILED), true, ROLE_FAILED, GLYPH_FAILED, "failed" },
		{ rows_outcomes(app->rows, OUTCOME_ERROR), false, ROLE_ERROR, GLYPH_ERROR, "error" },
		{ rows_outcomes(app->rows, OUTCOME_TIMEOUT), false, ROLE_TIMEOUT, GLYPH_TIMEOUT, "timeout" },
		{ rows_outcomes(app->rows, OUTCOME_CRASHED), false, ROLE_CRASHED, GLYPH_CRASHED, "crashed" },
		{ tally->flaky, false, ROLE_FLAKY, GLYPH_FLAKY, "flaky" },
		{ tally->quarantined, false, ROLE_QUARANTINED, GLYPH_QUARANTINED, "quarantined" },
		{ rows_outcomes(app->rows, OUTCOME_SKIPPED) + rows_outcomes(app->rows, OUTCOME_XFAILED),
		  false, ROLE_SKIPPED, GLYPH_SKIPPED, "skipped" },
		{ rows_outcomes(app->rows, OUTCOME_NOTRUN), false, ROLE_WAITING, GLYPH_NOTRUN, "not run" },
		{ tally->running, false, ROLE_RUNNING, GLYPH_RUNNING, "running" },
		{ tally->found > over ? tally->found - over : 0, false, ROLE_WAITING, GLYPH_WAITING, "left" },
	};
	const unsigned count = sizeof(parts) / sizeof(*parts);
	char number[16], percent[8] = "";
	int needed = 0, shown = 0, gap = 3;
	bool words, percents;

	for (unsigned i = 0; i < count; i++) {
		if (!parts[i].count && !parts[i].always)
			continue;
		needed += 2 + snprintf(number, sizeof(number), "%u", parts[i].count) + 1 +
			  (int)strlen(parts[i].word) + gap;
		shown++;
	}
	if (column + needed - gap > width) {
		gap--;
		needed -= shown;
	}
	words = column + needed - gap <= width;
	if (!words)
		gap = width < 60 ? 2 : 3;
	/* Of those with a verdict: the share of those that passed and those that failed. */
	percents = words && tally->done && column + needed + 7 <= width;
	for (unsigned i = 0; i < count; i++) {
		bool bright = parts[i].count > 0;

		if (!parts[i].count && !parts[i].always)
			continue;
		snprintf(number, sizeof(number), "%u", parts[i].count);
		if (column + 2 + (int)strlen(number) > width)
			break;
		column += screen_glyph(app->screen, row, column, bright ? parts[i].role : ROLE_DIM,
				       parts[i].glyph) +
			  1;
		column += screen_text(app->screen, row, column, width - column,
				      bright ? parts[i].role : ROLE_DIM, number);
		if (words)
			column += 1 + screen_text(app->screen, row, column + 1, width - column - 1,
						  bright ? ROLE_TEXT : ROLE_DIM, parts[i].word);
		if (percents && bright && parts[i].always) {
			format_percent(percent, parts[i].count, tally->done);
			column += 1 + screen_text(app->screen, row, column + 1, width - column - 1, ROLE_DIM,
						  percent);
		}
		column += gap;
	}
}

void header_draw(struct app *app, struct area area)
{
	draw_first_line(app, area);
	if (area.height >= 3) {
		draw_progress(app, area, area.row + 1);
		draw_tallies(app, area.row + 2, 1, area.width - 1);
		return;
	}
	{
		char counts[48];
		int width;

		snprintf(counts, sizeof(counts), "%u/%u", app->run->tally.done, app->run->tally.found);
		width = (int)strlen(counts);
		screen_text(app->screen, area.row + 1, 1, width, ROLE_STRONG, counts);
		draw_tallies(app, area.row + 1, width + 3, area.width);
	}
}
