#include "model/fold.h"

#include "event/codec.h"

void tally_add(struct tally *tally, const struct test *test)
{
	tally->done++;
	tally->outcomes[test->outcome]++;
	tally->flaky += test->flaky;
	tally->quarantined += test->quarantined && outcome_is_failure(test->outcome);
	tally->points_passed += test->points_passed;
	tally->points_failed += test->points_failed;
	tally->points_skipped += test->points_skipped;
}

void tally_remove(struct tally *tally, const struct test *test)
{
	tally->done--;
	tally->outcomes[test->outcome]--;
	tally->flaky -= test->flaky;
	tally->quarantined -= test->quarantined && outcome_is_failure(test->outcome);
	tally->points_passed -= test->points_passed;
	tally->points_failed -= test->points_failed;
	tally->points_skipped -= test->points_skipped;
}

struct tally_summary tally_sum(const struct tally *tally)
{
	const uint32_t *outcomes = tally->outcomes;

	return (struct tally_summary){
		.passed = outcomes[OUTCOME_PASSED] + outcomes[OUTCOME_XPASSED],
		.failed = outcomes[OUTCOME_FAILED] + outcomes[OUTCOME_ERROR] + outcomes[OUTCOME_TIMEOUT] +
			  outcomes[OUTCOME_CRASHED] - tally->quarantined,
		.skipped = outcomes[OUTCOME_SKIPPED] + outcomes[OUTCOME_XFAILED] + tally->quarantined,
		.notrun = outcomes[OUTCOME_NOTRUN],
	};
}
