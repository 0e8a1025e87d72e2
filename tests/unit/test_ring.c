/* Both ends of the ring in one process, but for the tests at the end. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "event/ring.h"
#include "ring_records.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static struct ring *new_ring(unsigned lanes, size_t lane_size)
{
	struct error error = ERROR_INIT;
	struct ring *ring = ring_new(lanes, lane_size, &error);

	assert_string_equal(error.message, "");
	assert_non_null(ring);
	return ring;
}

static struct ring_producer *new_producer(struct ring *ring, unsigned lane, uint32_t incarnation)
{
	struct error error = ERROR_INIT;
	struct ring_producer *producer = ring_producer_new(ring, lane, incarnation, &error);

	assert_string_equal(error.message, "");
	assert_non_null(producer);
	return producer;
}

/* What is expected to come out of a lane: numbered records, see ring_records.h. */
struct expected {
	uint64_t next;
	uint32_t incarnation;
	size_t length;  /* of each; SIZE_MAX: as record_length says */
	size_t longest;
	unsigned lane;
	const unsigned char *last_bytes;
};

static size_t expected_length(const struct expected *expected, uint64_t number)
{
	return expected->length != SIZE_MAX ? expected->length
					    : record_length(expected->incarnation, number, expected->longest);
}

static void take_expected(void *context, unsigned lane, uint32_t incarnation, const void *bytes, size_t length)
{
	struct expected *expected = context;

	assert_int_equal(lane, expected->lane);
	assert_int_equal(incarnation, expected->incarnation);
	assert_int_equal(length, expected_length(expected, expected->next));
	assert_true(record_is(bytes, length, incarnation, expected->next));
	expected->last_bytes = bytes;
	expected->next++;
}

static long drain(struct ring *ring, struct expected *expected, bool *waits)
{
	bool ignored;

	return ring_drain(ring, expected->lane, SIZE_MAX, take_expected, expected, waits ? waits : &ignored);
}

static enum ring_status push(struct ring_producer *producer, const struct expected *expected, uint64_t number)
{
	size_t length = expected_length(expected, number);
	unsigned char *bytes = malloc(length ? length : 1); /* exact, for AddressSanitizer */
	enum ring_status status;

	assert_non_null(bytes);
	record_fill(bytes, length, expected->incarnation, number);
	status = ring_push(producer, length ? bytes : NULL, length);
	free(bytes);
	return status;
}

static bool readable(int fd)
{
	struct pollfd polled = { .fd = fd, .events = POLLIN };

	return poll(&polled, 1, 0) == 1;
}

/* --- records --- */

static void records_come_out_in_order(void **state)
{
	struct ring *ring = new_ring(4, page_size());
	struct expected expected = { .incarnation = 7, .length = 24, .lane = 2 };
	struct ring_producer *producer = new_producer(ring, 2, 7);

	(void)state;
	for (uint64_t round = 0; round < 1000; round++) { /* many times around the lane */
		for (uint64_t i = 0; i < 10; i++)
			assert_int_equal(push(producer, &expected, round * 10 + i), RING_SENT);
		assert_int_equal(drain(ring, &expected, NULL), 10);
	}
	assert_int_equal(drain(ring, &expected, NULL), 0);
	ring_producer_free(producer);
	ring_free(ring);
}

static void empty_record_is_a_record(void **state)
{
	struct ring *ring = new_ring(1, page_size());
	struct expected expected = { .incarnation = 1, .length = 0 };
	struct ring_producer *producer = new_producer(ring, 0, 1);

	(void)state;
	assert_int_equal(push(producer, &expected, 0), RING_SENT);
	assert_int_equal(push(producer, &expected, 1), RING_SENT);
	assert_int_equal(drain(ring, &expected, NULL), 2);
	ring_producer_free(producer);
	ring_free(ring);
}

