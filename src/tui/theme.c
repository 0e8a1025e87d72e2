#include "tui/theme.h"

#include "base/alloc.h"

#include <curses.h>
#include <stdlib.h>

struct look {
	short deep, deep_back;   /* of 256 colours; -1: the terminal's own */
	short plain, plain_back; /* of 8; with 16, the bright one where `bright` */
	bool bright;
	unsigned long attributes;      /* with colours */
	unsigned long mono_attributes; /* without */
};

#define OWN (-1)

static const struct look looks[ROLE_COUNT] = {
	[ROLE_TEXT] = { OWN, OWN, OWN, OWN, false, 0, 0 },
	[ROLE_DIM] = { 245, OWN, COLOR_BLACK, OWN, true, 0, 0 },
	[ROLE_STRONG] = { OWN, OWN, OWN, OWN, false, A_BOLD, A_BOLD },
	[ROLE_NAME] = { 231, 25, COLOR_WHITE, COLOR_BLUE, true, A_BOLD, A_REVERSE },
	[ROLE_BORDER] = { 240, OWN, COLOR_BLACK, OWN, true, 0, 0 },
	[ROLE_BORDER_FOCUS] = { 75, OWN, COLOR_CYAN, OWN, false, 0, A_BOLD },
	[ROLE_TITLE] = { 250, OWN, OWN, OWN, false, 0, 0 },
	[ROLE_TITLE_FOCUS] = { 117, OWN, COLOR_CYAN, OWN, true, A_BOLD, A_BOLD },
	[ROLE_TAB] = { 245, OWN, OWN, OWN, false, 0, 0 },
	[ROLE_TAB_CURRENT] = { 231, 239, COLOR_BLACK, COLOR_CYAN, false, A_BOLD, A_REVERSE },
	[ROLE_HEADING] = { 244, OWN, COLOR_CYAN, OWN, false, 0, A_UNDERLINE },
	[ROLE_PASSED] = { 71, OWN, COLOR_GREEN, OWN, false, 0, 0 },
	[ROLE_FAILED] = { 203, OWN, COLOR_RED, OWN, true, A_BOLD, A_BOLD },
	[ROLE_ERROR] = { 203, OWN, COLOR_RED, OWN, true, A_BOLD, A_BOLD },
	[ROLE_TIMEOUT] = { 214, OWN, COLOR_YELLOW, OWN, true, A_BOLD, A_BOLD },
	[ROLE_CRASHED] = { 206, OWN, COLOR_MAGENTA, OWN, true, A_BOLD, A_BOLD },
	[ROLE_SKIPPED] = { 109, OWN, COLOR_CYAN, OWN, false, 0, 0 },
	[ROLE_FLAKY] = { 221, OWN, COLOR_YELLOW, OWN, false, 0, 0 },
	[ROLE_QUARANTINED] = { 140, OWN, COLOR_MAGENTA, OWN, false, 0, 0 },
	[ROLE_RUNNING] = { 117, OWN, COLOR_CYAN, OWN, true, 0, 0 },
	[ROLE_WAITING] = { 242, OWN, COLOR_BLACK, OWN, true, 0, 0 },
	[ROLE_METER] = { 71, OWN, COLOR_GREEN, OWN, false, 0, 0 },
	[ROLE_METER_REST] = { 238, OWN, COLOR_BLACK, OWN, true, 0, 0 },
	[ROLE_LOAD] = { 67, OWN, COLOR_BLUE, OWN, true, 0, 0 },
	[ROLE_SPARK] = { 75, OWN, COLOR_CYAN, OWN, false, 0, 0 },
	[ROLE_VERDICT_GOOD] = { 16, 71, COLOR_BLACK, COLOR_GREEN, false, 0, A_REVERSE },
	[ROLE_VERDICT_BAD] = { 231, 160, COLOR_WHITE, COLOR_RED, true, A_BOLD, A_REVERSE | A_BOLD },
	[ROLE_KEY] = { OWN, OWN, OWN, OWN, false, A_BOLD, 0 },
	[ROLE_KEY_LABEL] = { 252, 238, COLOR_BLACK, COLOR_CYAN, false, 0, A_REVERSE },
	[ROLE_NOTE] = { 231, 24, COLOR_WHITE, COLOR_BLUE, true, 0, A_BOLD },
	[ROLE_WARNING] = { 16, 214, COLOR_BLACK, COLOR_YELLOW, false, 0, A_REVERSE },
	[ROLE_PROMPT] = { OWN, OWN, OWN, OWN, false, A_BOLD, A_BOLD },
	[ROLE_MATCH] = { 16, 221, COLOR_BLACK, COLOR_YELLOW, false, 0, A_UNDERLINE | A_BOLD },
	[ROLE_ANSI_BLACK] = { 0, OWN, COLOR_BLACK, OWN, false, 0, 0 },
	[ROLE_ANSI_RED] = { 1, OWN, COLOR_RED, OWN, false, 0, 0 },
	[ROLE_ANSI_GREEN] = { 2, OWN, COLOR_GREEN, OWN, false, 0, 0 },
	[ROLE_ANSI_YELLOW] = { 3, OWN, COLOR_YELLOW, OWN, false, 0, 0 },
	[ROLE_ANSI_BLUE] = { 4, OWN, COLOR_BLUE, OWN, false, 0, 0 },
	[ROLE_ANSI_MAGENTA] = { 5, OWN, COLOR_MAGENTA, OWN, false, 0, 0 },
	[ROLE_ANSI_CYAN] = { 6, OWN, COLOR_CYAN, OWN, false, 0, 0 },
	[ROLE_ANSI_WHITE] = { 7, OWN, COLOR_WHITE, OWN, false, 0, 0 },
	[ROLE_ANSI_BRIGHT_BLACK] = { 8, OWN, COLOR_BLACK, OWN, true, 0, 0 },
	[ROLE_ANSI_BRIGHT_RED] = { 9, OWN, COLOR_RED, OWN, true, 0, 0 },
	[ROLE_ANSI_BRIGHT_GREEN] = { 10, OWN, COLOR_GREEN, OWN, true, 0, 0 },
	[ROLE_ANSI_BRIGHT_YELLOW] = { 11, OWN, COLOR_YELLOW, OWN, true, 0, 0 },
	[ROLE_ANSI_BRIGHT_BLUE] = { 12, OWN, COLOR_BLUE, OWN, true, 0, 0 },
	[ROLE_ANSI_BRIGHT_MAGENTA] = { 13, OWN, COLOR_MAGENTA, OWN, true, 0, 0 },
	[ROLE_ANSI_BRIGHT_CYAN] = { 14, OWN, COLOR_CYAN, OWN, true, 0, 0 },
	[ROLE_ANSI_BRIGHT_WHITE] = { 15, OWN, COLOR_WHITE, OWN, true, 0, 0 },
};

