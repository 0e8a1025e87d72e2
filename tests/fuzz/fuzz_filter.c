/* Any text is a filter or an error of three lines with its caret in place; a filter's answer does not change, and is
 * the contrary of what its negation says. */
#include "base/alloc.h"
#include "base/utf8.h"
#include "select/filter.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct test_facts tests[] = {
	{ .suite = "unit",
	  .id = "tests/test_a.py::TestX::test_foo[1-(2)]",
	  .file = "tests/test_a.py",
	  .scope = "tests/test_a.py::TestX",
	  .group = "db",
	  .marks = "slow,net",
	  .adapter = "pytest",
	  .ordinal = 1,
	  .outcome = OUTCOME_FAILED,
	  .flaky = true,
	  .duration = UINT64_C(5000000000) },
	{ .id = "\xC3\xA9\xFF", .duration = UINT64_MAX },
	{ .duration = UINT64_MAX },
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_error(const char *text, const struct error *error, size_t column)
{
	const char *second = strchr(error->message, '\n');
	const char *third = second ? strchr(second + 1, '\n') : NULL;
	const char *caret;

	require(error->message[0] && third && utf8_is_valid(error->message, strlen(error->message)));
	require(column >= 1 && column <= strlen(text) + 1);
	caret = third + 1 + strspn(third + 1, " ");
	require(strcmp(caret, "^") == 0);
	/* It is below something that is shown, or right behind it. */
	require((size_t)(caret - third - 1) <= utf8_text_width(second + 1, (size_t)(third - second - 1)));
}

static void check_filter(const char *text, struct filter *filter)
{
	char *negated = alloc_format("not (%s)", text);
	struct filter *contrary = filter_parse(negated, NULL, NULL);

	/* It may be as deep or long as one may be already. */
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		bool matches = filter_matches(filter, &tests[i]);

		if (filter_gave_up(filter))
			break;
		require(filter_matches(filter, &tests[i]) == matches);
		require(!contrary || filter_matches(contrary, &tests[i]) != matches ||
			filter_gave_up(contrary));
	}
	filter_needs_history(filter);
	filter_free(contrary);
	free(negated);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = alloc_string_n((const char *)data, size);
	struct error error = ERROR_INIT;
	size_t column = 0;
	struct filter *filter = filter_parse(text, &column, &error);

	if (filter) {
		require(error.message[0] == '\0' && column == 0);
		check_filter(text, filter);
	} else {
		check_error(text, &error, column);
	}
	filter_free(filter);
	free(text);
	return 0;
}