static void small_records_are_handed_over_in_place(void **state)
{
	struct ring *ring = new_ring(1, page_size());
	struct expected expected = { .incarnation = 1, .length = 24 };
	struct ring_producer *producer = new_producer(ring, 0, 1);
	const unsigned char *first;

	(void)state;
	push(producer, &expected, 0);
	drain(ring, &expected, NULL);
	first = expected.last_bytes;
	push(producer, &expected, 1);
	drain(ring, &expected, NULL);
	assert_ptr_equal(expected.last_bytes, first + 32);
	ring_producer_free(producer);
	ring_free(ring);
}

/* The producer sends while the consumer drains, until the record is through. */
static void send_through(struct ring *ring, struct ring_producer *producer, struct expected *expected)
{
	enum ring_status status = push(producer, expected, expected->next);
	uint64_t wanted = expected->next + 1;

	while (expected->next < wanted) {
		bool waits;

		assert_true(drain(ring, expected, &waits) >= 0);
		assert_int_equal(waits, status == RING_FULL);
		status = ring_flush(producer);
	}
	assert_int_equal(status, RING_SENT);
	assert_false(ring_has_backlog(producer));
}

static void records_of_every_size_are_split_and_joined(void **state)
{
	struct ring *ring = new_ring(1, page_size());
	struct expected expected = { .incarnation = 3 };
	struct ring_producer *producer = new_producer(ring, 0, 3);

	(void)state;
	for (expected.length = 0; expected.length < 3 * page_size(); expected.length += 7)
		send_through(ring, producer, &expected);
	for (expected.length = page_size() - 40; expected.length < page_size() + 40; expected.length++)
		send_through(ring, producer, &expected);
	expected.length = 50 * page_size() + 5;
	send_through(ring, producer, &expected);
	ring_producer_free(producer);
	ring_free(ring);
}

static void lanes_do_not_touch_each_other(void **state)
{
	struct ring *ring = new_ring(RING_LANES, page_size());
	struct expected expected[RING_LANES];
	struct ring_producer *producers[RING_LANES];

	(void)state;
	for (unsigned i = 0; i < RING_LANES; i++) {
		expected[i] = (struct expected){ .incarnation = i + 1, .length = 1000, .lane = i };
		producers[i] = new_producer(ring, i, i + 1);
	}
	for (uint64_t number = 0; number < 3; number++)
		for (unsigned i = 0; i < RING_LANES; i++)
			assert_int_equal(push(producers[i], &expected[i], number), RING_SENT);
	for (unsigned i = 0; i < RING_LANES; i++) {
		assert_int_equal(drain(ring, &expected[i], NULL), 3);
		ring_producer_free(producers[i]);
	}
	ring_free(ring);
}

static unsigned count_mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[4096];
	unsigned count = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		count += strstr(line, "xtop-ring") != NULL;
	fclose(maps);
	return count;
}

static void only_used_lanes_are_mapped(void **state)
{
	struct ring *ring = new_ring(RING_LANES, RING_LANE_SIZE);
	struct expected expected = { .incarnation = 1, .length = 10, .lane = 200 };
	struct ring_producer *producer;
	unsigned before = count_mappings();

	(void)state;
	assert_true(before <= 1);
	for (unsigned i = 0; i < RING_LANES; i++) {
		expected.lane = i;
		assert_int_equal(drain(ring, &expected, NULL), 0);
	}
	assert_int_equal(count_mappings(), before);
	expected.lane = 200;
	producer = new_producer(ring, 200, 1);
	push(producer, &expected, 0);
	assert_int_equal(drain(ring, &expected, NULL), 1);
	assert_true(count_mappings() > before && count_mappings() <= before + 4);
	ring_producer_free(producer);
	ring_free(ring);
}