/* The row of the cursor on 256 colours: each role keeps its colour on a background of its own. With fewer
 * colours such a row is told by one pair (black on cyan), and without any by reverse video. */
#define DEEP_CURSOR 24
#define DEEP_CURSOR_WEAK 236

struct style {
	unsigned long attributes;
	short pair;
};

#define PAIRS_MAX 256
#define ANSI_COLOURS (ROLE_ANSI_BRIGHT_WHITE - ROLE_ANSI_BLACK + 1)

struct theme {
	struct style styles[MARK_COUNT][ROLE_COUNT];
	struct style backs[ANSI_COLOURS]; /* text on an ANSI colour */
	bool mono;
	struct {
		short front, back;
	} pairs[PAIRS_MAX]; /* that were made; the first is number 1 */
	short pair_count;
};

/* Roles that look alike share one: terminals with 8 colours have but 64. */
static short pair_of(struct theme *theme, short front, short back)
{
	if (front == OWN && back == OWN)
		return 0;
	for (short i = 0; i < theme->pair_count; i++)
		if (theme->pairs[i].front == front && theme->pairs[i].back == back)
			return (short)(i + 1);
	if (theme->pair_count == PAIRS_MAX || theme->pair_count + 1 >= COLOR_PAIRS ||
	    init_pair((short)(theme->pair_count + 1), front, back) == ERR)
		return 0;
	theme->pairs[theme->pair_count].front = front;
	theme->pairs[theme->pair_count].back = back;
	return ++theme->pair_count;
}

char theme_letter(enum role role)
{
	static const char letters[ROLE_COUNT] = {
#define X(name, letter) letter,
		THEME_ROLES(X)
#undef X
	};

	return role < ROLE_COUNT ? letters[role] : '?';
}

static void choose_mono(struct theme *theme)
{
	for (unsigned role = 0; role < ROLE_COUNT; role++) {
		unsigned long attributes = looks[role].mono_attributes;

		theme->styles[MARK_NONE][role].attributes = attributes;
		theme->styles[MARK_CURSOR][role].attributes = (attributes & ~A_REVERSE) | A_REVERSE;
		theme->styles[MARK_CURSOR_WEAK][role].attributes = attributes | A_UNDERLINE;
	}
}

