/* Which colours a role has on a terminal, as arithmetic. */
#include "tui/theme.h"

#include <stddef.h>
#include <string.h>

/* Below it a role's colour drowns in the cursor's background. */
#define READABLE_CONTRAST 2.2

static const struct {
	const char *name;
	char letter;
} roles[ROLE_COUNT] = {
#define X(name, letter) { #name, letter },
	THEME_ROLES(X)
#undef X
};

char theme_letter(enum role role)
{
	return role < ROLE_COUNT ? roles[role].letter : '?';
}

void theme_look_name(unsigned look, char name[THEME_NAME_SIZE])
{
	const char *from = look < ROLE_COUNT ? roles[look].name : look == ROLE_COUNT ? "CURSOR" : "CURSOR_WEAK";
	unsigned length = 0;

	for (; from[length] && length < THEME_NAME_SIZE - 1; length++)
		name[length] = (char)(from[length] == '_'                         ? '-'
				      : from[length] >= 'A' && from[length] <= 'Z' ? from[length] + ('a' - 'A')
										   : from[length]);
	name[length] = '\0';
}

static struct theme_look *nth_look(struct theme_table *table, unsigned look)
{
	return look < ROLE_COUNT ? &table->roles[look] : look == ROLE_COUNT ? &table->cursor : &table->cursor_weak;
}

struct theme_look *theme_look(struct theme_table *table, const char *name)
{
	char own[THEME_NAME_SIZE];

	for (unsigned look = 0; look < THEME_LOOK_COUNT; look++) {
		theme_look_name(look, own);
		if (!strcmp(own, name))
			return nth_look(table, look);
	}
	return NULL;
}

/* What a paint says for such a terminal; THEME_UNSET: nothing. */
static struct theme_color chosen(const struct theme_paint *paint, enum theme_depth depth)
{
	return depth < THEME_256 && paint->poor.kind != THEME_UNSET ? paint->poor : paint->rich;
}

static struct theme_color chosen_or(const struct theme_paint *paint, const struct theme_paint *other,
				    enum theme_depth depth)
{
	struct theme_color color = chosen(paint, depth);

	return color.kind == THEME_UNSET ? chosen(other, depth) : color;
}

static bool is_color(struct theme_color color)
{
	return color.kind == THEME_INDEX || color.kind == THEME_RGB;
}

static uint32_t rgb_of(struct theme_color color)
{
	return color.kind == THEME_RGB ? color.value : theme_color_rgb(color.value);
}

static struct theme_color readable(struct theme_color fg, struct theme_color bg, const struct theme_paint *cursor,
				   const struct theme_paint *text, enum theme_depth depth)
{
	struct theme_color plain = chosen(text, depth);

	/* Plain text; and what the terminal's own colour is, nobody knows. */
	if (!is_color(fg) || (plain.kind == fg.kind && plain.value == fg.value))
		return chosen(cursor, depth).kind == THEME_UNSET ? fg : chosen(cursor, depth);
	return theme_color_contrast(rgb_of(fg), rgb_of(bg)) < READABLE_CONTRAST ? chosen_or(cursor, text, depth) : fg;
}

static struct theme_style style_of(struct theme_color fg, struct theme_color bg, enum theme_depth depth,
				   uint8_t attributes)
{
	struct theme_style style = { .attributes = attributes };
	bool bold;

	style.bg = theme_color_shade(bg, depth, &bold);
	style.fg = theme_color_shade(fg, depth, &bold);
	if (bold)
		style.attributes |= ATTRIBUTE_BOLD;
	/* Bold black is grey on many terminals. */
	if (depth < THEME_256 && style.fg == 0 && style.bg != THEME_SHADE_OWN)
		style.attributes &= (uint8_t)~ATTRIBUTE_BOLD;
	return style;
}

struct theme_style theme_style(const struct theme_table *table, enum theme_depth depth, enum role role,
			       enum mark mark)
{
	const struct theme_look *look = &table->roles[role], *text = &table->roles[ROLE_TEXT];
	const struct theme_look *over = mark == MARK_CURSOR        ? &table->cursor
					: mark == MARK_CURSOR_WEAK ? &table->cursor_weak
								   : NULL;
	struct theme_color fg = chosen_or(&look->fg, &text->fg, depth);
	struct theme_color bg = chosen_or(&look->bg, &text->bg, depth);
	struct theme_color under;

	if (depth == THEME_MONO)
		return (struct theme_style){ THEME_SHADE_OWN, THEME_SHADE_OWN,
					     (uint8_t)(look->mono | (over ? over->mono : 0)) };
	if (!over)
		return style_of(fg, bg, depth, look->attributes);
	under = chosen(&over->bg, depth);
	if (!is_color(under))
		return style_of(fg, bg, depth, look->attributes | over->mono);
	/* What was found shows that even there. */
	if (role == ROLE_MATCH)
		return style_of(fg, bg, depth, look->attributes);
	if (depth < THEME_256)
		return style_of(chosen_or(&over->fg, &text->fg, depth), under, depth, over->attributes);
	return style_of(readable(fg, under, &over->fg, &text->fg, depth), under, depth,
			look->attributes | over->attributes);
}

struct theme_style theme_style_behind(const struct theme_table *table, enum theme_depth depth, enum role role)
{
	const struct theme_color black = { THEME_INDEX, 0 }, white = { THEME_INDEX, 15 };
	struct theme_color bg = chosen_or(&table->roles[role].fg, &table->roles[ROLE_TEXT].fg, depth);
	struct theme_style style = { THEME_SHADE_OWN, THEME_SHADE_OWN, ATTRIBUTE_REVERSE };
	bool is_dark;

	if (depth == THEME_MONO || !is_color(bg))
		return style;
	is_dark = theme_color_contrast(rgb_of(bg), rgb_of(white)) > theme_color_contrast(rgb_of(bg), rgb_of(black));
	style = style_of(is_dark ? white : black, bg, depth, 0);
	/* With 8 colours bold would be seen as what the program asked for. */
	style.attributes = 0;
	return style;
}
