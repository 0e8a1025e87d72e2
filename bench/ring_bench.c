/* How fast one producer's small records go through the ring to a consumer in another process.
 *
 *     ring_bench [MILLIONS]
 *
 * prints `ring: N.N M events/s, lost 0`, the time being from the first record's push to the last
 * one's arrival.  The consumer sleeps and the producer waits for space as in a run.
 */
#include "base/clock.h"
#include "event/ring.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct record {
	uint64_t sequence;
	uint64_t began; /* of the whole stream */
	uint64_t filling[2];
};

struct tally {
	uint64_t next, began, wrong;
};

static void count_record(void *context, unsigned lane, uint32_t incarnation, const void *bytes, size_t length)
{
	struct tally *tally = context;
	const struct record *record = bytes;

	(void)lane;
	(void)incarnation;
	if (length != sizeof(*record) || record->sequence != tally->next)
		tally->wrong++;
	tally->began = record->began;
	tally->next++;
}

/* `space` is an eventfd here, where a run would send a command. */
static void wait_for(int space)
{
	uint64_t count;

	while (read(space, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}

static int produce(struct ring *ring, int space, uint64_t count)
{
	struct error error = ERROR_INIT;
	struct ring_producer *producer = ring_producer_new(ring, 0, 1, &error);
	struct record record = { .began = clock_now() };

	if (!producer) {
		fprintf(stderr, "ring_bench: %s\n", error.message);
		return 1;
	}
	for (record.sequence = 0; record.sequence < count; record.sequence++) {
		if (ring_push(producer, &record, sizeof(record)) == RING_SENT)
			continue;
		do {
			wait_for(space);
		} while (ring_flush(producer) == RING_FULL);
	}
	return 0;
}

/* Until all have come, or the producer has ended (`alive` is a pipe that it holds open). */
static uint64_t consume(struct ring *ring, int space, int alive, uint64_t count, struct tally *tally)
{
	struct pollfd polled[] = { { .fd = ring_doorbell(ring), .events = POLLIN }, { .fd = alive } };
	const uint64_t one = 1;
	bool ended = false;

	while (tally->next < count) {
		bool producer_waits;
		long taken = ring_drain(ring, 0, SIZE_MAX, count_record, tally, &producer_waits);

		if (taken < 0 || (taken == 0 && ended))
			break;
		if (producer_waits && write(space, &one, sizeof(one)) < 0)
			break;
		if (tally->next < count && !ended && ring_may_sleep(ring, 1)) {
			poll(polled, 2, -1);
			ended = polled[1].revents != 0;
			ring_clear_doorbell(ring);
		}
	}
	return clock_now();
}

int main(int argc, char **argv)
{
	uint64_t count = (argc > 1 ? strtoull(argv[1], NULL, 10) : 50) * 1000000;
	struct error error = ERROR_INIT;
	struct tally tally = { 0 };
	struct ring *ring = ring_new(RING_LANES, RING_LANE_SIZE, &error);
	int space = eventfd(0, EFD_CLOEXEC), alive[2], status;
	uint64_t end;
	pid_t child;

	if (!ring || space < 0 || count == 0) {
		fprintf(stderr, "ring_bench: %s\n", ring ? "expected a number of millions" : error.message);
		return 2;
	}
	if (pipe(alive) || (child = fork()) < 0) {
		perror("ring_bench");
		return 2;
	}
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(produce(ring, space, count));
	}
	close(alive[1]);
	end = consume(ring, space, alive[0], count, &tally);
	waitpid(child, &status, 0);
	printf("ring: %.1f M events/s, lost %" PRIu64 "\n",
	       (double)tally.next / clock_seconds(end - tally.began) / 1e6, count - tally.next + tally.wrong);
	ring_free(ring);
	close(space);
	close(alive[0]);
	return tally.wrong || tally.next != count || status;
}
