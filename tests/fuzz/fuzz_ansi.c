/* Any bytes, in any pieces: each cell can be shown, wide ones have both halves, and the pieces make no
 * difference. */
#include "base/str.h"
#include "base/utf8.h"
#include "tui/ansi.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

static void take(void *context, const struct cell *cells, size_t count)
{
	struct str *out = context;

	check(count <= ANSI_COLUMNS_MAX, "a line has a limit");
	for (size_t i = 0; i < count; i++) {
		const struct cell *cell = &cells[i];

		check(cell->width <= 2, "a cell has a width");
		check(cell->role == ROLE_TEXT ||
			      (cell->role >= ROLE_ANSI_BLACK && cell->role <= ROLE_ANSI_BRIGHT_WHITE),
		      "a cell has a colour");
		check(cell->attributes < 32 && !cell->mark, "a cell has known attributes");
		if (cell->width == 2)
			check(i + 1 < count && cells[i + 1].width == 0, "a wide cell has a right half");
		if (cell->width == 0) {
			check(i > 0 && cells[i - 1].width == 2, "a right half has a left one");
			continue;
		}
		check(cell->text[0] >= 0x20 && cell->text[0] != 0x7F && utf8_width(cell->text[0]) == cell->width,
		      "a cell shows a character of its width");
	}
	str_add(out, cells, count * sizeof(*cells));
	str_add_char(out, '\n');
}

static void parse(const uint8_t *data, size_t size, size_t step, struct str *out)
{
	struct ansi *ansi = ansi_new(take, out);

	for (size_t i = 0; i < size; i += step) {
		size_t piece = size - i < step ? size - i : step;
		char *copy = malloc(piece);

		if (!copy)
			abort();
		memcpy(copy, data + i, piece);
		ansi_feed(ansi, copy, piece);
		free(copy);
	}
	ansi_end(ansi);
	ansi_free(ansi);
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
	(void)count;
	(void)arguments;
	setlocale(LC_CTYPE, "C.UTF-8");
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str whole = STR_INIT, pieces = STR_INIT;

	parse(data, size, size ? size : 1, &whole);
	parse(data, size, 1 + (size ? data[0] % 7 : 0), &pieces);
	check(whole.length == pieces.length && !memcmp(whole.data, pieces.data, whole.length),
	      "pieces make no difference");
	str_fini(&whole);
	str_fini(&pieces);
	return 0;
}
