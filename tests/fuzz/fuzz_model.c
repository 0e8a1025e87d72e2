/* Arbitrary events in arbitrary order: the model never crashes and its sums stay true.
 * Input: records, each behind its length (two bytes, the low one first). */
#include "event/codec.h"
#include "model/model.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)          \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void check(const struct run *run)
{
	struct tally expected = { .found = (uint32_t)run->tests.length };
	struct tally_summary sum = tally_sum(&run->tally);

	for (size_t i = 0; i < run->tests.length; i++) {
		const struct test *test = run->tests.items[i];

		expected.running += test->state == TEST_RUNNING;
		expected.done += test->verdicts > 0;
		expected.points_failed += test->points_failed;
		CHECK(test->number == i + 1);
		CHECK((test->verdicts > 0) == (test->outcome != OUTCOME_NONE));
		CHECK(test->state != TEST_DONE || test->verdicts);
		CHECK(test->state != TEST_RUNNING || test_last_attempt(test));
		for (size_t j = 0; j < test->attempts.length; j++) {
			const struct attempt *attempt = test->attempts.items[j];

			CHECK(!j || attempt->number > test->attempts.items[j - 1]->number);
			CHECK(attempt->points.length <= MODEL_POINTS_KEPT);
			CHECK(output_gap(&attempt->output) <= attempt->output.total);
		}
	}
	for (size_t i = 0; i < run->workers.length; i++) {
		const struct worker *worker = &run->workers.items[i];
		double load = worker_load(worker, run->now);

		CHECK(worker->slot == i);
		CHECK(worker->test <= run->tests.length);
		CHECK(load >= 0 && load <= 1);
	}
	CHECK(run->tally.found == expected.found);
	CHECK(run->tally.running == expected.running);
	CHECK(run->tally.done == expected.done);
	CHECK(run->tally.points_failed == expected.points_failed);
	CHECK((uint64_t)sum.passed + sum.failed + sum.skipped + sum.notrun == run->tally.done);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct model *model = model_new();

	model_set_output_budget(model, 4096);
	while (size >= 2) {
		size_t length = data[0] | (size_t)data[1] << 8;
		struct event event;

		data += 2;
		size -= 2;
		if (length > size)
			length = size;
		if (event_decode(data, length, &event) == 0)
			model_apply(model, &event);
		data += length;
		size -= length;
	}
	check(model_run(model));
	model_free(model);
	return 0;
}
