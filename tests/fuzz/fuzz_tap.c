/* Any bytes, in any pieces: the parser survives them, and the pieces make no difference. */
#include "adapter/tap.h"
#include "base/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(void *context, const struct tap_point *point)
{
	struct str *out = context;

	str_add_format(out, "%u %d%d%d%d %" PRIu64 " ", point->depth, point->ok, point->todo, point->skip,
		       point->unplanned, point->number);
	str_add(out, point->name.data, point->name.length);
	str_add_char(out, '|');
	str_add(out, point->reason.data, point->reason.length);
	str_add_char(out, '|');
	str_add(out, point->diagnostics.data, point->diagnostics.length);
	str_add_char(out, '\n');
}

static void check(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

/* Feeds pieces of `step` bytes, each in memory of its own so that a look behind it is seen. */
static void parse(const char *bytes, size_t length, size_t step, struct str *out)
{
	struct tap *tap = tap_new(take, out);
	const struct tap_summary *summary = tap_summary(tap);

	for (size_t i = 0; i < length; i += step) {
		size_t piece = length - i < step ? length - i : step;
		char *copy = malloc(piece);

		if (!copy)
			abort();
		memcpy(copy, bytes + i, piece);
		tap_feed(tap, copy, piece);
		free(copy);
	}
	tap_end(tap);
	check(summary->passed + summary->failed == summary->run, "every point passed or failed");
	check(summary->todo_passed <= summary->todo, "what passed as todo is todo");
	check((summary->parse_errors > 0) == (summary->first_parse_error != NULL), "errors have a text");
	check(summary->has_plan || summary->parse_errors > 0, "no plan is an error");
	str_add_format(out, "%d %" PRIu64 " %d %s %d %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %s",
		       summary->has_plan, summary->planned, summary->skip_all, summary->skip_reason,
		       summary->bailed_out, summary->bail_reason, summary->run, summary->passed,
		       summary->failed, summary->parse_errors,
		       summary->first_parse_error ? summary->first_parse_error : "");
	tap_free(tap);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str whole = STR_INIT;
	struct str pieces = STR_INIT;
	size_t step;

	if (size < 1)
		return 0;
	step = (size_t)data[0] % 16 + 1;
	parse((const char *)data + 1, size - 1, size, &whole);
	parse((const char *)data + 1, size - 1, step, &pieces);
	check(whole.length == pieces.length && memcmp(whole.data, pieces.data, whole.length) == 0,
	      "pieces make no difference");
	str_fini(&whole);
	str_fini(&pieces);
	return 0;
}