static void budget_ends_a_drain_early(void **state)
{
	struct ring *ring = new_ring(1, page_size());
	struct expected expected = { .incarnation = 1, .length = 56 }; /* 64 bytes each in the lane */
	struct ring_producer *producer = new_producer(ring, 0, 1);
	bool waits;

	(void)state;
	for (uint64_t i = 0; i < 10; i++)
		push(producer, &expected, i);
	assert_int_equal(ring_drain(ring, 0, 0, take_expected, &expected, &waits), 0);
	assert_int_equal(ring_drain(ring, 0, 1, take_expected, &expected, &waits), 1);
	assert_int_equal(ring_drain(ring, 0, 128, take_expected, &expected, &waits), 2);
	assert_false(ring_may_sleep(ring, 1));
	assert_int_equal(ring_drain(ring, 0, 129, take_expected, &expected, &waits), 3);
	assert_int_equal(drain(ring, &expected, NULL), 4);
	ring_producer_free(producer);
	ring_free(ring);
}

/* --- a full lane --- */

static void push_to_full_lane_waits(void **state)
{
	struct ring *ring = new_ring(1, page_size());
	struct expected expected = { .incarnation = 1, .length = 24 };
	struct ring_producer *producer = new_producer(ring, 0, 1);
	uint64_t pushed = 0;
	bool waits;

	(void)state;
	while (push(producer, &expected, pushed++) == RING_SENT)
		;
	assert_int_equal(pushed, page_size() / 32 + 1);
	assert_true(ring_has_backlog(producer));
	assert_int_equal(ring_flush(producer), RING_FULL);

	assert_int_equal(drain(ring, &expected, &waits), pushed - 1);
	assert_true(waits);
	assert_int_equal(ring_flush(producer), RING_SENT);
	assert_false(ring_has_backlog(producer));
	assert_int_equal(drain(ring, &expected, &waits), 1);
	assert_false(waits); /* told once */
	ring_producer_free(producer);
	ring_free(ring);
}

static void records_behind_a_full_lane_keep_their_order(void **state)
{
	struct ring *ring = new_ring(1, page_size());
	struct expected expected = { .incarnation = 9, .length = SIZE_MAX, .longest = 3 * page_size() };
	struct ring_producer *producer = new_producer(ring, 0, 9);
	const uint64_t count = 30000;

	(void)state;
	/* The consumer is slower at first, then nothing more is pushed. Tens of megabytes pile up. */
	for (uint64_t i = 0; i < count; i++) {
		push(producer, &expected, i);
		if (i % 16 == 0)
			assert_true(drain(ring, &expected, NULL) >= 0);
	}
	assert_true(ring_has_backlog(producer));
	while (expected.next < count) {
		assert_true(drain(ring, &expected, NULL) >= 0);
		ring_flush(producer);
	}
	assert_false(ring_has_backlog(producer));
	assert_int_equal(drain(ring, &expected, NULL), 0);
	ring_producer_free(producer);
	ring_free(ring);
}

static void backlog_that_never_empties_keeps_its_order(void **state)
{
	struct ring *ring = new_ring(1, page_size());
	struct expected expected = { .incarnation = 1, .length = 96 };
	struct ring_producer *producer = new_producer(ring, 0, 1);
	uint64_t pushed = 0;

	(void)state;
	while (push(producer, &expected, pushed++) == RING_SENT)
		;
	for (unsigned i = 0; i < 20; i++)
		push(producer, &expected, pushed++);
	for (unsigned i = 0; i < 20000; i++) { /* one in, one out */
		bool waits;

		assert_int_equal(ring_drain(ring, 0, 1, take_expected, &expected, &waits), 1);
		assert_int_equal(push(producer, &expected, pushed++), RING_FULL);
	}
	while (expected.next < pushed) {
		assert_true(drain(ring, &expected, NULL) > 0);
		ring_flush(producer);
	}
	ring_producer_free(producer);
	ring_free(ring);
}

