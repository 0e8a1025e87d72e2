#include "cli/scheduler_trials.h"

#include "base/alloc.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Far more than any trial needs under any tool: whoever takes as long waits for ever. */
#define TRIAL_SECONDS 100
#define NAME_SIZE 128

/* Two at once. */
static const unsigned trial_limits[] = { 2 };

#define SUITE(tests_, workers_, durations_, history_) \
	.tests = (tests_), .workers = (workers_), .durations = (durations_), .history = (history_), .seed = 1
#define LIMITED .options = { .limits = trial_limits, .limit_count = 1 }, .limited = 0.05

const struct scheduler_trial scheduler_trials[] = {
	{ .simulation = { SUITE(5000, 8, DURATIONS_CONSTANT, HISTORY_EXACT) } },
	{ .simulation = { SUITE(5000, 8, DURATIONS_EXPONENTIAL, HISTORY_EXACT) } },
	{ .simulation = { SUITE(5000, 8, DURATIONS_EXPONENTIAL, HISTORY_MISSING) } },
	{ .simulation = { SUITE(5000, 8, DURATIONS_HEAVY, HISTORY_EXACT) } },
	{ .simulation = { SUITE(5000, 8, DURATIONS_HEAVY, HISTORY_NOISY) } },
	{ .simulation = { SUITE(5000, 8, DURATIONS_HEAVY, HISTORY_STALE) } },
	{ .simulation = { SUITE(5000, 8, DURATIONS_HEAVY, HISTORY_MISSING) } },
	{ .simulation = { SUITE(5000, 8, DURATIONS_GIANT, HISTORY_EXACT) } },
	{ .simulation = { SUITE(5000, 8, DURATIONS_TINY, HISTORY_EXACT) } },
	{ .simulation = { SUITE(300, 8, DURATIONS_HEAVY, HISTORY_EXACT) } },
	{ .simulation = { SUITE(5000, 1, DURATIONS_HEAVY, HISTORY_EXACT) } },
	{ .simulation = { SUITE(5000, 2, DURATIONS_HEAVY, HISTORY_EXACT) } },
	{ .simulation = { SUITE(5000, 64, DURATIONS_HEAVY, HISTORY_EXACT) } },
	{ .simulation = { SUITE(50000, 1000, DURATIONS_EXPONENTIAL, HISTORY_EXACT) } },
	{ .simulation = { SUITE(3, 8, DURATIONS_EXPONENTIAL, HISTORY_EXACT) }, .with = "few tests" },
	{ .simulation = { SUITE(2000, 8, DURATIONS_HEAVY, HISTORY_EXACT), .crashes = 0.02 },
	  .with = "crashes" },
	{ .simulation = { SUITE(2000, 8, DURATIONS_HEAVY, HISTORY_EXACT), .changes = 0.02 },
	  .with = "leaving" },
	{ .simulation = { SUITE(2000, 8, DURATIONS_HEAVY, HISTORY_EXACT), .serial = 0.01 },
	  .with = "serial" },
	{ .simulation = { SUITE(2000, 8, DURATIONS_HEAVY, HISTORY_EXACT), LIMITED }, .with = "a limit" },
	{ .simulation = { SUITE(2000, 8, DURATIONS_HEAVY, HISTORY_EXACT), .heavy = 0.1 }, .with = "weights" },
	{ .simulation = { SUITE(2000, 8, DURATIONS_HEAVY, HISTORY_STALE), LIMITED, .crashes = 0.02,
			  .changes = 0.02, .serial = 0.01, .heavy = 0.1 },
	  .with = "all these" },
	{ .simulation = { SUITE(2000, 2, DURATIONS_HEAVY, HISTORY_MISSING), LIMITED, .crashes = 0.02,
			  .changes = 0.02, .serial = 0.01, .heavy = 0.1 },
	  .with = "all these" },
	{ .simulation = { SUITE(400, 4, DURATIONS_CONSTANT, HISTORY_MISSING) },
	  .with = "found late",
	  .late = true },
	{ .simulation = { SUITE(400, 4, DURATIONS_CONSTANT, HISTORY_MISSING) },
	  .with = "fewer",
	  .fewer = true },
};

