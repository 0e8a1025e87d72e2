/* The model's inside, shared by the files that fold; nobody else includes it. */
#ifndef XTOP_MODEL_FOLD_H
#define XTOP_MODEL_FOLD_H

#include "base/map.h"
#include "model/model.h"

#include <stdbool.h>

enum {
	MESSAGE_KEPT = 64 << 10, /* bytes of an attempt's message, a reason, a log line */
	POINT_NAME_KEPT = 1 << 10,
	POINT_MESSAGE_KEPT = 16 << 10,
};

/* Tests whose output counts for a budget, oldest first.  An entry is stale when its test
 * has another verdict by now. */
struct shelf_entry {
	uint64_t test;
	uint32_t verdict;
};

struct shelf {
	VEC(struct shelf_entry) entries;
	size_t first; /* those before it are gone */
	size_t bytes;
};

/* What a slot's samples are measured against: a worker counts its cpu time from its own start. */
struct slot {
	uint64_t cpu_before; /* of earlier incarnations */
	uint64_t cpu;        /* last sample of this one */
};

struct model {
	struct run run;
	struct map *texts; /* shared texts, each its own value */
	struct shelf quiet, loud; /* tests that did not fail, and those that did or are flaky */
	size_t budget;     /* bytes for `quiet`; `loud` has four times as much */
	struct slot slots[XTOP_SLOTS_MAX];
};

/* Each of these returns false when the event makes no sense and nothing was changed. */
bool fold_test_found(struct model *model, const struct event *event);
bool fold_test_started(struct model *model, const struct event *event);
bool fold_test_output(struct model *model, const struct event *event);
bool fold_test_point(struct model *model, const struct event *event);
bool fold_test_finished(struct model *model, const struct event *event);
bool fold_test_verdict(struct model *model, const struct event *event);
void fold_evidence(struct model *model, const struct event *event); /* of a log event */
bool fold_diagnosis(struct model *model, const struct event *event);
bool fold_worker_started(struct model *model, const struct event *event);
bool fold_worker_sample(struct model *model, const struct event *event);
bool fold_worker_left(struct model *model, const struct event *event);
bool fold_worker_died(struct model *model, const struct event *event);

/* The slot's worker, made on first sight; NULL: the event names none, or one beyond the last slot. */
struct worker *fold_worker(struct model *model, const struct event *event);
void fold_worker_begins(struct worker *worker, uint64_t test, uint64_t t);
/* Nothing happens when it runs something else by now. */
void fold_worker_ends(struct worker *worker, uint64_t test, uint64_t duration, uint64_t t);

/* A copy that the model keeps for good; equal texts are one. NULL for no text. */
const char *fold_shared(struct model *model, const struct event_text *text);
/* An owned copy, NUL bytes made spaces, cut to `limit` bytes where a character begins. */
char *fold_copy(const struct event_text *text, size_t limit);
void fold_log(struct model *model, const struct event *event, int level, char *text); /* takes `text` */
uint32_t fold_uint32(uint64_t value); /* the largest where it does not fit */

void tally_add(struct tally *tally, const struct test *test);
void tally_remove(struct tally *tally, const struct test *test);

void test_free(struct test *test);
void test_forget_attempts(struct model *model, struct test *test);

/* Counts the test's memory, and discards the oldest where it is too much. */
void shelf_put(struct model *model, struct test *test);
/* The test's memory no longer counts. */
void shelf_take(struct model *model, struct test *test);
/* The test's memory changed after shelf_put. */
void shelf_update(struct model *model, struct test *test);
void shelf_trim(struct model *model);

#endif
