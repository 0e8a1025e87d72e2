/* Any text is an expression of -k, of -m, or an error with a caret; its negation says the contrary. */
#include "base/alloc.h"
#include "select/keyword.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check(enum keyword_kind kind, const char *text)
{
	static const struct test_facts tests[] = {
		{ .id = "tests/test_a.py::TestX::test_foo[1::2]",
		  .file = "tests/test_a.py",
		  .marks = "slow,net" },
		{ .id = "\xC3\xA9\xFF" },
		{ .id = NULL },
	};
	struct error error = ERROR_INIT;
	struct keyword *keyword = keyword_parse(kind, text, &error);
	char *negated = alloc_format("not (%s)", text);
	struct keyword *contrary = keyword_parse(kind, negated, NULL);

	if (keyword) {
		require(error.message[0] == '\0');
		for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
			bool matches = keyword_matches(keyword, &tests[i]);

			require(!contrary || keyword_matches(contrary, &tests[i]) != matches);
		}
	} else {
		const char *last = strrchr(error.message, '\n');

		require(last && strcmp(last + 1 + strspn(last + 1, " "), "^") == 0);
	}
	keyword_free(contrary);
	keyword_free(keyword);
	free(negated);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = alloc_string_n((const char *)data, size);

	check(KEYWORD_NAMES, text);
	check(KEYWORD_MARKS, text);
	free(text);
	return 0;
}
