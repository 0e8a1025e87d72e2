/* The ring: shared memory that carries records from workers to the controller.
 *
 * One lane a worker slot, each with one producer and one consumer, so no locks.
 * Records are bytes; the ring does not know what is in them.  They arrive whole, in
 * the order of their lane, never torn and never dropped: a record larger than the
 * free space goes through in fragments, and one whose producer died half-way is
 * thrown away by the consumer.  The protocol stands at the top of ring.c.
 *
 * Both ends are not thread-safe: one thread per end.
 */
#ifndef XTOP_EVENT_RING_H
#define XTOP_EVENT_RING_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_LANES 256
#define RING_LANE_SIZE ((size_t)1 << 20) /* default bytes of a lane: a power of two, a multiple of the page size */

struct ring;          /* the mapping and the consumer's end; made once, before the fork */
struct ring_producer; /* a worker's end of one lane */

/* `lanes` ≤ RING_LANES; memory of a lane is used only once it is written to.
 * `lane_size` is a power of two and a multiple of the page size. */
struct ring *ring_new(unsigned lanes, size_t lane_size, struct error *error);
void ring_free(struct ring *ring);

/* --- the consumer (controller) --- */

/* An eventfd that becomes readable when records wait; non-blocking, owned by the ring. */
int ring_doorbell(const struct ring *ring);

/* Hands each whole record of a lane to `take`; `bytes` are valid during the call. Stops behind the fragment
 * that makes it `budget` bytes (SIZE_MAX: all that was there at the call). Returns how many records were
 * handed over, -1 where the shared memory is damaged (a producer wrote what no producer writes): then the
 * lane is closed, and gives 0 until ring_drop_unfinished; end that producer.
 * *producer_waits is set when the producer asked to be told about free space: tell it. */
typedef void ring_take(void *context, unsigned lane, uint32_t incarnation, const void *bytes, size_t length);
long ring_drain(struct ring *ring, unsigned lane, size_t budget, ring_take *take, void *context,
		bool *producer_waits);

/* Clears the doorbell. Call it before draining. */
void ring_clear_doorbell(struct ring *ring);

/* Announces that the consumer is going to sleep and looks at the lanes 0 … lanes_used-1 once more:
 * true: nothing waits, the next record rings. false: stay awake and drain. Ask again before each sleep, and
 * let the death of a producer end the sleep too: it may have died on its way to the bell. */
bool ring_may_sleep(struct ring *ring, unsigned lanes_used);

/* After the death of a lane's producer, when the lane was drained (ring_drain gave 0): drops the unfinished
 * record, if any, opens a closed lane again, and everything is ready for the next incarnation. Returns the
 * bytes dropped. */
size_t ring_drop_unfinished(struct ring *ring, unsigned lane);

/* --- the producer (worker, after the fork) --- */

enum ring_status {
	RING_SENT, /* all of it is in the lane */
	RING_FULL, /* the rest is kept by the producer and goes first; wait to be told of space, then ring_flush */
};

struct ring_producer *ring_producer_new(struct ring *ring, unsigned lane, uint32_t incarnation,
					struct error *error);
void ring_producer_free(struct ring_producer *producer);

/* Sends one record (length 0 is a record too). Never blocks. After RING_FULL a producer should not push
 * more, but may: the record queues up behind in its own memory. */
enum ring_status ring_push(struct ring_producer *producer, const void *bytes, size_t length);
enum ring_status ring_flush(struct ring_producer *producer);
bool ring_has_backlog(const struct ring_producer *producer);

#endif
