/* The protocol of the ring.
 *
 * The memory.  One memfd: a control area, then the lanes, lane_size bytes each.  The
 * file is sparse; a page costs memory once it is written to.  The control area is
 * mapped when the ring is made, a lane on its first use by either end, so a run with
 * four workers has four lanes mapped, whatever the ring could hold.  The producer of a
 * lane may be any process that was forked after ring_new: it maps the lane by itself.
 * A lane is mapped twice in a row, so what goes over its end is still one piece of
 * memory, and nothing is ever padded or wrapped.
 *
 * A lane.  `head` counts the bytes that the producer has published, `tail` those that
 * the consumer has given back; both only grow, and are multiples of 8.  Byte n of the
 * lane's stream lies at n modulo lane_size; head - tail bytes are in use.  Each is
 * written by one side, which keeps its own copy and never reads it back.  (The one
 * exception: a new producer goes on at the head that the dead one left.)
 *
 * Fragments.  The stream is a sequence of fragments: a header of 8 bytes, the payload,
 * and up to 7 bytes that nobody looks at, so that the next header is aligned.  The
 * header is one 64-bit word: 30 bits of length, the marks FIRST and LAST, and the
 * producer's incarnation in the upper half.  A record is one fragment with both marks,
 * or, where the lane had no room for all of it, several in a row.  The consumer hands
 * over a record of one fragment as it lies in the lane, and joins others in memory of
 * its own.
 *
 * Publishing.  The producer writes header and payload, then stores head (release); the
 * consumer loads head (acquire), then reads.  So a fragment is there as a whole or not
 * at all, at whichever instruction the producer is killed.  What was written beyond
 * head is overwritten by the next incarnation.  What the dead one leaves in the lane is
 * whole records, perhaps followed by the beginning of one, which the consumer drops
 * when it hears of the death (ring_drop_unfinished), or, at the latest, when a fragment
 * marked FIRST comes from another incarnation.  Giving back is the same the other way:
 * the consumer stores tail (release) after its last look at the bytes, the producer
 * loads it (acquire) before it overwrites them.
 *
 * The doorbell.  An idle consumer sleeps in poll(2); a busy one must not cost the
 * producers a system call for each record.  `sleeping` is shared by all lanes.
 *
 *     producer                              consumer
 *       store head (release)                  sleeping = 1
 *       fence (seq_cst)                       fence (seq_cst)
 *       if exchange(sleeping, 0):             look at the head of every lane again:
 *           write the eventfd                     something new: stay awake
 *                                                 nothing: sleep until the eventfd is readable
 *
 * Without the fences each side could read the other's variable before its own store
 * has left the processor: the producer sees nobody asleep, the consumer sees no record,
 * and nobody ever rings.  Of the two fences one comes first; the side whose fence comes
 * second sees what the other stored.  When a producer is killed between the exchange
 * and the write, nobody else rings in its place, since `sleeping` is 0 by then; but its
 * death wakes the consumer, who has to drain that lane anyway and then asks
 * ring_may_sleep again, which looks at all lanes.  So the owner must watch its
 * producers' deaths together with the doorbell.
 *
 * A full lane.  The same protocol, mirrored, with a `waiting` for each lane:
 *
 *     producer                              consumer
 *       waiting = 1                           store tail (release)
 *       fence (seq_cst)                       fence (seq_cst)
 *       look at tail again:                   if exchange(waiting, 0):
 *           enough: waiting = 0, go on            *producer_waits = true
 *           not yet: RING_FULL
 *
 * The consumer's owner then tells the producer by its own means (a command), and the
 * producer calls ring_flush.  "Enough" is room for the whole rest of the record, or an
 * eighth of the lane: less is not worth a fragment.  An empty lane is always enough, and
 * the consumer does not sleep before the lane is empty, so a waiting producer is told.
 * Being told without need does no harm.
 *
 * Trust.  The producer's process may go wrong in any way and scribble over the mapping.
 * So the consumer keeps its tail for itself, reads each shared word once, and believes
 * neither head nor a header before it has checked that what they say lies within the
 * lane and fits what came before.  If not, it closes the lane; the others go on.
 *
 * tests/model/ring.pml has the doorbell and the full lane as a Promela model, with
 * stores that are delayed as processors delay them.
 */