static void empty_records_wait_in_the_backlog_too(void **state)
{
	struct ring *ring = new_ring(1, page_size());
	struct expected expected = { .incarnation = 1, .length = 0 };
	struct ring_producer *producer = new_producer(ring, 0, 1);
	const uint64_t count = page_size();

	(void)state;
	for (uint64_t i = 0; i < count; i++)
		push(producer, &expected, i);
	while (expected.next < count) {
		assert_true(drain(ring, &expected, NULL) >= 0);
		ring_flush(producer);
	}
	assert_false(ring_has_backlog(producer));
	ring_producer_free(producer);
	ring_free(ring);
}

/* --- the doorbell --- */

static void push_rings_only_for_a_sleeper(void **state)
{
	struct ring *ring = new_ring(2, page_size());
	struct expected expected = { .incarnation = 1, .length = 8, .lane = 1 };
	struct ring_producer *producer = new_producer(ring, 1, 1);
	int doorbell = ring_doorbell(ring);

	(void)state;
	push(producer, &expected, 0);
	assert_false(readable(doorbell));       /* nobody sleeps */
	assert_false(ring_may_sleep(ring, 2));  /* there is a record */
	push(producer, &expected, 1);
	assert_false(readable(doorbell));
	drain(ring, &expected, NULL);

	assert_true(ring_may_sleep(ring, 2));
	assert_false(readable(doorbell));
	push(producer, &expected, 2);
	assert_true(readable(doorbell));
	ring_clear_doorbell(ring);
	assert_false(readable(doorbell));
	push(producer, &expected, 3);
	assert_false(readable(doorbell)); /* rung once, the consumer is awake */
	assert_int_equal(drain(ring, &expected, NULL), 2);
	ring_producer_free(producer);
	ring_free(ring);
}

static void consumer_that_woke_by_itself_is_not_rung(void **state)
{
	struct ring *ring = new_ring(1, page_size());
	struct expected expected = { .incarnation = 1, .length = 8 };
	struct ring_producer *producer = new_producer(ring, 0, 1);

	(void)state;
	assert_true(ring_may_sleep(ring, 1));
	ring_clear_doorbell(ring); /* does not block either */
	push(producer, &expected, 0);
	assert_false(readable(ring_doorbell(ring)));
	ring_producer_free(producer);
	ring_free(ring);
}

static void backlog_rings_when_it_moves(void **state)
{
	struct ring *ring = new_ring(1, page_size());
	struct expected expected = { .incarnation = 1, .length = 2 * page_size() };
	struct ring_producer *producer = new_producer(ring, 0, 1);

	(void)state;
	assert_true(ring_may_sleep(ring, 1));
	assert_int_equal(push(producer, &expected, 0), RING_FULL);
	assert_true(readable(ring_doorbell(ring)));
	ring_clear_doorbell(ring);
	drain(ring, &expected, NULL);
	assert_true(ring_may_sleep(ring, 1));
	ring_flush(producer);
	assert_true(readable(ring_doorbell(ring)));
	ring_producer_free(producer);
	ring_free(ring);
}

/* --- producers that die --- */

static void unfinished_record_is_dropped_at_the_death(void **state)
{
	struct ring *ring = new_ring(1, page_size());
	struct expected expected = { .incarnation = 1, .length = 3 * page_size() };
	struct ring_producer *producer = new_producer(ring, 0, 1);

	(void)state;
	assert_int_equal(push(producer, &expected, 0), RING_FULL);
	ring_producer_free(producer); /* its backlog dies with it */
	assert_int_equal(drain(ring, &expected, NULL), 0);
	assert_int_equal(ring_drop_unfinished(ring, 0), page_size() - 8);
	assert_int_equal(ring_drop_unfinished(ring, 0), 0);

	expected = (struct expected){ .incarnation = 2, .length = 100 };
	producer = new_producer(ring, 0, 2);
	assert_int_equal(push(producer, &expected, 0), RING_SENT);
	assert_int_equal(drain(ring, &expected, NULL), 1);
	ring_producer_free(producer);
	ring_free(ring);
}