const size_t scheduler_trial_count = sizeof(scheduler_trials) / sizeof(scheduler_trials[0]);

const char *scheduler_durations_name(enum simulated_durations durations)
{
	switch (durations) {
	case DURATIONS_CONSTANT:
		return "constant";
	case DURATIONS_EXPONENTIAL:
		return "exponential";
	case DURATIONS_HEAVY:
		return "heavy-tailed";
	case DURATIONS_GIANT:
		return "one giant";
	case DURATIONS_TINY:
		return "mostly tiny";
	}
	return "";
}

const char *scheduler_history_name(enum simulated_history history)
{
	switch (history) {
	case HISTORY_EXACT:
		return "exact";
	case HISTORY_NOISY:
		return "noisy";
	case HISTORY_STALE:
		return "stale";
	case HISTORY_MISSING:
		return "none";
	}
	return "";
}

/* --- what the simulator has not --- */

#define ONCE_MORE 8 /* every eighth test is run again */

struct by_hand {
	struct sched *sched;
	const struct scheduler_trial *trial;
	uint64_t added;
	unsigned workers; /* that are there: those from 0 */
	unsigned turns;
	unsigned char *ran; /* how often, of each test */
	uint64_t wrong;     /* one that ran too often */
};

static void add_test(struct by_hand *run)
{
	unsigned long long number = ++run->added;
	char id[32], file[32];

	snprintf(file, sizeof(file), "file_%llu", number / 10);
	snprintf(id, sizeof(id), "test_%llu", number);
	const struct sched_test test = {
		.number = number,
		.suite = "suite",
		.id = id,
		.file = file,
		.scope = file,
		.weight = 1,
		.worker = SCHED_ANY_WORKER,
	};
	sched_add(run->sched, &test);
}

/* One turn of a worker: it runs what it gets. */
static bool take_turn(struct by_hand *run, unsigned worker)
{
	uint64_t test = sched_next(run->sched, worker, false);

	if (!test)
		return false;
	sched_ended(run->sched, worker, test, 1000000);
	unsigned most = run->trial->late && test % ONCE_MORE == 0 ? 2 : 1;
	if (++run->ran[test - 1] > most)
		run->wrong = test;
	else if (run->ran[test - 1] < most)
		sched_again(run->sched, test);
	return true;
}

/* Whether something happened. */
static bool take_turns(struct by_hand *run)
{
	bool any = false;

	for (unsigned i = 0; i < run->workers; i++)
		any |= take_turn(run, i);
	if (run->added < run->trial->simulation.tests) {
		add_test(run);
		any = true;
	}
	run->turns++;
	/* Once everybody has had some. */
	while (run->trial->fewer && run->turns > 5 && run->workers > 1)
		sched_worker_gone(run->sched, --run->workers, NULL, NULL);
	return any;
}

static int run_by_hand(struct by_hand *run, struct error *error)
{
	size_t first = run->trial->late ? run->trial->simulation.tests / 2 : run->trial->simulation.tests;

	while (run->added < first)
		add_test(run);
	sched_collected(run->sched, run->workers);
	for (unsigned i = 0; i < run->workers; i++)
		sched_worker_added(run->sched, i);
	while (take_turns(run) && !run->wrong)
		continue;
	const char *failure = sched_failure(run->sched);
	if (!failure && !run->wrong && sched_waiting(run->sched) > 0)
		failure = sched_stuck(run->sched);
	if (failure)
		return error_set(error, "%s", failure);
	if (run->wrong || sched_waiting(run->sched) > 0)
		return error_set(error, "test %llu ran too often, or %zu tests never",
				 (unsigned long long)run->wrong, sched_waiting(run->sched));
	return 0;
}

static int try_by_hand(const struct scheduler_trial *trial, const struct simulation *simulation,
		       struct error *error)
{
	struct by_hand run = { .trial = trial, .workers = simulation->workers };