#include "event/ring.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#define CACHE_LINE 64

/* Never share a cache line between two writers. */
struct lane_control {
	_Alignas(CACHE_LINE) _Atomic uint64_t head;
	_Alignas(CACHE_LINE) _Atomic uint64_t tail;
	_Alignas(CACHE_LINE) _Atomic uint32_t waiting;
};

struct control {
	_Alignas(CACHE_LINE) _Atomic uint32_t sleeping;
	struct lane_control lanes[];
};

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2,
	       "a lock would live in one process, the ring is shared by several");

#define HEADER_SIZE sizeof(uint64_t)
#define LENGTH_MASK UINT32_C(0x3fffffff)
#define MARK_FIRST UINT32_C(0x40000000)
#define MARK_LAST UINT32_C(0x80000000)
#define LANE_SIZE_MAX ((size_t)1 << 29)

/* What the consumer knows of a lane. */
struct lane {
	const unsigned char *bytes; /* mapped twice; NULL until the first record comes */
	uint64_t tail;              /* the real one; control->tail may lag behind during a drain */
	bool closed;
	bool unfinished;      /* joined holds the beginning of a record … */
	uint32_t incarnation; /* … of this producer */
	unsigned char *joined;
	size_t joined_length, joined_capacity;
};

struct ring {
	int memory_fd, doorbell;
	unsigned lane_count;
	size_t lane_size;
	size_t control_size; /* bytes mapped; the first lane begins there */
	struct control *control;
	struct lane *lanes;
};

/* Records that found no room, in the order in which they were pushed. Each is its length (a size_t)
 * and its bytes. The front is cut off by moving `start`; the memory is moved only when it has to grow
 * and at least half of it is free, so n records cost O(n). */
struct backlog {
	unsigned char *bytes;
	size_t start, end, capacity;
	size_t sent; /* bytes of the first record that are in the lane */
	bool begun;  /* its first fragment is */
};

struct ring_producer {
	struct control *control;
	struct lane_control *lane;
	unsigned char *bytes;
	size_t lane_size;
	uint64_t head;
	uint64_t tail; /* as last seen: there may be more room than it says */
	uint32_t incarnation;
	int doorbell;
	struct backlog backlog;
};

static size_t fragment_size(size_t length)
{
	return HEADER_SIZE + ((length + 7) & ~(size_t)7);
}

/* Room below this is not worth a fragment, and space is given back in pieces of this size. */
static size_t portion(size_t lane_size)
{
	return lane_size / 8;
}

/* Both halves are the same pages of the file. NULL with errno on failure. */
static void *lane_map(const struct ring *ring, unsigned lane, int protection)
{
	size_t size = ring->lane_size;
	off_t offset = (off_t)(ring->control_size + lane * size);
	unsigned char *bytes = mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (bytes == MAP_FAILED)
		return NULL;
	for (size_t half = 0; half < 2; half++) {
		if (mmap(bytes + half * size, size, protection, MAP_SHARED | MAP_FIXED, ring->memory_fd, offset) ==
		    MAP_FAILED) {
			int saved = errno;
			munmap(bytes, 2 * size);
			errno = saved;
			return NULL;
		}
	}
	return bytes;
}

