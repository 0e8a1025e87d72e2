#include "tui/theme.h"

#include "base/alloc.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>

struct style {
	unsigned long attributes;
	short pair;
};

#define PAIRS_MAX 512

struct theme {
	enum theme_depth depth;
	short pairs;       /* that were made, pair 0 included */
	int pairs_most;
	struct {
		int fg, bg;
	} made[PAIRS_MAX]; /* what each pair has */
	struct style styles[MARK_COUNT][ROLE_COUNT];
	struct style behind[ROLE_COUNT]; /* its colour behind text */
};

static unsigned long attributes_of(unsigned attributes)
{
	return (attributes & ATTRIBUTE_BOLD ? A_BOLD : 0) | (attributes & ATTRIBUTE_DIM ? A_DIM : 0) |
	       (attributes & ATTRIBUTE_ITALIC ? A_ITALIC : 0) | (attributes & ATTRIBUTE_UNDERLINE ? A_UNDERLINE : 0) |
	       (attributes & ATTRIBUTE_REVERSE ? A_REVERSE : 0);
}

/* Roles share pairs: a terminal with 8 colours has but 64 of them. */
static short pair_of(struct theme *theme, int fg, int bg)
{
	if (fg == THEME_SHADE_OWN && bg == THEME_SHADE_OWN)
		return 0;
	for (short pair = 1; pair < theme->pairs; pair++)
		if (theme->made[pair].fg == fg && theme->made[pair].bg == bg)
			return pair;
	if (theme->pairs >= theme->pairs_most)
		return 0;
	theme->made[theme->pairs].fg = fg;
	theme->made[theme->pairs].bg = bg;
	init_extended_pair(theme->pairs, fg, bg);
	return theme->pairs++;
}

static void set_style(struct theme *theme, struct style *style, struct theme_style wanted)
{
	style->attributes = attributes_of(wanted.attributes);
	style->pair = pair_of(theme, wanted.fg, wanted.bg);
}

void theme_use(struct theme *theme, const struct theme_table *table)
{
	theme->pairs = 1;
	for (unsigned mark = 0; mark < MARK_COUNT; mark++)
		for (unsigned role = 0; role < ROLE_COUNT; role++)
			set_style(theme, &theme->styles[mark][role],
				  theme_style(table, theme->depth, (enum role)role, (enum mark)mark));
	for (unsigned role = ROLE_ANSI_BLACK; role <= ROLE_ANSI_BRIGHT_WHITE; role++)
		set_style(theme, &theme->behind[role], theme_style_behind(table, theme->depth, (enum role)role));
}

/* A colour's number is its red, green and blue: terminfo's RGB, which has the bits of each as a number or a string, or
 * is a mere flag where all have the same. */
static bool is_direct(void)
{
	char rgb[] = "RGB";
	const char *text = tigetstr(rgb);

	if (COLORS < 1 << 24)
		return false;
	return tigetflag(rgb) > 0 || tigetnum(rgb) == 8 || (text && text != (char *)-1 && !strcmp(text, "8/8/8"));
}

static enum theme_depth find_depth(void)
{
	if (is_direct())
		return THEME_DIRECT;
	if (COLORS >= 256)
		return THEME_256;
	return COLORS >= 16 ? THEME_16 : COLORS >= 8 ? THEME_8 : THEME_MONO;
}

struct theme *theme_new(bool color)
{
	struct theme *theme = ALLOC_NEW(struct theme);
	int most = (int)(sizeof(theme->made) / sizeof(*theme->made));

	theme->depth = THEME_MONO;
	if (color && has_colors() && start_color() != ERR && use_default_colors() != ERR)
		theme->depth = find_depth();
	theme->pairs_most = theme->depth == THEME_MONO || COLOR_PAIRS > most ? most : COLOR_PAIRS;
	theme_use(theme, &theme_default);
	return theme;
}

void theme_free(struct theme *theme)
{
	free(theme);
}

enum theme_depth theme_depth(const struct theme *theme)
{
	return theme->depth;
}

unsigned long theme_attributes(const struct theme *theme, enum role role, enum mark mark, unsigned attributes,
			       short *pair)
{
	const struct style *style = &theme->styles[mark][role];

	if ((attributes & ATTRIBUTE_REVERSE) && role >= ROLE_ANSI_BLACK && role <= ROLE_ANSI_BRIGHT_WHITE &&
	    mark != MARK_CURSOR) {
		style = &theme->behind[role];
		attributes &= ~(unsigned)ATTRIBUTE_REVERSE;
	}
	*pair = style->pair;
	/* What is reversed twice is as it was. */
	return (style->attributes | attributes_of(attributes & ~(unsigned)ATTRIBUTE_REVERSE)) ^
	       attributes_of(attributes & ATTRIBUTE_REVERSE);
}