static void new_incarnation_replaces_an_unfinished_record(void **state)
{
	struct ring *ring = new_ring(1, page_size());
	struct expected expected = { .incarnation = 1, .length = 3 * page_size() };
	struct ring_producer *producer = new_producer(ring, 0, 1);

	(void)state;
	push(producer, &expected, 0);
	ring_producer_free(producer);
	drain(ring, &expected, NULL);

	expected = (struct expected){ .incarnation = 2, .length = 3 * page_size() };
	producer = new_producer(ring, 0, 2);
	send_through(ring, producer, &expected);
	assert_int_equal(expected.next, 1);
	assert_int_equal(ring_drop_unfinished(ring, 0), 0);
	ring_producer_free(producer);
	ring_free(ring);
}

static void whole_records_of_a_dead_producer_arrive(void **state)
{
	struct ring *ring = new_ring(1, page_size());
	struct expected expected = { .incarnation = 1, .length = 100 };
	struct ring_producer *producer = new_producer(ring, 0, 1);

	(void)state;
	for (uint64_t i = 0; i < 5; i++)
		push(producer, &expected, i);
	ring_producer_free(producer);
	producer = new_producer(ring, 0, 2); /* before the lane was drained */
	assert_int_equal(drain(ring, &expected, NULL), 5);
	ring_producer_free(producer);
	ring_free(ring);
}

/* --- damaged memory --- */

/* The shared memory as a producer's process could see it. The layout is the one that ring.c describes. */
struct scribble {
	unsigned char *bytes;
	size_t size, control_size, lane_size;
};

static struct scribble scribble_on(unsigned lanes, size_t lane_size)
{
	struct scribble scribble = { .lane_size = lane_size };
	DIR *fds = opendir("/proc/self/fd");
	struct dirent *entry;

	assert_non_null(fds);
	while ((entry = readdir(fds)) && !scribble.bytes) {
		char target[256];
		ssize_t length = readlinkat(dirfd(fds), entry->d_name, target, sizeof(target) - 1);
		struct stat status;

		target[length < 0 ? 0 : length] = '\0';
		if (!strstr(target, "memfd:xtop-ring") || fstat(atoi(entry->d_name), &status))
			continue;
		scribble.size = (size_t)status.st_size;
		scribble.bytes = mmap(NULL, scribble.size, PROT_READ | PROT_WRITE, MAP_SHARED, atoi(entry->d_name), 0);
	}
	closedir(fds);
	assert_true(scribble.bytes && scribble.bytes != MAP_FAILED);
	scribble.control_size = scribble.size - lanes * lane_size;
	return scribble;
}

static uint64_t *shared_head(const struct scribble *scribble, unsigned lane)
{
	return (uint64_t *)(void *)(scribble->bytes + 64 + lane * 192);
}

static uint64_t *shared_tail(const struct scribble *scribble, unsigned lane)
{
	return (uint64_t *)(void *)(scribble->bytes + 64 + lane * 192 + 64);
}

static uint64_t *lane_word(const struct scribble *scribble, unsigned lane, size_t offset)
{
	return (uint64_t *)(void *)(scribble->bytes + scribble->control_size + lane * scribble->lane_size + offset);
}

static uint64_t header(bool first, bool last, uint32_t incarnation, uint32_t length)
{
	return (uint64_t)incarnation << 32 | (uint64_t)last << 31 | (uint64_t)first << 30 | length;
}

static void touch(void *context, unsigned lane, uint32_t incarnation, const void *bytes, size_t length)
{
	const volatile unsigned char *at = bytes;
	unsigned sum = 0;

	(void)context;
	(void)lane;
	(void)incarnation;
	for (size_t i = 0; i < length; i++)
		sum += at[i];
	(void)sum;
}

