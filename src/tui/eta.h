/* How long a run still takes, and how sure that is. Pure arithmetic: forecast.h feeds it.
 *
 * Each test is expected to take what the history says, times a ratio: what tests took so far, over what they
 * were expected to take. That is the ratio estimator of survey sampling (Cochran, Sampling Techniques, 3rd
 * edition, chapter 6), with a small weight on the ratio 1 so that the first tests don't throw it about. Its
 * spread is that of the single tests' ratios around it, and is at first taken for SPREAD_AT_FIRST.
 *
 * A test without history is expected to take the mean of those without one that ended, where the ages of those
 * that run count too, or else long tests would be missed as long as they run (the estimate of an exponential's
 * mean from censored times). Where none has ended, it is as long as those with a history are on average.
 * Where nothing has a history that is the plain rate of the run.
 *
 * A test that runs still takes what is left of its time, and at least a quarter of its age more: that is for
 * those that are over their time. None goes on beyond its deadline. To each waiting test comes the pause that
 * workers make between two.
 *
 * All that together is shared by as many workers as can have a test each, and it takes no less than the longest
 * test that runs or waits. Whether that one comes first or last is part of the uncertainty. That is the half-width
 * of a 90 % interval. Tests that wait for others (serial ones, limits) are not seen ahead; they show as pauses.
 */
#ifndef XTOP_TUI_ETA_H
#define XTOP_TUI_ETA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct eta;

enum eta_place { ETA_NOWHERE, ETA_WAITING, ETA_RUNNING, ETA_OVER };

struct eta *eta_new(void);
void eta_free(struct eta *eta); /* NULL is fine */

/* The test, by its number, is there now. `expected`: ns, 0: not known. Returns where it was. */
enum eta_place eta_move(struct eta *eta, uint64_t test, enum eta_place place, uint64_t expected);
/* A test took so long, ns, all its attempts together. */
void eta_took(struct eta *eta, uint64_t expected, uint64_t took);
/* A worker had nothing to do between two tests, ns. */
void eta_paused(struct eta *eta, uint64_t pause);

/* A test that runs: ns; 0: not known, or none. */
struct eta_running {
	uint64_t age, expected, deadline;
};

struct eta_left {
	uint64_t time;   /* ns until the run ends */
	uint64_t spread; /* ns: nine times in ten it is no farther off than that */
};

/* false: nothing is left, or too little is known to say anything. */
bool eta_estimate(const struct eta *eta, unsigned workers, const struct eta_running *running,
		  size_t running_count, struct eta_left *left);

#define ETA_TEXT_SIZE 40

/* "0:18 ±4" (seconds), "1:02:00 ±3m", "~0:18" where it may as well be over at once; with `ascii` "+-" for "±". */
const char *eta_text(char buffer[ETA_TEXT_SIZE], const struct eta_left *left, bool ascii);

#endif