struct ring *ring_new(unsigned lanes, size_t lane_size, struct error *error)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct ring *ring;

	if (lanes == 0 || lanes > RING_LANES) {
		error_set(error, "the ring has 1 to %d lanes, not %u", RING_LANES, lanes);
		return NULL;
	}
	if (lane_size < page || lane_size > LANE_SIZE_MAX || (lane_size & (lane_size - 1))) {
		error_set(error, "a lane of the ring is a power of two from %zu to %zu bytes, not %zu", page,
			  LANE_SIZE_MAX, lane_size);
		return NULL;
	}

	ring = ALLOC_NEW(struct ring);
	ring->lane_count = lanes;
	ring->lane_size = lane_size;
	ring->control_size = (sizeof(struct control) + lanes * sizeof(struct lane_control) + page - 1) & ~(page - 1);
	ring->memory_fd = memfd_create("xtop-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (ring->memory_fd < 0) {
		error_set_errno(error, errno, "cannot create shared memory for the workers");
		goto fail_memory;
	}
	if (ftruncate(ring->memory_fd, (off_t)(ring->control_size + lanes * lane_size))) {
		error_set_errno(error, errno, "cannot reserve %zu bytes of shared memory for the workers%s",
				ring->control_size + lanes * lane_size,
				errno == EFBIG ? " (is there a limit on file sizes? see ulimit -f)" : "");
		goto fail_size;
	}
	/* A file that somebody made shorter would be a SIGBUS here. A kernel that can't seal loses only that. */
	fcntl(ring->memory_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	ring->control = mmap(NULL, ring->control_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->memory_fd, 0);
	if (ring->control == MAP_FAILED) {
		error_set_errno(error, errno, "cannot map the workers' shared memory");
		goto fail_size;
	}
	ring->doorbell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (ring->doorbell < 0) {
		error_set_errno(error, errno, "cannot create an eventfd for the workers");
		goto fail_doorbell;
	}
	ring->lanes = alloc_zeroed(lanes, sizeof(*ring->lanes));
	return ring;

fail_doorbell:
	munmap(ring->control, ring->control_size);
fail_size:
	close(ring->memory_fd);
fail_memory:
	free(ring);
	return NULL;
}

void ring_free(struct ring *ring)
{
	if (!ring)
		return;
	for (unsigned i = 0; i < ring->lane_count; i++) {
		if (ring->lanes[i].bytes)
			munmap((void *)(uintptr_t)ring->lanes[i].bytes, 2 * ring->lane_size);
		free(ring->lanes[i].joined);
	}
	free(ring->lanes);
	munmap(ring->control, ring->control_size);
	close(ring->doorbell);
	close(ring->memory_fd);
	free(ring);
}

int ring_doorbell(const struct ring *ring)
{
	return ring->doorbell;
}

