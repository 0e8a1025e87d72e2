/* Producers that are killed at any instruction: what arrives is whole, in order, and complete up to the
 * last record that the producer knew to be sent.  XTOP_TEST_KILLS is how many are killed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "event/ring.h"
#include "ring_records.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DEFAULT_KILLS = 10000, LANE = 1 };

struct shared { /* between the processes */
	_Atomic uint64_t sent; /* records that the producer knows to be in the lane */
};

struct victim { /* the test's view of one producer */
	struct ring *ring;
	struct shared *shared;
	int space; /* eventfd: "there is space", which would be a command in a run */
	uint32_t incarnation;
	size_t longest;
	uint64_t taken;
	pid_t pid;
	int alive; /* a pipe that ends with it */
};

struct totals {
	uint64_t records, unfinished, silent;
};

static void produce(const struct victim *victim, uint64_t lifetime)
{
	static unsigned char bytes[1 << 20];
	struct ring_producer *producer;

	prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing is left of a test that fails */
	producer = ring_producer_new(victim->ring, LANE, victim->incarnation, NULL);
	if (!producer)
		_exit(1);
	if (lifetime) { /* it kills itself, at whatever instruction it has come to by then */
		struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };
		struct itimerspec when = { .it_value.tv_nsec = (long)lifetime };
		timer_t timer;

		if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &when, NULL))
			_exit(2);
	}
	for (uint64_t number = 0;; number++) {
		size_t length = record_length(victim->incarnation, number, victim->longest);

		record_fill(bytes, length, victim->incarnation, number);
		if (ring_push(producer, bytes, length) == RING_FULL) {
			do {
				uint64_t count;

				if (read(victim->space, &count, sizeof(count)) < 0 && errno != EINTR)
					_exit(3);
			} while (ring_flush(producer) == RING_FULL);
		}
		atomic_store(&victim->shared->sent, number + 1);
	}
}

static void start(struct victim *victim, uint64_t lifetime)
{
	int ends[2];

	victim->taken = 0;
	atomic_store(&victim->shared->sent, 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	victim->pid = fork();
	assert_true(victim->pid >= 0);
	if (victim->pid == 0)
		produce(victim, lifetime);
	close(ends[1]);
	victim->alive = ends[0];
}

static void take(void *context, unsigned lane, uint32_t incarnation, const void *bytes, size_t length)
{
	struct victim *victim = context;

	assert_int_equal(lane, LANE);
	assert_int_equal(incarnation, victim->incarnation);
	assert_int_equal(length, record_length(incarnation, victim->taken, victim->longest));
	assert_true(record_is(bytes, length, incarnation, victim->taken));
	victim->taken++;
}

static long drain(struct victim *victim, size_t budget)
{
	const uint64_t one = 1;
	bool waits;
	long taken = ring_drain(victim->ring, LANE, budget, take, victim, &waits);

	assert_true(taken >= 0);
	if (waits)
		assert_int_equal(write(victim->space, &one, sizeof(one)), sizeof(one));
	return taken;
}

/* Sleeps until something is there. True: the producer is dead. */
static bool wait_for_records(struct victim *victim)
{
	struct pollfd polled[] = { { .fd = ring_doorbell(victim->ring), .events = POLLIN }, { .fd = victim->alive } };

	if (!ring_may_sleep(victim->ring, RING_LANES))
		return false;
	while (poll(polled, 2, -1) < 0)
		assert_int_equal(errno, EINTR);
	ring_clear_doorbell(victim->ring);
	return polled[1].revents != 0;
}

static void bury(struct victim *victim, struct totals *totals)
{
	uint64_t sent;
	int status;

	assert_int_equal(waitpid(victim->pid, &status, 0), victim->pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	while (drain(victim, SIZE_MAX))
		;
	sent = atomic_load(&victim->shared->sent);
	/* It may have been killed between sending a record and counting it. */
	assert_true(victim->taken == sent || victim->taken == sent + 1);
	totals->records += victim->taken;
	totals->silent += victim->taken == 0;
	totals->unfinished += ring_drop_unfinished(victim->ring, LANE) > 0;
	assert_true(ring_may_sleep(victim->ring, RING_LANES));
	ring_clear_doorbell(victim->ring);
	close(victim->alive);
}

/* The consumer drains as fast as it can, or sleeps, until the producer's own timer ends it. */
static void let_it_die(struct victim *victim, uint64_t lifetime)
{
	start(victim, lifetime);
	do {
		drain(victim, SIZE_MAX);
	} while (!wait_for_records(victim));
}

/* The consumer takes some records, then leaves the lane alone so that it fills up, then kills. */
static void kill_it(struct victim *victim, uint64_t records, uint64_t pause)
{
	uint64_t end;

	start(victim, 0);
	while (victim->taken < records) {
		drain(victim, 1000);
		assert_false(wait_for_records(victim));
	}
	end = clock_now() + pause;
	while (clock_now() < end)
		;
	assert_int_equal(kill(victim->pid, SIGKILL), 0);
}

static void run(size_t lane_size, size_t longest, uint64_t kills)
{
	uint64_t random = 4711;
	struct totals totals = { 0 };
	struct victim victim = { .ring = ring_new(RING_LANES, lane_size, NULL), .longest = longest };

	victim.space = eventfd(0, EFD_CLOEXEC);
	victim.shared = mmap(NULL, sizeof(*victim.shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_non_null(victim.ring);
	assert_true(victim.space >= 0 && victim.shared != MAP_FAILED);
	for (uint64_t i = 0; i < kills; i++) {
		victim.incarnation++;
		if (i % 2)
			let_it_die(&victim, 1 + record_random(&random) % 300000);
		else
			kill_it(&victim, 1 + record_random(&random) % 64, record_random(&random) % 100000);
		bury(&victim, &totals);
	}
	print_message("%" PRIu64 " kills: %" PRIu64 " records, none torn, %" PRIu64 " left unfinished, %" PRIu64
		      " producers sent none\n",
		      kills, totals.records, totals.unfinished, totals.silent);
	assert_true(totals.records >= kills / 2);
	munmap(victim.shared, sizeof(*victim.shared));
	close(victim.space);
	ring_free(victim.ring);
}

static uint64_t wanted_kills(void)
{
	const char *text = getenv("XTOP_TEST_KILLS");

	return text ? strtoull(text, NULL, 10) : DEFAULT_KILLS;
}

static void killed_producer_leaves_no_torn_record(void **state)
{
	(void)state;
	run((size_t)sysconf(_SC_PAGESIZE) * 16, 20000, wanted_kills() / 2);
}

static void killed_producer_of_split_records_leaves_no_torn_record(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	(void)state;
	run(page, 3 * page, wanted_kills() - wanted_kills() / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_producer_leaves_no_torn_record),
		cmocka_unit_test(killed_producer_of_split_records_leaves_no_torn_record),
	};

	return cmocka_run_group_tests_name("ring_kill", tests, NULL, NULL);
}
