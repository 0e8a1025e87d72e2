/* No wake-up is lost: a consumer that sleeps on the doorbell gets every record, a producer that waits
 * for space is always told.  XTOP_TEST_WAKEUPS is how often the consumer is to be woken.
 *
 * Nothing here measures time: a sleeper looks round after WATCHDOG, and only when what it sleeps for
 * is there already has a wake-up been lost. */
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
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEFAULT_WAKEUPS = 1000000, WATCHDOG = 20 * 1000 /* ms */, EXIT_FORGOTTEN = 9 };

struct shared {
	_Alignas(64) _Atomic uint64_t taken; /* the consumer has handed over this many records */
	_Alignas(64) _Atomic bool stop;
	_Alignas(64) _Atomic uint64_t told; /* stands for the command "there is space" */
	_Alignas(64) _Atomic uint64_t waits;
};

struct bench {
	struct ring *ring;
	struct shared *shared;
	int alive; /* a pipe that ends with the producer */
	pid_t pid;
	uint64_t next, waits;
	size_t length;
};

static uint64_t wanted_wakeups(void)
{
	const char *text = getenv("XTOP_TEST_WAKEUPS");

	return text ? strtoull(text, NULL, 10) : DEFAULT_WAKEUPS;
}

/* A producer's function returns its exit status. */
static void start(struct bench *bench, size_t length, int (*produce)(struct bench *, struct ring_producer *))
{
	int ends[2];

	*bench = (struct bench){
		.ring = ring_new(RING_LANES, (size_t)sysconf(_SC_PAGESIZE), NULL),
		.shared = mmap(NULL, sizeof(*bench->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0),
		.length = length,
	};
	assert_true(bench->ring && bench->shared != MAP_FAILED);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	bench->alive = ends[0];
	bench->pid = fork();
	assert_true(bench->pid >= 0);
	if (bench->pid == 0) {
		struct ring_producer *producer = ring_producer_new(bench->ring, 0, 1, NULL);

		int status;

		prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing is left of a test that fails */
		status = producer ? produce(bench, producer) : 1;
		ring_producer_free(producer); /* valgrind looks at children too */
		ring_free(bench->ring);
		_exit(status);
	}
	close(ends[1]);
}

static void finish(struct bench *bench, int expected_status)
{
	int status;

	assert_int_equal(waitpid(bench->pid, &status, 0), bench->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), expected_status);
	close(bench->alive);
	bench->waits = atomic_load(&bench->shared->waits);
	munmap(bench->shared, sizeof(*bench->shared));
	ring_free(bench->ring);
}

static void take(void *context, unsigned lane, uint32_t incarnation, const void *bytes, size_t length)
{
	struct bench *bench = context;

	(void)lane;
	(void)incarnation;
	assert_int_equal(length, bench->length);
	assert_memory_equal(bytes, &bench->next, sizeof(bench->next));
	bench->next++;
}

/* Sleeps as the controller does. True when it was woken by the doorbell, false when the producer has ended. */
static bool sleep_until_rung(struct bench *bench, uint64_t *sleeps)
{
	struct pollfd polled[] = { { .fd = ring_doorbell(bench->ring), .events = POLLIN }, { .fd = bench->alive } };

	if (!ring_may_sleep(bench->ring, 1))
		return true;
	++*sleeps;
	for (;;) {
		int ready = poll(polled, 2, WATCHDOG);

		if (ready > 0)
			break;
		assert_true(ready == 0 || errno == EINTR);
		if (ready == 0 && !ring_may_sleep(bench->ring, 1))
			fail_msg("wake-up %" PRIu64 " was lost: a record lies in the lane", *sleeps);
	}
	ring_clear_doorbell(bench->ring);
	return polled[1].revents == 0;
}

/* Both sides do this between two steps, so that they meet at any distance. */
static void dawdle(uint64_t *random)
{
	for (uint64_t pause = record_random(random) % 1024; pause; pause--)
		atomic_signal_fence(memory_order_seq_cst);
}

/* --- the doorbell: one record at a time, just when the consumer is about to fall asleep --- */

