#include "tui/eta.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/vec.h"
#include "tui/format.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define WEIGHT_AT_FIRST 4.0 /* tests of average length whose ratio was 1 */
#define SPREAD_AT_FIRST 0.5 /* of single tests, as a share of their times */
#define UNKNOWN_LEAST 3     /* tests without history that end before they tell a rate */
#define LATE_SHARE 0.25     /* of its age: how much longer a test runs that is over its time */
#define PAUSE_MOST 1.0 /* s: what is longer was no pause between two tests but a wait for something else */
#define WIDTH_90 1.645 /* standard deviations */
#define LAST_VARIANCE (1.0 / 12) /* of where in a stretch of time something is that may be anywhere in it */
#define SIZES 64                 /* from 2^-32 s on */
#define LONGEST 3.6e6            /* s */

struct place {
	float expected; /* s */
	uint8_t place;  /* enum eta_place */
};

struct eta {
	VEC(struct place) places; /* by number - 1 */
	/* Tests that wait, with a history and without; s. */
	double known_sum, known_squares;
	uint32_t known_count, unknown_count;
	/* Those with one by the power of two below their times: how long the longest takes, about. */
	struct {
		double sum;
		uint32_t count;
	} sizes[SIZES];
	/* Tests that ended, with a history: sums of what they took (a) and what was expected (e); */
	double a, e, aa, ae, ee;
	uint32_t ratios;
	/* and those without. */
	double took_sum, took_squares;
	uint32_t took_count;
	double pauses;
	uint32_t pause_count;
};

struct eta *eta_new(void)
{
	return ALLOC_NEW(struct eta);
}

void eta_free(struct eta *eta)
{
	if (!eta)
		return;
	vec_fini(&eta->places);
	free(eta);
}

static unsigned size_of(float expected)
{
	int size = ilogbf(expected) + SIZES / 2;

	return size < 0 ? 0 : size >= SIZES ? SIZES - 1 : (unsigned)size;
}

static void count(struct eta *eta, float expected, int sign)
{
	double value = (double)expected;
	unsigned size;

	if (expected <= 0) {
		eta->unknown_count += (uint32_t)sign;
		return;
	}
	eta->known_count += (uint32_t)sign;
	eta->known_sum += sign * value;
	eta->known_squares += sign * value * value;
	size = size_of(expected);
	eta->sizes[size].count += (uint32_t)sign;
	eta->sizes[size].sum += sign * value;
	/* What rounding leaves must not look like work. */
	if (!eta->known_count)
		eta->known_sum = eta->known_squares = 0;
}

enum eta_place eta_move(struct eta *eta, uint64_t test, enum eta_place place, uint64_t expected)
{
	enum eta_place before;
	struct place *it;

	if (!test || test > UINT32_MAX)
		return ETA_NOWHERE;
	while (eta->places.length < test)
		vec_push(&eta->places, ((struct place){ 0, ETA_NOWHERE }));
	it = &eta->places.items[test - 1];
	before = (enum eta_place)it->place;
	if (before == ETA_WAITING)
		count(eta, it->expected, -1);
	it->expected = (float)clock_seconds(expected);
	it->place = (uint8_t)place;
	if (place == ETA_WAITING)
		count(eta, it->expected, 1);
	return before;
}

void eta_took(struct eta *eta, uint64_t expected, uint64_t took)
{
	double a = clock_seconds(took), e = clock_seconds(expected);

	if (!expected) {
		eta->took_sum += a;
		eta->took_squares += a * a;
		eta->took_count++;
		return;
	}
	eta->a += a;
	eta->e += e;
	eta->aa += a * a;
	eta->ae += a * e;
	eta->ee += e * e;
	eta->ratios++;
}

void eta_paused(struct eta *eta, uint64_t pause)
{
	double seconds = clock_seconds(pause);

	eta->pauses += seconds < PAUSE_MOST ? seconds : PAUSE_MOST;
	eta->pause_count++;
}

/* What is held of single tests, s. */
struct belief {
	double ratio, ratio_variance; /* of all tests together: what they take, over what is expected */
	double single_variance;       /* of a single test's ratio around it */
	double unknown, unknown_variance, unknown_mean_variance; /* of one without history */
	double pause;
};

static double square(double value)
{
	return value * value;
}

static void judge_known(const struct eta *eta, struct belief *belief)
{
	double count = (double)eta->ratios + (double)eta->known_count;
	double mean = count > 0 ? (eta->e + eta->known_sum) / count : 0;
	double weight = WEIGHT_AT_FIRST * mean, weight_squares = WEIGHT_AT_FIRST * mean * mean;
	double spread;

	belief->ratio = 1;
	belief->single_variance = square(SPREAD_AT_FIRST);
	if (mean <= 0)
		return;
	belief->ratio = (eta->a + weight) / (eta->e + weight);
	spread = eta->aa - 2 * belief->ratio * eta->ae + square(belief->ratio) * eta->ee;
	belief->single_variance = ((spread > 0 ? spread : 0) + square(SPREAD_AT_FIRST) * weight_squares) /
				  (eta->ee + weight_squares);
	belief->ratio_variance =
		belief->single_variance * (eta->ee + weight_squares) / square(eta->e + weight);
}

