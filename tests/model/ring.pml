/* The ring's protocol (src/event/ring.c) as a model for spin: the doorbell, the full lane, and producers that
 * are killed at any step.  tests/model/run.sh checks it.
 *
 * Processors delay stores: each process has store buffers, and the process `memory` moves what is in them to
 * the shared variables, whenever it likes.  A buffer keeps its order, as stores to one variable do, and as a
 * release store does with those before it; stores in different buffers overtake each other.  A fence waits
 * until the buffers of its process are empty.  Exchanges and system calls work on the shared variables at once,
 * and are no fences.
 *
 * A wake-up that is lost is a deadlock here: somebody sleeps for ever, and spin reports an invalid end state.
 * Assertions say that fragments arrive whole, in order, and none twice.
 *
 * The variants of run.sh leave out one part of the protocol each; spin must find each of them wrong.
 */

#ifndef LANES
#define LANES 2
#endif
#ifndef CAPACITY
#define CAPACITY 1 /* fragments that a lane holds */
#endif
#ifndef RECORDS
#define RECORDS 1 /* that each incarnation of a producer sends, in two fragments each: first, last */
#endif
#ifndef KILLS
#define KILLS 1
#endif

#define FRAGMENTS (2 * RECORDS)
#define FRAGMENT(incarnation, number) ((incarnation) * 16 + (number))

#ifdef NOFENCE
#define NOFENCE_BELL_PRODUCER
#define NOFENCE_BELL_CONSUMER
#define NOFENCE_SPACE_PRODUCER
#define NOFENCE_SPACE_CONSUMER
#endif

/* Shared memory. */
byte head[LANES];
byte tail[LANES];
bit waiting[LANES];
bit sleeping;
typedef slots { byte slot[CAPACITY] }
slots lane[LANES];

/* What the kernel keeps: the eventfd, the command "there is space", deaths. */
bit bell;
bit told[LANES];
bit killed[LANES];
bit dead[LANES];
byte kills_left = KILLS;

/* Store buffers. In a producer's first one: a slot's number or HEAD, and the value. */
#define HEAD CAPACITY
chan p_stream[LANES] = [4] of { byte, byte };
chan p_waiting[LANES] = [2] of { bit };
chan c_tail[LANES] = [2] of { byte };
chan c_sleeping = [2] of { bit };

#define PRODUCER_FENCE (len(p_stream[me]) == 0 && len(p_waiting[me]) == 0)
#if LANES == 1
#define CONSUMER_FENCE (len(c_tail[0]) == 0 && len(c_sleeping) == 0)
#define SOMEBODY_DIED dead[0]
#define ALL_DONE done[0]
#else
#define CONSUMER_FENCE (len(c_tail[0]) == 0 && len(c_tail[1]) == 0 && len(c_sleeping) == 0)
#define SOMEBODY_DIED (dead[0] || dead[1])
#define ALL_DONE (done[0] && done[1])
#endif

/* What is in a buffer must never be outside of both, so taking and storing are one step. */
#define STREAM(l)                                                                   \
	atomic {                                                                    \
		p_stream[l]?where, value ->                                         \
		if                                                                  \
		:: where == HEAD -> head[l] = value                                 \
		:: else -> lane[l].slot[where] = value                              \
		fi;                                                                 \
		where = 0;                                                          \
		value = 0                                                           \
	}

active proctype memory()
{
	byte where, value;

end:
	do
	:: STREAM(0)
	:: atomic { p_waiting[0]?value -> waiting[0] = value; value = 0 }
	:: atomic { c_tail[0]?value -> tail[0] = value; value = 0 }
#if LANES == 2
	:: STREAM(1)
	:: atomic { p_waiting[1]?value -> waiting[1] = value; value = 0 }
	:: atomic { c_tail[1]?value -> tail[1] = value; value = 0 }
#endif
	:: atomic { c_sleeping?value -> sleeping = value; value = 0 }
	od
}

