/* Bounds the memory that tests keep after their verdict: what they printed and their points. */
#include "model/fold.h"

#include "event/codec.h"

#include <string.h>

static bool is_loud(const struct test *test)
{
	return test->flaky || outcome_is_failure(test->outcome);
}

static struct shelf *shelf_of(struct model *model, const struct test *test)
{
	return is_loud(test) ? &model->loud : &model->quiet;
}

static size_t memory_of(const struct test *test)
{
	size_t bytes = 0;

	for (size_t i = 0; i < test->attempts.length; i++) {
		const struct attempt *attempt = test->attempts.items[i];

		bytes += output_memory(&attempt->output) + attempt->points.capacity * sizeof(struct point);
		for (size_t j = 0; j < attempt->points.length; j++) {
			const struct point *point = &attempt->points.items[j];

			bytes += (point->name ? strlen(point->name) + 1 : 0) +
				 (point->message ? strlen(point->message) + 1 : 0);
		}
	}
	return bytes;
}

static void discard(struct test *test)
{
	vec_each(&test->attempts, it) {
		struct attempt *attempt = *it;

		output_discard(&attempt->output);
		vec_each(&attempt->points, point) {
			free(point->name);
			free(point->message);
		}
		vec_fini(&attempt->points);
		attempt->points_spare = 0;
	}
}

static void trim(struct model *model, struct shelf *shelf, size_t budget)
{
	while (shelf->bytes > budget && shelf->first < shelf->entries.length) {
		const struct shelf_entry *entry = &shelf->entries.items[shelf->first++];
		struct test *test = model_test(model, entry->test);

		if (test && test->kept && test->verdicts == entry->verdict) {
			shelf->bytes -= test->kept;
			test->kept = 0;
			discard(test);
		}
	}
	if (shelf->first > 1024 && shelf->first > shelf->entries.length / 2) {
		shelf->entries.length -= shelf->first;
		memmove(shelf->entries.items, shelf->entries.items + shelf->first,
			shelf->entries.length * sizeof(struct shelf_entry));
		shelf->first = 0;
	}
}

void shelf_trim(struct model *model)
{
	trim(model, &model->quiet, model->budget);
	trim(model, &model->loud, model->budget > SIZE_MAX / 4 ? SIZE_MAX : model->budget * 4);
}

void shelf_put(struct model *model, struct test *test)
{
	struct shelf *shelf = shelf_of(model, test);

	test->kept = memory_of(test);
	if (!test->kept)
		return;
	shelf->bytes += test->kept;
	vec_push(&shelf->entries, ((struct shelf_entry){ test->number, test->verdicts }));
	shelf_trim(model);
}

void shelf_take(struct model *model, struct test *test)
{
	shelf_of(model, test)->bytes -= test->kept;
	test->kept = 0;
}

void shelf_update(struct model *model, struct test *test)
{
	if (!test->kept) {
		shelf_put(model, test);
		return;
	}
	shelf_take(model, test);
	test->kept = memory_of(test);
	shelf_of(model, test)->bytes += test->kept;
	shelf_trim(model);
}