/* false: nothing is known of any test. */
static bool judge_unknown(const struct eta *eta, const struct eta_running *running, size_t running_count,
			  struct belief *belief)
{
	double known = (double)eta->ratios + (double)eta->known_count, number = (double)eta->took_count;
	double sum = eta->took_sum, squares;

	for (size_t i = 0; i < running_count; i++)
		if (!running[i].expected)
			sum += clock_seconds(running[i].age);
	if (eta->took_count < UNKNOWN_LEAST && known > 0) {
		belief->unknown = belief->ratio * (eta->e + eta->known_sum) / known;
		belief->unknown_variance = belief->unknown_mean_variance = square(belief->unknown);
		return true;
	}
	if (eta->took_count < UNKNOWN_LEAST)
		return false;
	belief->unknown = sum / number;
	/* As if two more had been as far off as an exponential's are. */
	squares = eta->took_squares - square(eta->took_sum) / number;
	belief->unknown_variance = ((squares > 0 ? squares : 0) + 2 * square(belief->unknown)) / (number + 2);
	belief->unknown_mean_variance = belief->unknown_variance / number;
	return true;
}

/* What a running test still takes, and how far off that may be. */
static double rest_of(const struct eta_running *running, const struct belief *belief, double *variance)
{
	double age = clock_seconds(running->age), deadline = clock_seconds(running->deadline);
	double whole = running->expected ? belief->ratio * clock_seconds(running->expected) : belief->unknown;
	double rest = whole - age, late = LATE_SHARE * age;

	*variance = running->expected ? belief->single_variance * square(whole) : belief->unknown_variance;
	if (rest < late) {
		rest = late;
		*variance = square(late);
	}
	if (running->deadline && rest > deadline - age) {
		rest = deadline > age ? deadline - age : 0;
		if (*variance > square(rest))
			*variance = square(rest);
	}
	return rest;
}

static double longest_waiting(const struct eta *eta)
{
	for (unsigned size = SIZES; size-- > 0;)
		if (eta->sizes[size].count)
			return eta->sizes[size].sum / eta->sizes[size].count;
	return 0;
}

bool eta_estimate(const struct eta *eta, unsigned workers, const struct eta_running *running,
		  size_t running_count, struct eta_left *left)
{
	struct belief belief = { 0 };
	double waiting = (double)eta->known_count + (double)eta->unknown_count, unknown = eta->unknown_count;
	double work, variance, longest = 0, longest_variance = 0, share, time, spread, single;
	bool needed = eta->unknown_count > 0;

	for (size_t i = 0; i < running_count; i++)
		needed = needed || !running[i].expected;
	if (waiting + (double)running_count <= 0)
		return false;
	judge_known(eta, &belief);
	if (!judge_unknown(eta, running, running_count, &belief) && needed)
		return false;
	belief.pause = eta->pause_count ? eta->pauses / eta->pause_count : 0;
	work = belief.ratio * eta->known_sum + unknown * belief.unknown + waiting * belief.pause;
	variance = belief.single_variance * eta->known_squares +
		   belief.ratio_variance * square(eta->known_sum) + unknown * belief.unknown_variance +
		   square(unknown) * belief.unknown_mean_variance;
	for (size_t i = 0; i < running_count; i++) {
		double off, rest = rest_of(&running[i], &belief, &off);

		work += rest;
		variance += off;
		if (rest >= longest) {
			longest = rest;
			longest_variance = off;
		}
	}
	share = waiting + (double)running_count;
	if (share > workers)
		share = workers > 0 ? workers : 1;
	time = work / share;
	/* Nobody knows here whether a long test comes first, or last and alone. */
	single = belief.ratio * longest_waiting(eta);
	variance += square(single * (share - 1)) * LAST_VARIANCE;
	spread = sqrt(variance) / share;
	if (single > longest) {
		longest = single;
		longest_variance = belief.single_variance * square(single);
	}
	if (time < longest) {
		time = longest;
		if (spread < sqrt(longest_variance))
			spread = sqrt(longest_variance);
	}
	spread *= WIDTH_90;
	left->time = clock_from_seconds(time < LONGEST ? time : LONGEST);
	left->spread = clock_from_seconds(spread < LONGEST ? spread : LONGEST);
	return true;
}

const char *eta_text(char buffer[ETA_TEXT_SIZE], const struct eta_left *left, bool ascii)
{
	/* The time is told in whole seconds, and never as none at all while something is left. */
	uint64_t seconds = (left->time + CLOCK_SECOND - 1) / CLOCK_SECOND;
	uint64_t spread = (left->spread + CLOCK_SECOND / 2) / CLOCK_SECOND;
	const char *sign = ascii ? "+-" : "±";
	char clock[FORMAT_SIZE];

	format_clock(clock, (seconds ? seconds : 1) * CLOCK_SECOND);
	if (!spread)
		snprintf(buffer, ETA_TEXT_SIZE, "%s", clock);
	else if (spread >= seconds)
		snprintf(buffer, ETA_TEXT_SIZE, "~%s", clock);
	else if (spread < 100)
		snprintf(buffer, ETA_TEXT_SIZE, "%s %s%u", clock, sign, (unsigned)spread);
	else
		snprintf(buffer, ETA_TEXT_SIZE, "%s %s%um", clock, sign, (unsigned)((spread + 30) / 60));
	return buffer;
}