proctype producer(byte me; byte incarnation)
{
	byte my_head, number;
	bit was_sleeping;

	{
		my_head = head[me];
		p_waiting[me]!0;
		do
		:: number == FRAGMENTS -> break
		:: else ->
			/* Room for one fragment. */
			do
			:: my_head - tail[me] < CAPACITY -> break
			:: else ->
				p_waiting[me]!1;
#ifndef NOFENCE_SPACE_PRODUCER
				PRODUCER_FENCE;
#endif
				if
#ifndef NOLOOK_SPACE
				:: my_head - tail[me] < CAPACITY -> p_waiting[me]!0; break
#endif
				:: else -> atomic { told[me] -> told[me] = 0 }
				fi
			od;
			/* Write, publish. */
			p_stream[me]!(my_head % CAPACITY), FRAGMENT(incarnation, number);
			my_head++;
			number++;
			p_stream[me]!HEAD, my_head;
#ifndef NOFENCE_BELL_PRODUCER
			PRODUCER_FENCE;
#endif
			/* Ring. */
			d_step { was_sleeping = sleeping; sleeping = 0 };
			if
			:: was_sleeping -> was_sleeping = 0; bell = 1
			:: else
			fi
		od
	} unless {
		/* What it has stored by now still arrives; only then does the kernel tell of its death. */
		atomic { killed[me] -> PRODUCER_FENCE; killed[me] = 0; dead[me] = 1 }
	}
}

/* Kills somebody, or nobody, at any moment. A producer that has ended by itself is not hurt. */
active proctype killer()
{
end:
	do
	:: atomic { kills_left > 0 -> kills_left--; killed[0] = 1 }
#if LANES == 2
	:: atomic { kills_left > 0 -> kills_left--; killed[1] = 1 }
#endif
	:: kills_left > 0 -> kills_left = 0
	od
}

/* The consumer's own knowledge. */
byte c_taken[LANES];      /* its tail */
byte incarnation[LANES];
byte expected[LANES];     /* number of the next fragment */
bit unfinished[LANES];
bit done[LANES];

inline drain(l)
{
	seen = head[l];
	assert(seen - c_taken[l] <= CAPACITY);
	if
	:: seen == c_taken[l]
	:: else ->
		do
		:: seen == c_taken[l] -> break
		:: else ->
			atomic {
				assert(lane[l].slot[c_taken[l] % CAPACITY] == FRAGMENT(incarnation[l], expected[l]));
				expected[l]++;
				unfinished[l] = expected[l] % 2;
				c_taken[l]++
			}
		od;
		c_tail[l]!c_taken[l];
#ifndef NOFENCE_SPACE_CONSUMER
		CONSUMER_FENCE;
#endif
		d_step { was_waiting = waiting[l]; waiting[l] = 0 };
		if
		:: was_waiting -> was_waiting = 0; told[l] = 1
		:: else
		fi
	fi;
	seen = 0;
	done[l] = (expected[l] == FRAGMENTS)
}

/* Drained after the death; then the next incarnation starts, unless there is nothing left to send. */
inline bury(l)
{
	if
	:: dead[l] ->
		drain(l);
		dead[l] = 0;
		atomic {
			assert(head[l] == c_taken[l]);
			unfinished[l] = 0; /* dropped */
			told[l] = 0;
			if
			:: done[l]
			:: else -> incarnation[l]++; expected[l] = 0; run producer(l, incarnation[l])
			fi
		}
	:: else
	fi
}

/* Looks at a lane's head again; what is seen is kept in `awake`. */
#define LOOK(l) awake = awake || (head[l] != c_taken[l])

active proctype consumer()
{
	byte seen;
	bit was_waiting, awake;

	atomic {
		incarnation[0] = 1;
		run producer(0, 1);
#if LANES == 2
		incarnation[1] = 1;
		run producer(1, 1);
#endif
	}
	do
	:: ALL_DONE -> break
	:: else ->
		drain(0);
		bury(0);
#if LANES == 2
		drain(1);
		bury(1);
#endif
		if
		:: ALL_DONE -> break
		:: else
		fi;
		/* May it sleep? */
		c_sleeping!1;
#ifndef NOFENCE_BELL_CONSUMER
		CONSUMER_FENCE;
#endif
#ifndef NOLOOK_BELL
		LOOK(0);
#if LANES == 2
		LOOK(1);
#endif
#endif
		if
		:: awake -> awake = 0
#ifdef NODEATHS
		:: !awake -> bell
#else
		:: !awake -> bell || SOMEBODY_DIED
#endif
		fi;
		c_sleeping!0;
		bell = 0
	od;
	assert(!unfinished[0]);
#if LANES == 2
	assert(!unfinished[1]);
#endif
}