static void damage_closes_the_lane(void **state)
{
	const size_t size = page_size();
	static const struct {
		const char *what;
		uint64_t head, first, second; /* the second header lies at 16 */
	} cases[] = {
		{ "head beyond the lane", 1 << 20, 0, 0 },
		{ "head before the tail", UINT64_MAX - 7, 0, 0 },
		{ "head not aligned", 12, 0, 0 },
		{ "length beyond head", 16, UINT64_C(1) << 31 | UINT64_C(1) << 30 | 9, 0 },
		{ "greatest length", 16, UINT32_MAX, 0 },
		{ "a continuation of nothing", 16, UINT64_C(1) << 31 | 8, 0 },
		{ "a beginning within a record", 32, UINT64_C(1) << 30 | 8, UINT64_C(1) << 30 | 8 },
		{ "a continuation by another", 32, UINT64_C(1) << 30 | 8, UINT64_C(5) << 32 | 8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ring *ring = new_ring(2, size);
		struct scribble scribble = scribble_on(2, size);
		struct expected healthy = { .incarnation = 1, .length = 50, .lane = 0 };
		struct expected next = { .incarnation = 6, .length = 50, .lane = 1 };
		struct ring_producer *producer = new_producer(ring, 0, 1);
		bool waits;

		print_message("%s\n", cases[i].what);
		*lane_word(&scribble, 1, 0) = cases[i].first;
		*lane_word(&scribble, 1, 16) = cases[i].second;
		*shared_head(&scribble, 1) = cases[i].head;
		push(producer, &healthy, 0);
		assert_int_equal(ring_drain(ring, 1, SIZE_MAX, touch, NULL, &waits), -1);
		assert_int_equal(ring_drain(ring, 1, SIZE_MAX, touch, NULL, &waits), 0);
		assert_int_equal(drain(ring, &healthy, NULL), 1);
		assert_true(ring_may_sleep(ring, 2)); /* a closed lane keeps nobody awake */

		ring_drop_unfinished(ring, 1);
		ring_producer_free(producer);
		producer = new_producer(ring, 1, 6);
		assert_int_equal(push(producer, &next, 0), RING_SENT);
		assert_int_equal(drain(ring, &next, NULL), 1);
		ring_producer_free(producer);
		munmap(scribble.bytes, scribble.size);
		ring_free(ring);
	}
}

static void fragments_written_by_hand_are_read(void **state)
{
	struct ring *ring = new_ring(1, page_size());
	struct scribble scribble = scribble_on(1, page_size());
	bool waits;

	(void)state;
	*lane_word(&scribble, 0, 0) = header(true, false, 3, 8);
	*lane_word(&scribble, 0, 16) = header(false, false, 3, 0);
	*lane_word(&scribble, 0, 24) = header(false, true, 3, 1);
	*shared_head(&scribble, 0) = 40;
	assert_int_equal(ring_drain(ring, 0, SIZE_MAX, touch, NULL, &waits), 1);
	assert_int_equal(*shared_tail(&scribble, 0), 40);
	munmap(scribble.bytes, scribble.size);
	ring_free(ring);
}

static void random_scribbling_never_leads_out_of_the_lane(void **state)
{
	const size_t size = page_size();
	uint64_t seed = 12345;

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		struct ring *ring = new_ring(1, size);
		struct scribble scribble = scribble_on(1, size);
		struct expected expected = { .incarnation = 1, .length = 20 };
		struct ring_producer *producer = new_producer(ring, 0, 1);
		bool waits;

		for (unsigned i = 0; i < 50; i++) {
			push(producer, &expected, i);
			for (unsigned n = 0; n < 20; n++)
				scribble.bytes[record_random(&seed) % scribble.size] = (unsigned char)record_random(&seed);
			*lane_word(&scribble, 0, record_random(&seed) % size / 8 * 8) =
				header(record_random(&seed) % 2, record_random(&seed) % 2, 1, record_random(&seed) % 512);
			if (record_random(&seed) % 16 == 0)
				*shared_head(&scribble, 0) += record_random(&seed) % size / 8 * 8;
			if (record_random(&seed) % 16 == 0)
				*shared_tail(&scribble, 0) = record_random(&seed);
			if (ring_drain(ring, 0, SIZE_MAX, touch, NULL, &waits) < 0)
				ring_drop_unfinished(ring, 0);
		}
		ring_producer_free(producer);
		munmap(scribble.bytes, scribble.size);
		ring_free(ring);
	}
}