	run.sched = sched_new(&simulation->options, error);
	if (!run.sched)
		return -1;
	run.ran = alloc_zeroed(simulation->tests, 1);
	int status = run_by_hand(&run, error);
	free(run.ran);
	sched_free(run.sched);
	return status;
}

/* --- processes --- */

/* What a child leaves behind, in memory that it shares with us. */
struct answer {
	bool complete; /* else it died before */
	int status;
	struct simulated simulated;
	char name[NAME_SIZE];
	struct error error;
};

static int load(const struct simulation *simulation, struct answer *answer)
{
	struct sched *sched = sched_new(&simulation->options, &answer->error);

	if (!sched)
		return -1;
	snprintf(answer->name, sizeof(answer->name), "%s", sched_mode(sched));
	sched_free(sched);
	return 0;
}

/* `trial` NULL: only loads it. */
static void child(const struct scheduler_trial *trial, const struct simulation *simulation,
		  struct answer *answer)
{
	/* What a plugin prints must not get into tables. */
	dup2(STDERR_FILENO, STDOUT_FILENO);
	signal(SIGALRM, SIG_DFL);
	alarm(TRIAL_SECONDS);
	if (!trial)
		answer->status = load(simulation, answer);
	else if (!scheduler_is_measured(trial))
		answer->status = try_by_hand(trial, simulation, &answer->error);
	else
		answer->status = simulate(simulation, &answer->simulated, &answer->error);
	answer->complete = true;
	fflush(NULL);
	_exit(0);
}

static void describe_death(int status, struct error *error)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		error_set(error, "the plugin did not return for %d seconds", TRIAL_SECONDS);
	else if (WIFSIGNALED(status))
		error_set(error, "the plugin ended its process: signal %d (%s)", WTERMSIG(status),
			  strsignal(WTERMSIG(status)));
	else
		error_set(error, "the plugin ended its process: exit code %d", WEXITSTATUS(status));
}

static enum scheduler_end run_child(const struct scheduler_trial *trial, const struct simulation *simulation,
				    struct answer *answer, struct error *error)
{
	int status;

	fflush(NULL); /* or a child that exits prints it once more */
	pid_t pid = fork();
	if (pid < 0) {
		error_set_errno(error, errno, "no process could be made");
		return SCHEDULER_DIED;
	}
	if (pid == 0)
		child(trial, simulation, answer);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (!answer->complete) {
		describe_death(status, error);
		return SCHEDULER_DIED;
	}
	if (answer->status != 0) {
		*error = answer->error;
		return SCHEDULER_BROKE_RULE;
	}
	return SCHEDULER_KEPT_RULES;
}

static struct answer *new_answer(struct error *error)
{
	struct answer *answer =
		mmap(NULL, sizeof(*answer), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (answer != MAP_FAILED)
		return answer;
	error_set_errno(error, errno, "no shared memory could be made");
	return NULL;
}

char *scheduler_try_load(const char *file, enum scheduler_end *end, struct error *error)
{
	const struct simulation simulation = { .options = { .mode = file } };
	struct answer *answer = new_answer(error);
	char *name = NULL;

	*end = SCHEDULER_DIED;
	if (!answer)
		return NULL;
	*end = run_child(NULL, &simulation, answer, error);
	if (*end == SCHEDULER_KEPT_RULES)
		name = alloc_string(answer->name);
	munmap(answer, sizeof(*answer));
	return name;
}

enum scheduler_end scheduler_try(const struct scheduler_trial *trial, const char *file, struct simulated *out,
				 struct error *error)
{
	struct simulation simulation = trial->simulation;
	struct answer *answer = new_answer(error);

	if (!answer)
		return SCHEDULER_DIED;
	simulation.options.mode = file;
	enum scheduler_end end = run_child(trial, &simulation, answer, error);
	*out = answer->simulated;
	munmap(answer, sizeof(*answer));
	return end;
}