static void choose_deep(struct theme *theme)
{
	for (unsigned mark = 0; mark < MARK_COUNT; mark++) {
		for (unsigned role = 0; role < ROLE_COUNT; role++) {
			const struct look *look = &looks[role];
			struct style *style = &theme->styles[mark][role];
			short front = look->deep, back = look->deep_back;

			if (mark == MARK_CURSOR && role != ROLE_MATCH) {
				back = DEEP_CURSOR;
				/* Greys that recede on black would drown in the cursor's blue. */
				if (front == OWN || (front >= 238 && front <= 250))
					front = front == OWN ? 231 : 252;
			} else if (mark == MARK_CURSOR_WEAK && role != ROLE_MATCH) {
				back = DEEP_CURSOR_WEAK;
			}
			style->pair = pair_of(theme, front, back);
			style->attributes = look->attributes;
		}
	}
}

static void choose_plain(struct theme *theme, bool sixteen)
{
	short cursor = pair_of(theme, COLOR_BLACK, COLOR_CYAN);

	for (unsigned role = 0; role < ROLE_COUNT; role++) {
		const struct look *look = &looks[role];
		struct style *style = &theme->styles[MARK_NONE][role];
		short front = look->plain;

		style->attributes = look->attributes;
		/* Bold black is grey on many terminals. */
		if (front == COLOR_BLACK && look->plain_back != OWN)
			style->attributes &= ~A_BOLD;
		if (look->bright && front != OWN) {
			/* With 8 colours bold makes them bright; "bright black" is grey on most terminals
			 * and black on black on some, so that one falls back to the terminal's own. */
			if (sixteen)
				front = (short)(front + 8);
			else if (front == COLOR_BLACK)
				front = OWN;
			else
				style->attributes |= A_BOLD;
		}
		style->pair = pair_of(theme, front, look->plain_back);
		theme->styles[MARK_CURSOR_WEAK][role] = *style;
		theme->styles[MARK_CURSOR_WEAK][role].attributes |= A_UNDERLINE;
	}
	for (unsigned role = 0; role < ROLE_COUNT; role++)
		theme->styles[MARK_CURSOR][role].pair = cursor;
	theme->styles[MARK_CURSOR][ROLE_MATCH] = theme->styles[MARK_NONE][ROLE_MATCH];
}

/* Black or white, whichever can be read on it. */
static void choose_backs(struct theme *theme)
{
	for (unsigned colour = 0; colour < ANSI_COLOURS; colour++) {
		bool dark = colour == 0 || colour == 1 || colour == 4 || colour == 5 || colour == 8 || colour == 12;
		short back = (short)(COLORS >= 16 ? colour : colour % 8);
		short white = COLORS >= 16 ? COLOR_WHITE + 8 : COLOR_WHITE;

		theme->backs[colour].pair = pair_of(theme, dark ? white : COLOR_BLACK, back);
	}
}

struct theme *theme_new(bool color)
{
	struct theme *theme = ALLOC_NEW(struct theme);

	theme->mono = !color || !has_colors() || start_color() == ERR || use_default_colors() == ERR || COLORS < 8 ||
		      COLOR_PAIRS < 64;
	if (theme->mono) {
		choose_mono(theme);
		return theme;
	}
	if (COLORS >= 256 && COLOR_PAIRS > PAIRS_MAX)
		choose_deep(theme);
	else
		choose_plain(theme, COLORS >= 16);
	choose_backs(theme);
	return theme;
}

void theme_free(struct theme *theme)
{
	free(theme);
}

unsigned long theme_attributes(const struct theme *theme, enum role role, enum mark mark, unsigned attributes,
			       short *pair)
{
	const struct style *style = &theme->styles[mark][role];
	unsigned long result;

	if ((attributes & ATTRIBUTE_REVERSE) && !theme->mono && role >= ROLE_ANSI_BLACK &&
	    role <= ROLE_ANSI_BRIGHT_WHITE && mark != MARK_CURSOR) {
		style = &theme->backs[role - ROLE_ANSI_BLACK];
		attributes &= ~(unsigned)ATTRIBUTE_REVERSE;
	}
	result = style->attributes;
	result |= attributes & ATTRIBUTE_BOLD ? A_BOLD : 0;
	result |= attributes & ATTRIBUTE_DIM ? A_DIM : 0;
	result |= attributes & ATTRIBUTE_ITALIC ? A_ITALIC : 0;
	result |= attributes & ATTRIBUTE_UNDERLINE ? A_UNDERLINE : 0;
	if (attributes & ATTRIBUTE_REVERSE)
		result ^= A_REVERSE;
	*pair = style->pair;
	return result;
}