static void damaged_tail_gives_the_producer_no_room(void **state)
{
	struct ring *ring = new_ring(1, page_size());
	struct scribble scribble = scribble_on(1, page_size());
	struct expected expected = { .incarnation = 1, .length = 20 * page_size() };
	struct ring_producer *producer = new_producer(ring, 0, 1);

	(void)state;
	*shared_tail(&scribble, 0) = 1 << 20; /* the consumer has read more than there was */
	assert_int_equal(push(producer, &expected, 0), RING_FULL);
	assert_int_equal(*shared_head(&scribble, 0), page_size()); /* what it knew to be free */
	*shared_tail(&scribble, 0) = UINT64_MAX;
	assert_int_equal(ring_flush(producer), RING_FULL);
	assert_int_equal(*shared_head(&scribble, 0), page_size());
	ring_producer_free(producer);
	munmap(scribble.bytes, scribble.size);
	ring_free(ring);
}

static void producer_refuses_a_damaged_lane(void **state)
{
	struct ring *ring = new_ring(1, page_size());
	struct scribble scribble = scribble_on(1, page_size());
	struct error error = ERROR_INIT;

	(void)state;
	*shared_head(&scribble, 0) = 4;
	assert_null(ring_producer_new(ring, 0, 1, &error));
	assert_non_null(strstr(error.message, "lane 0"));
	munmap(scribble.bytes, scribble.size);
	ring_free(ring);
}

static void bad_sizes_are_refused(void **state)
{
	static const unsigned lanes[] = { 0, RING_LANES + 1 };
	const size_t sizes[] = { 0, page_size() / 2, page_size() + 1, 3 * page_size(), (size_t)1 << 30 };
	struct ring *ring = new_ring(3, page_size());
	struct error error = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(lanes) / sizeof(lanes[0]); i++) {
		error.message[0] = '\0';
		assert_null(ring_new(lanes[i], page_size(), &error));
		assert_string_not_equal(error.message, "");
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		error.message[0] = '\0';
		assert_null(ring_new(1, sizes[i], &error));
		assert_string_not_equal(error.message, "");
	}
	assert_null(ring_producer_new(ring, 3, 1, &error));
	assert_non_null(strstr(error.message, "no lane 3"));
	ring_free(ring);
}

/* --- a producer in a process of its own, which listens to commands while its lane is full --- */

enum { COUNT_OF_FULL_TEST = 5000, EXIT_TOLD_TO_QUIT = 7 };

static void say(int socket, char word)
{
	if (write(socket, &word, 1) != 1)
		_exit(2);
}

static char hear(int socket)
{
	char word = 0;

	while (read(socket, &word, 1) < 0 && errno == EINTR)
		;
	return word;
}

/* Answers p(ing), goes on at s(pace). False: q(uit), or the test has ended. */
static bool obey_until_space(int socket)
{
	for (;;) {
		switch (hear(socket)) {
		case 'p':
			say(socket, 'p');
			break;
		case 's':
			return true;
		default:
			return false;
		}
	}
}

/* The child's exit status. */
static int produce_and_obey(struct ring_producer *producer, int socket, const struct expected *expected)
{
	static unsigned char bytes[1 << 18];

	for (uint64_t i = 0; i < COUNT_OF_FULL_TEST; i++) {
		size_t length = expected_length(expected, i);

		record_fill(bytes, length, expected->incarnation, i);
		if (ring_push(producer, bytes, length) == RING_SENT)
			continue;
		do {
			say(socket, 'f');
			if (!obey_until_space(socket))
				return EXIT_TOLD_TO_QUIT;
		} while (ring_flush(producer) == RING_FULL);
	}
	say(socket, 'd');
	return 0;
}