void ring_clear_doorbell(struct ring *ring)
{
	uint64_t count;

	atomic_store_explicit(&ring->control->sleeping, 0, memory_order_relaxed);
	while (read(ring->doorbell, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}

bool ring_may_sleep(struct ring *ring, unsigned lanes_used)
{
	struct control *control = ring->control;

	if (lanes_used > ring->lane_count)
		lanes_used = ring->lane_count;
	atomic_store_explicit(&control->sleeping, 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
	for (unsigned i = 0; i < lanes_used; i++) {
		const struct lane *lane = &ring->lanes[i];

		if (!lane->closed &&
		    atomic_load_explicit(&control->lanes[i].head, memory_order_relaxed) != lane->tail) {
			atomic_store_explicit(&control->sleeping, 0, memory_order_relaxed);
			return false;
		}
	}
	return true;
}

/* Appends a fragment to the record that is being joined. */
static void lane_join(struct lane *lane, const unsigned char *bytes, size_t length)
{
	size_t wanted = lane->joined_length + length;

	if (wanted > lane->joined_capacity || !lane->joined) {
		size_t capacity = lane->joined_capacity ? lane->joined_capacity : 4096;

		while (capacity < wanted)
			capacity *= 2;
		lane->joined = alloc_resized(lane->joined, capacity, 1);
		lane->joined_capacity = capacity;
	}
	memcpy(lane->joined + lane->joined_length, bytes, length);
	lane->joined_length = wanted;
}

/* Forgets the joined record. Long records are rare: their memory is not kept for the next one. */
static void lane_end_joining(struct lane *lane, size_t keep)
{
	lane->unfinished = false;
	lane->joined_length = 0;
	if (lane->joined_capacity > keep) {
		free(lane->joined);
		lane->joined = NULL;
		lane->joined_capacity = 0;
	}
}

/* Reads fragments up to `head`, at least `budget` bytes of them where there are so many. -1: damaged. */
static long lane_read(struct ring *ring, unsigned number, uint64_t head, size_t budget, ring_take *take,
		      void *context)
{
	struct lane *lane = &ring->lanes[number];
	struct lane_control *shared = &ring->control->lanes[number];
	const size_t mask = ring->lane_size - 1, batch = portion(ring->lane_size);
	const unsigned char *const lane_bytes = lane->bytes;
	const uint64_t start = lane->tail;
	uint64_t tail = start, published = start;
	long taken = 0;

	while (tail != head && tail - start < budget) {
		const unsigned char *position = lane_bytes + (tail & mask);
		/* One load: the length that is checked is the length that is used. */
		uint64_t header = atomic_load_explicit((const _Atomic uint64_t *)(const void *)position,
						       memory_order_relaxed);
		uint32_t incarnation = (uint32_t)(header >> 32), marks = (uint32_t)header;
		size_t length = marks & LENGTH_MASK, size = fragment_size(length);
		const unsigned char *payload = position + HEADER_SIZE;

		if (size > head - tail)
			return -1;
		if (marks & MARK_FIRST) {
			if (lane->unfinished) {
				if (lane->incarnation == incarnation)
					return -1;
				lane_end_joining(lane, ring->lane_size);
			}
		} else if (!lane->unfinished || lane->incarnation != incarnation) {
			return -1;
		}

		if ((marks & MARK_FIRST) && (marks & MARK_LAST)) {
			take(context, number, incarnation, payload, length);
			taken++;
		} else {
			lane_join(lane, payload, length);
			lane->unfinished = true;
			lane->incarnation = incarnation;
			if (marks & MARK_LAST) {
				take(context, number, incarnation, lane->joined, lane->joined_length);
				taken++;
				lane_end_joining(lane, ring->lane_size);
			}
		}
		tail += size;
		lane->tail = tail;
		/* Not at each fragment: the producer's cache would miss at each of its own. */
		if (tail - published >= batch) {
			atomic_store_explicit(&shared->tail, tail, memory_order_release);
			published = tail;
		}
	}
	atomic_store_explicit(&shared->tail, tail, memory_order_release);
	return taken;
}

long ring_drain(struct ring *ring, unsigned lane_number, size_t budget, ring_take *take, void *context,
		bool *producer_waits)
{
	struct lane *lane = &ring->lanes[lane_number];
	struct lane_control *shared = &ring->control->lanes[lane_number];
	uint64_t head, used;
	long taken;

	*producer_waits = false;
	if (lane->closed || budget == 0)
		return 0;
	head = atomic_load_explicit(&shared->head, memory_order_acquire);
	used = head - lane->tail;
	if (used == 0)
		return 0;
	if (used > ring->lane_size) {
		lane->closed = true;
		return -1;
	}
	if (!lane->bytes) {
		lane->bytes = lane_map(ring, lane_number, PROT_READ);
		if (!lane->bytes) {
			/* As alloc.h does: there is no memory, and no way to go on without the record. */
			fprintf(stderr, "xtop: cannot map a worker's shared memory: %s\n", strerror(errno));
			abort();
		}
	}

	taken = lane_read(ring, lane_number, head, budget, take, context);
	if (taken < 0) {
		lane->closed = true;
		lane_end_joining(lane, 0);
		return -1;
	}
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&shared->waiting, memory_order_relaxed))
		*producer_waits = atomic_exchange_explicit(&shared->waiting, 0, memory_order_relaxed) != 0;
	return taken;
}

size_t ring_drop_unfinished(struct ring *ring, unsigned lane_number)
{
	struct lane *lane = &ring->lanes[lane_number];
	struct lane_control *shared = &ring->control->lanes[lane_number];
	size_t dropped = lane->unfinished ? lane->joined_length : 0;

	lane_end_joining(lane, ring->lane_size);
	if (lane->closed) {
		/* Nothing that the dead producer left can be believed; the next one begins at our own count. */
		atomic_store_explicit(&shared->head, lane->tail, memory_order_relaxed);
		atomic_store_explicit(&shared->tail, lane->tail, memory_order_release);
		lane->closed = false;
	}
	return dropped;
}

struct ring_producer *ring_producer_new(struct ring *ring, unsigned lane, uint32_t incarnation,
					struct error *error)
{
	struct ring_producer *producer;

	if (lane >= ring->lane_count) {
		error_set(error, "the ring has no lane %u, only %u", lane, ring->lane_count);
		return NULL;
	}
	producer = ALLOC_NEW(struct ring_producer);
	producer->control = ring->control;
	producer->lane = &ring->control->lanes[lane];
	producer->lane_size = ring->lane_size;
	producer->incarnation = incarnation;
	producer->doorbell = ring->doorbell;
	producer->head = atomic_load_explicit(&producer->lane->head, memory_order_acquire);
	producer->tail = atomic_load_explicit(&producer->lane->tail, memory_order_acquire);
	if (producer->head - producer->tail > ring->lane_size || producer->head % HEADER_SIZE) {
		error_set(error, "lane %u of the ring is damaged", lane);
		free(producer);
		return NULL;
	}
	producer->bytes = lane_map(ring, lane, PROT_READ | PROT_WRITE);
	if (!producer->bytes) {
		error_set_errno(error, errno, "cannot map lane %u of the ring", lane);
		free(producer);
		return NULL;
	}
	atomic_store_explicit(&producer->lane->waiting, 0, memory_order_relaxed);
	return producer;
}

void ring_producer_free(struct ring_producer *producer)
{
	if (!producer)
		return;
	munmap(producer->bytes, 2 * producer->lane_size);
	free(producer->backlog.bytes);
	free(producer);
}

static size_t known_room(const struct ring_producer *producer)
{
	uint64_t used = producer->head - producer->tail;

	/* A tail that no consumer writes leaves no room. */
	return used > producer->lane_size ? 0 : producer->lane_size - (size_t)used;
}

static size_t look_for_room(struct ring_producer *producer)
{
	producer->tail = atomic_load_explicit(&producer->lane->tail, memory_order_acquire);
	return known_room(producer);
}

/* Bytes that may be written, for a fragment that would like to have `wanted`; 0: the lane is full, and the
 * consumer knows that somebody waits. */
static size_t room_for(struct ring_producer *producer, size_t wanted)
{
	size_t enough = wanted < portion(producer->lane_size) ? wanted : portion(producer->lane_size);
	size_t room = known_room(producer);

	if (room >= wanted)
		return room;
	room = look_for_room(producer);
	if (room >= enough)
		return room;
	atomic_store_explicit(&producer->lane->waiting, 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
	room = look_for_room(producer);
	if (room < enough)
		return 0;
	atomic_store_explicit(&producer->lane->waiting, 0, memory_order_relaxed);
	return room;
}

/* Sends what is left of a record behind its first *sent bytes, as far as there is room. True: all of it. */
static bool send_record(struct ring_producer *producer, const unsigned char *bytes, size_t length, size_t *sent,
			bool *begun)
{
	for (;;) {
		size_t part = length - *sent;
		/* A record may be longer than the lane, and even than a fragment's length can say. */
		size_t wanted = part <= producer->lane_size ? fragment_size(part) : producer->lane_size;
		size_t room = room_for(producer, wanted);
		unsigned char *position = producer->bytes + (producer->head & (producer->lane_size - 1));
		uint32_t marks = *begun ? 0 : MARK_FIRST;

		if (room == 0)
			return false;
		if (part <= room - HEADER_SIZE)
			marks |= MARK_LAST;
		else
			part = room - HEADER_SIZE;
		*(uint64_t *)(void *)position = (uint64_t)producer->incarnation << 32 | marks | (uint32_t)part;
		if (part)
			memcpy(position + HEADER_SIZE, bytes + *sent, part);
		producer->head += fragment_size(part);
		atomic_store_explicit(&producer->lane->head, producer->head, memory_order_release);
		*begun = true;
		*sent += part;
		if (marks & MARK_LAST)
			return true;
	}
}

static void ring_the_bell(struct ring_producer *producer)
{
	const uint64_t one = 1;

	atomic_thread_fence(memory_order_seq_cst);
	/* The load keeps the line of `sleeping` shared while the consumer is awake. */
	if (!atomic_load_explicit(&producer->control->sleeping, memory_order_relaxed) ||
	    !atomic_exchange_explicit(&producer->control->sleeping, 0, memory_order_relaxed))
		return;
	/* EAGAIN would mean that it rings already. */
	while (write(producer->doorbell, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void backlog_add(struct backlog *backlog, const unsigned char *bytes, size_t length)
{
	size_t needed = sizeof(length) + length;

	if (needed > backlog->capacity - backlog->end) {
		size_t kept = backlog->end - backlog->start;

		if (backlog->start >= backlog->capacity / 2 && needed <= backlog->capacity - kept) {
			memmove(backlog->bytes, backlog->bytes + backlog->start, kept);
			backlog->start = 0;
			backlog->end = kept;
		} else {
			size_t capacity = backlog->capacity ? backlog->capacity : 4096;

			while (capacity - backlog->end < needed)
				capacity *= 2;
			backlog->bytes = alloc_resized(backlog->bytes, capacity, 1);
			backlog->capacity = capacity;
		}
	}
	memcpy(backlog->bytes + backlog->end, &length, sizeof(length));
	if (length)
		memcpy(backlog->bytes + backlog->end + sizeof(length), bytes, length);
	backlog->end += needed;
}

bool ring_has_backlog(const struct ring_producer *producer)
{
	return producer->backlog.start != producer->backlog.end;
}

enum ring_status ring_flush(struct ring_producer *producer)
{
	struct backlog *backlog = &producer->backlog;
	uint64_t head_before = producer->head;

	while (backlog->start != backlog->end) {
		const unsigned char *record = backlog->bytes + backlog->start;
		size_t length;

		memcpy(&length, record, sizeof(length));
		if (!send_record(producer, record + sizeof(length), length, &backlog->sent, &backlog->begun))
			break;
		backlog->start += sizeof(length) + length;
		backlog->sent = 0;
		backlog->begun = false;
	}
	if (producer->head != head_before)
		ring_the_bell(producer);
	if (backlog->start != backlog->end)
		return RING_FULL;
	backlog->start = backlog->end = 0;
	/* A jam is over; its memory is not kept for the next one. */
	if (backlog->capacity > producer->lane_size) {
		free(backlog->bytes);
		backlog->bytes = NULL;
		backlog->capacity = 0;
	}
	return RING_SENT;
}

enum ring_status ring_push(struct ring_producer *producer, const void *bytes, size_t length)
{
	size_t sent = 0;
	bool begun = false;
	uint64_t head_before = producer->head;

	if (ring_has_backlog(producer)) {
		backlog_add(&producer->backlog, bytes, length);
		return ring_flush(producer);
	}
	if (send_record(producer, bytes, length, &sent, &begun)) {
		ring_the_bell(producer);
		return RING_SENT;
	}
	if (producer->head != head_before)
		ring_the_bell(producer);
	/* Only the rest is kept; `begun` says that it is one. */
	backlog_add(&producer->backlog, sent ? (const unsigned char *)bytes + sent : bytes, length - sent);
	producer->backlog.begun = begun;
	return RING_FULL;
}