static int produce_singly(struct bench *bench, struct ring_producer *producer)
{
	unsigned char bytes[64] = { 0 };
	uint64_t random = 99;

	for (uint64_t number = 0; !atomic_load(&bench->shared->stop); number++) {
		memcpy(bytes, &number, sizeof(number));
		if (ring_push(producer, bytes, bench->length) != RING_SENT)
			return 2;
		for (unsigned spins = 1; atomic_load(&bench->shared->taken) <= number; spins++) {
			if (atomic_load(&bench->shared->stop))
				return 0;
			if (spins % 4096 == 0)
				sched_yield(); /* there may be one processor only */
		}
		dawdle(&random);
	}
	return 0;
}

static void sleeping_consumer_is_always_woken(void **state)
{
	const uint64_t wanted = wanted_wakeups();
	uint64_t sleeps = 0, random = 12;
	struct bench bench;

	(void)state;
	start(&bench, 32, produce_singly);
	while (sleeps < wanted) {
		bool waits;

		assert_true(ring_drain(bench.ring, 0, SIZE_MAX, take, &bench, &waits) >= 0);
		atomic_store_explicit(&bench.shared->taken, bench.next, memory_order_relaxed);
		dawdle(&random);
		if (!sleep_until_rung(&bench, &sleeps))
			fail_msg("the producer ended");
	}
	atomic_store(&bench.shared->stop, true);
	print_message("%" PRIu64 " wake-ups, none lost (%" PRIu64 " records)\n", sleeps, bench.next);
	finish(&bench, 0);
}

/* --- space: the producer waits whenever its lane is full --- */

/* It spins, so that the two meet more often than if one had to be scheduled first. */
static bool wait_until_told(struct bench *bench, uint64_t before)
{
	uint64_t end = 0;

	for (unsigned spins = 1; atomic_load(&bench->shared->told) == before; spins++) {
		if (spins % 4096)
			continue;
		sched_yield();
		if (!end)
			end = clock_now() + WATCHDOG * CLOCK_MS;
		else if (clock_now() > end)
			return false;
	}
	return true;
}

static int produce_until_full(struct bench *bench, struct ring_producer *producer)
{
	const uint64_t wanted = wanted_wakeups();
	static unsigned char bytes[1 << 16];
	uint64_t waits = 0, random = 56;

	for (uint64_t number = 0; waits < wanted; number++) {
		uint64_t before = atomic_load(&bench->shared->told);
		enum ring_status status;

		dawdle(&random);
		memcpy(bytes, &number, sizeof(number));
		status = ring_push(producer, bytes, bench->length);
		while (status == RING_FULL) {
			bool told = wait_until_told(bench, before);

			waits++;
			before = atomic_load(&bench->shared->told);
			status = ring_flush(producer);
			if (!told && status == RING_SENT)
				return EXIT_FORGOTTEN;
		}
	}
	atomic_store(&bench->shared->waits, waits);
	return 0;
}

static void waiting_producer_is_always_told(void **state)
{
	uint64_t sleeps = 0, random = 34;
	bool running = true;
	struct bench bench;

	(void)state;
	/* A record fills the lane: to give it back and to wait for it is one race, without a second chance. */
	start(&bench, (size_t)sysconf(_SC_PAGESIZE) - 8, produce_until_full);
	while (running || !ring_may_sleep(bench.ring, 1)) {
		bool waits;

		assert_true(ring_drain(bench.ring, 0, SIZE_MAX, take, &bench, &waits) >= 0);
		if (waits)
			atomic_fetch_add(&bench.shared->told, 1);
		dawdle(&random);
		running = running && sleep_until_rung(&bench, &sleeps);
	}
	finish(&bench, 0);
	print_message("told of space %" PRIu64 " times, never forgotten (%" PRIu64 " records)\n", bench.waits,
		      bench.next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sleeping_consumer_is_always_woken),
		cmocka_unit_test(waiting_producer_is_always_told),
	};

	return cmocka_run_group_tests_name("ring_wakeups", tests, NULL, NULL);
}