static pid_t start_producer(struct ring *ring, int *socket, const struct expected *expected)
{
	int sockets[2];
	pid_t child;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct ring_producer *producer = ring_producer_new(ring, 0, expected->incarnation, NULL);
		int status;

		close(sockets[0]);
		status = producer ? produce_and_obey(producer, sockets[1], expected) : 1;
		ring_producer_free(producer); /* valgrind looks at children too */
		ring_free(ring);
		_exit(status);
	}
	close(sockets[1]);
	*socket = sockets[0];
	return child;
}

static void held_up_producer_obeys_and_loses_nothing(void **state)
{
	struct ring *ring = new_ring(RING_LANES, page_size());
	struct expected expected = { .incarnation = 4, .length = SIZE_MAX, .longest = 2 * page_size() };
	int socket, status;
	pid_t child = start_producer(ring, &socket, &expected);
	unsigned times_full = 0;
	char word;

	(void)state;
	while ((word = hear(socket)) == 'f') {
		bool waits;

		times_full++;
		if (times_full % 64 == 1) { /* it listens, with a full lane, before anything is drained */
			say(socket, 'p');
			assert_int_equal(hear(socket), 'p');
		}
		assert_true(drain(ring, &expected, &waits) >= 0);
		assert_true(waits);
		say(socket, 's');
	}
	assert_int_equal(word, 'd');
	assert_true(drain(ring, &expected, NULL) >= 0);
	assert_int_equal(expected.next, COUNT_OF_FULL_TEST);
	assert_true(times_full > 100);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(socket);
	ring_free(ring);
}

static void held_up_producer_can_be_ended(void **state)
{
	struct ring *ring = new_ring(1, page_size());
	struct expected expected = { .incarnation = 4, .length = 3 * page_size() };
	int socket, status;
	pid_t child = start_producer(ring, &socket, &expected);

	(void)state;
	assert_int_equal(hear(socket), 'f');
	say(socket, 'q');
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_TOLD_TO_QUIT);
	assert_int_equal(drain(ring, &expected, NULL), 0);
	assert_true(ring_drop_unfinished(ring, 0) > 0);
	close(socket);
	ring_free(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_out_in_order),
		cmocka_unit_test(empty_record_is_a_record),
		cmocka_unit_test(small_records_are_handed_over_in_place),
		cmocka_unit_test(records_of_every_size_are_split_and_joined),
		cmocka_unit_test(lanes_do_not_touch_each_other),
		cmocka_unit_test(only_used_lanes_are_mapped),
		cmocka_unit_test(budget_ends_a_drain_early),
		cmocka_unit_test(push_to_full_lane_waits),
		cmocka_unit_test(records_behind_a_full_lane_keep_their_order),
		cmocka_unit_test(backlog_that_never_empties_keeps_its_order),
		cmocka_unit_test(empty_records_wait_in_the_backlog_too),
		cmocka_unit_test(push_rings_only_for_a_sleeper),
		cmocka_unit_test(consumer_that_woke_by_itself_is_not_rung),
		cmocka_unit_test(backlog_rings_when_it_moves),
		cmocka_unit_test(unfinished_record_is_dropped_at_the_death),
		cmocka_unit_test(new_incarnation_replaces_an_unfinished_record),
		cmocka_unit_test(whole_records_of_a_dead_producer_arrive),
		cmocka_unit_test(damage_closes_the_lane),
		cmocka_unit_test(fragments_written_by_hand_are_read),
		cmocka_unit_test(random_scribbling_never_leads_out_of_the_lane),
		cmocka_unit_test(damaged_tail_gives_the_producer_no_room),
		cmocka_unit_test(producer_refuses_a_damaged_lane),
		cmocka_unit_test(bad_sizes_are_refused),
		cmocka_unit_test(held_up_producer_obeys_and_loses_nothing),
		cmocka_unit_test(held_up_producer_can_be_ended),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
