#include "tui/ansi.h"

#include "base/alloc.h"
#include "base/utf8.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SEQUENCE_MAX 96 /* bytes of a sequence's parameters; a longer one is dropped */
#define PARAMETERS_MAX 32
#define TAB_WIDTH 8

#define ESCAPE '\033'
#define BELL '\007'

enum state {
	STATE_TEXT,
	STATE_ESCAPE,
	STATE_INTERMEDIATE,  /* ESC ( and the like: one more byte */
	STATE_CONTROL,       /* ESC [ */
	STATE_STRING,        /* ESC ] and the like: until BEL or ESC \ */
	STATE_STRING_ESCAPE,
};

/* 0: the terminal's own; else a colour's number + 1. */
struct look {
	unsigned front, back;
	uint8_t attributes;
};

struct ansi {
	void (*line)(void *context, const struct cell *cells, size_t count);
	void *context;
	VEC(struct cell) cells; /* of the line so far, one a column */
	size_t column;
	bool begun; /* the line has something, be it nothing visible */
	enum state state;
	char sequence[SEQUENCE_MAX];
	size_t sequence_length; /* beyond SEQUENCE_MAX: it is too long */
	char partial[4];        /* of a character whose other bytes are to come */
	size_t partial_length;
	struct look look;
	uint8_t role, attributes; /* what comes of the look */
	struct str spelled;
};

struct ansi *ansi_new(void (*line)(void *context, const struct cell *cells, size_t count), void *context)
{
	struct ansi *ansi = ALLOC_NEW(struct ansi);

	ansi->line = line;
	ansi->context = context;
	ansi->role = ROLE_TEXT;
	str_init(&ansi->spelled);
	return ansi;
}

void ansi_free(struct ansi *ansi)
{
	if (!ansi)
		return;
	vec_fini(&ansi->cells);
	str_fini(&ansi->spelled);
	free(ansi);
}

/* --- the line --- */

static void end_line(struct ansi *ansi)
{
	ansi->line(ansi->context, ansi->cells.items, ansi->cells.length);
	vec_clear(&ansi->cells);
	ansi->column = 0;
	ansi->begun = false;
}

static struct cell blank(void)
{
	return (struct cell){ .text = { ' ' }, .width = 1, .role = ROLE_TEXT };
}

static void pad(struct ansi *ansi, size_t columns)
{
	while (ansi->cells.length < columns)
		vec_push(&ansi->cells, blank());
}

/* Half a wide character can't stay: what is cut in two becomes blanks. */
static void split_at(struct ansi *ansi, size_t column)
{
	struct cell *cells = ansi->cells.items;

	if (column == 0 || column >= ansi->cells.length || cells[column].width)
		return;
	cells[column - 1] = cells[column] = blank();
}

static void put(struct ansi *ansi, uint32_t code_point, unsigned width)
{
	struct cell cell = { .text = { code_point },
			     .width = (uint8_t)width,
			     .role = ansi->role,
			     .attributes = ansi->attributes };

	if (ansi->column + width > ANSI_COLUMNS_MAX)
		end_line(ansi);
	split_at(ansi, ansi->column);
	split_at(ansi, ansi->column + width);
	pad(ansi, ansi->column + width);
	ansi->cells.items[ansi->column++] = cell;
	if (width == 2) {
		cell.text[0] = 0;
		cell.width = 0;
		ansi->cells.items[ansi->column++] = cell;
	}
	ansi->begun = true;
}

static void combine(struct ansi *ansi, uint32_t code_point)
{
	size_t column = ansi->column;

	if (column == 0 || column > ansi->cells.length)
		return;
	column -= ansi->cells.items[column - 1].width ? 1 : 2;
	for (unsigned part = 1; part < CELL_PARTS; part++) {
		if (!ansi->cells.items[column].text[part]) {
			ansi->cells.items[column].text[part] = code_point;
			return;
		}
	}
}

static void spell_out(struct ansi *ansi, const char *bytes, size_t length)
{
	str_clear(&ansi->spelled);
	utf8_add_visible(&ansi->spelled, bytes, length, false);
	for (size_t i = 0; i < ansi->spelled.length; i++)
		put(ansi, (unsigned char)ansi->spelled.data[i], 1);
}

/* One character, or bytes that are none. */
static void put_character(struct ansi *ansi, const char *bytes, size_t length)
{
	size_t position = 0;
	uint32_t code_point = utf8_next(bytes, length, &position);
	int width = utf8_width(code_point);

	bool bad = code_point == UTF8_REPLACEMENT && (length != 3 || memcmp(bytes, "\xEF\xBF\xBD", 3) != 0);

	if (bad || width > 2)
		spell_out(ansi, bytes, length);
	else if (width == 0)
		combine(ansi, code_point);
	else
		put(ansi, code_point, (unsigned)width);
}

static void erase_in_line(struct ansi *ansi, unsigned how)
{
	size_t end = ansi->column + 1;

	if (how == 0 && ansi->column < ansi->cells.length) {
		split_at(ansi, ansi->column);
		ansi->cells.length = ansi->column;
	} else if (how == 2) {
		vec_clear(&ansi->cells);
	} else if (how == 1) {
		split_at(ansi, end);
		for (size_t i = 0; i < end && i < ansi->cells.length; i++)
			ansi->cells.items[i] = blank();
	}
}

static void put_control(struct ansi *ansi, char byte)
{
	switch (byte) {
	case '\n':
		end_line(ansi);
		break;
	case '\r':
		ansi->column = 0;
		break;
	case '\b':
		ansi->column -= ansi->column > 0;
		break;
	case '\t':
		ansi->column += TAB_WIDTH - ansi->column % TAB_WIDTH;
		if (ansi->column > ANSI_COLUMNS_MAX)
			end_line(ansi);
		pad(ansi, ansi->column);
		ansi->begun = true;
		break;
	case ESCAPE:
		ansi->state = STATE_ESCAPE;
		break;
	default:
		spell_out(ansi, &byte, 1);
		break;
	}
}

/* --- colours --- */

struct rgb {
	int red, green, blue;
};

/* As xterm has them. */
static const struct rgb palette[16] = {
	{ 0, 0, 0 },       { 205, 0, 0 },   { 0, 205, 0 },   { 205, 205, 0 },
	{ 0, 0, 238 },     { 205, 0, 205 }, { 0, 205, 205 }, { 229, 229, 229 },
	{ 127, 127, 127 }, { 255, 0, 0 },   { 0, 255, 0 },   { 255, 255, 0 },
	{ 92, 92, 255 },   { 255, 0, 255 }, { 0, 255, 255 }, { 255, 255, 255 },
};

#define GREY_BELOW 48 /* between the strongest and the weakest of the three */

static bool is_grey(unsigned colour)
{
	return colour % 8 == 0 || colour % 8 == 7;
}

static unsigned nearest(struct rgb wanted)
{
	int most = wanted.red, least = wanted.red, best = -1;
	unsigned found = 0;

	most = wanted.green > most ? wanted.green : most;
	most = wanted.blue > most ? wanted.blue : most;
	least = wanted.green < least ? wanted.green : least;
	least = wanted.blue < least ? wanted.blue : least;
	for (unsigned i = 0; i < 16; i++) {
		int red = palette[i].red - wanted.red, green = palette[i].green - wanted.green;
		int blue = palette[i].blue - wanted.blue;
		int distance = red * red + green * green + blue * blue;

		/* A pale blue is still blue, though white is not far. */
		if (is_grey(i) != (most - least < GREY_BELOW))
			continue;
		if (best < 0 || distance < best) {
			best = distance;
			found = i;
		}
	}
	return found;
}

static unsigned of_256(unsigned number)
{
	static const int steps[6] = { 0, 95, 135, 175, 215, 255 };
	int grey;

	if (number < 16)
		return number;
	if (number < 232) {
		number -= 16;
		return nearest((struct rgb){ steps[number / 36], steps[number / 6 % 6], steps[number % 6] });
	}
	grey = 8 + 10 * (int)((number > 255 ? 255 : number) - 232);
	return nearest((struct rgb){ grey, grey, grey });
}

/* One colour is all that a cell has: of two, the background's, in reverse. */
static void settle_look(struct ansi *ansi)
{
	const struct look *look = &ansi->look;
	bool reverse = look->attributes & ATTRIBUTE_REVERSE;
	unsigned colour = reverse ? look->front : look->back;

	ansi->attributes = look->attributes & (uint8_t)~ATTRIBUTE_REVERSE;
	if (colour || (reverse && !look->back))
		ansi->attributes |= ATTRIBUTE_REVERSE;
	else
		colour = reverse ? look->back : look->front;
	ansi->role = colour ? (uint8_t)(ROLE_ANSI_BLACK + colour - 1) : (uint8_t)ROLE_TEXT;
}

/* --- sequences --- */

struct parameters {
	unsigned values[PARAMETERS_MAX];
	bool joined[PARAMETERS_MAX]; /* by a colon to the one before */
	size_t count;
};

static void read_parameters(const struct ansi *ansi, struct parameters *parameters)
{
	memset(parameters, 0, sizeof(*parameters));
	parameters->count = 1;
	for (size_t i = 0; i < ansi->sequence_length; i++) {
		char byte = ansi->sequence[i];
		unsigned *value = &parameters->values[parameters->count - 1];

		if (byte >= '0' && byte <= '9') {
			if (*value < 100000)
				*value = *value * 10 + (unsigned)(byte - '0');
		} else if (parameters->count == PARAMETERS_MAX) {
			return;
		} else {
			parameters->joined[parameters->count++] = byte == ':';
		}
	}
}

/* The colour behind 38, 48 or 58 at `at`; *colour is a number + 1. Returns how many parameters it took. */
static size_t read_colour(const struct parameters *parameters, size_t at, unsigned *colour)
{
	const unsigned *values = parameters->values + at;
	size_t left = parameters->count - at, joined = 0;

	while (joined + 1 < left && parameters->joined[at + joined + 1])
		joined++;
	/* 38:2::R:G:B names a colour space, or leaves it out. */
	if (joined >= 2 && values[1] == 5)
		*colour = of_256(values[2]) + 1;
	else if (joined >= 4 && values[1] == 2)
		*colour = nearest((struct rgb){ (int)(values[joined - 2] & 255), (int)(values[joined - 1] & 255),
						(int)(values[joined] & 255) }) + 1;
	if (joined)
		return joined;
	if (left > 2 && values[1] == 5) {
		*colour = of_256(values[2]) + 1;
		return 2;
	}
	if (left > 4 && values[1] == 2) {
		*colour = nearest((struct rgb){ (int)(values[2] & 255), (int)(values[3] & 255),
						(int)(values[4] & 255) }) + 1;
		return 4;
	}
	return left - 1; /* nobody knows what the rest means */
}

static void set(struct look *look, unsigned bits, bool on)
{
	look->attributes = (uint8_t)(on ? look->attributes | bits : look->attributes & ~bits);
}

/* Returns how many parameters it took beyond its own. */
static size_t apply(struct look *look, const struct parameters *parameters, size_t at)
{
	unsigned value = parameters->values[at], ignored = 0;

	if (value >= 30 && value <= 37)
		look->front = value - 29;
	else if (value >= 40 && value <= 47)
		look->back = value - 39;
	else if (value >= 90 && value <= 97)
		look->front = value - 81;
	else if (value >= 100 && value <= 107)
		look->back = value - 91;
	switch (value) {
	case 0:
		*look = (struct look){ .front = 0 };
		break;
	case 1:
		set(look, ATTRIBUTE_BOLD, true);
		break;
	case 2:
		set(look, ATTRIBUTE_DIM, true);
		break;
	case 3:
		set(look, ATTRIBUTE_ITALIC, true);
		break;
	case 4: /* 4:0 takes the line away, 4:3 is a wavy one */
		set(look, ATTRIBUTE_UNDERLINE,
		    at + 1 >= parameters->count || !parameters->joined[at + 1] || parameters->values[at + 1]);
		break;
	case 7:
		set(look, ATTRIBUTE_REVERSE, true);
		break;
	case 21:
		set(look, ATTRIBUTE_UNDERLINE, true);
		break;
	case 22:
		set(look, ATTRIBUTE_BOLD | ATTRIBUTE_DIM, false);
		break;
	case 23:
		set(look, ATTRIBUTE_ITALIC, false);
		break;
	case 24:
		set(look, ATTRIBUTE_UNDERLINE, false);
		break;
	case 27:
		set(look, ATTRIBUTE_REVERSE, false);
		break;
	case 38:
		return read_colour(parameters, at, &look->front);
	case 39:
		look->front = 0;
		break;
	case 48:
		return read_colour(parameters, at, &look->back);
	case 49:
		look->back = 0;
		break;
	case 58: /* of the underline */
		return read_colour(parameters, at, &ignored);
	default:
		break;
	}
	return 0;
}

static void select_graphic_rendition(struct ansi *ansi, const struct parameters *parameters)
{
	for (size_t i = 0; i < parameters->count; i++)
		if (!parameters->joined[i])
			i += apply(&ansi->look, parameters, i);
	settle_look(ansi);
}

static void end_sequence(struct ansi *ansi, char last)
{
	struct parameters parameters;
	const char *sequence = ansi->sequence;

	ansi->state = STATE_TEXT;
	/* Private ones (ESC [ ? …, ESC [ > …) and those with intermediate bytes mean other things. */
	if (ansi->sequence_length > SEQUENCE_MAX || (ansi->sequence_length && *sequence >= '<'))
		return;
	for (size_t i = 0; i < ansi->sequence_length; i++)
		if (sequence[i] < '0')
			return;
	read_parameters(ansi, &parameters);
	if (last == 'm') {
		select_graphic_rendition(ansi, &parameters);
	} else if (last == 'K') {
		erase_in_line(ansi, parameters.values[0]);
	} else if (last == 'G') {
		ansi->column = parameters.values[0] ? parameters.values[0] - 1 : 0;
		/* Nobody has so wide a terminal. */
		if (ansi->column > 1024)
			ansi->column = 1024;
	}
}

/* --- bytes --- */

/* False: the byte ends what was begun, and is to be read as text. */
static bool go_on_in_sequence(struct ansi *ansi, char byte)
{
	unsigned char value = (unsigned char)byte;

	switch (ansi->state) {
	case STATE_ESCAPE:
		ansi->sequence_length = 0;
		if (byte == '[')
			ansi->state = STATE_CONTROL;
		else if (value && strchr("]PX^_", byte))
			ansi->state = STATE_STRING;
		else if (value >= 0x20 && value < 0x30)
			ansi->state = STATE_INTERMEDIATE;
		else
			ansi->state = STATE_TEXT;
		return value >= 0x20 && value < 0x7F;
	case STATE_INTERMEDIATE:
		if (value < 0x20 || value >= 0x30)
			ansi->state = STATE_TEXT;
		return value >= 0x20 && value < 0x7F;
	case STATE_CONTROL:
		if (value < 0x20 || value >= 0x7F) {
			ansi->state = STATE_TEXT;
			return false;
		}
		if (value >= 0x40)
			end_sequence(ansi, byte);
		else if (ansi->sequence_length < SEQUENCE_MAX)
			ansi->sequence[ansi->sequence_length++] = byte;
		else
			ansi->sequence_length = SEQUENCE_MAX + 1;
		return true;
	case STATE_STRING:
		if (byte == ESCAPE)
			ansi->state = STATE_STRING_ESCAPE;
		else if (byte == BELL || byte == '\n')
			ansi->state = STATE_TEXT;
		return byte != '\n';
	case STATE_STRING_ESCAPE:
		/* ESC \ ends it, and any other ESC begins something new. */
		ansi->state = byte == '\\' ? STATE_TEXT : STATE_ESCAPE;
		return byte == '\\' || go_on_in_sequence(ansi, byte);
	case STATE_TEXT:
		break;
	}
	return false;
}

/* How many bytes the character takes that begins with this one, as far as that tells. */
static size_t character_size(unsigned char lead)
{
	return lead >= 0xF0 && lead <= 0xF4 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
}

/* Whether nothing that follows could make a character of these bytes. */
static bool is_whole(const char *bytes, size_t length)
{
	size_t position = 0;

	utf8_next(bytes, length, &position);
	return position < length || length >= character_size((unsigned char)bytes[0]) ||
	       (unsigned char)bytes[0] > 0xF4;
}

static void take_text(struct ansi *ansi, char byte)
{
	if (!ansi->partial_length && (unsigned char)byte < 0x80) {
		if (byte >= 0x20 && byte < 0x7F)
			put(ansi, (unsigned char)byte, 1);
		else
			put_control(ansi, byte);
		return;
	}
	ansi->partial[ansi->partial_length++] = byte;
	while (ansi->partial_length && is_whole(ansi->partial, ansi->partial_length)) {
		size_t position = 0, left;
		char rest[4];

		utf8_next(ansi->partial, ansi->partial_length, &position);
		put_character(ansi, ansi->partial, position);
		left = ansi->partial_length - position;
		memcpy(rest, ansi->partial + position, left);
		ansi->partial_length = 0;
		/* What cut it short is a character of its own. */
		for (size_t i = 0; i < left; i++)
			ansi_feed(ansi, &rest[i], 1);
		return;
	}
}

void ansi_feed(struct ansi *ansi, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (ansi->state == STATE_TEXT || !go_on_in_sequence(ansi, bytes[i]))
			take_text(ansi, bytes[i]);
}

void ansi_end(struct ansi *ansi)
{
	if (ansi->partial_length) {
		size_t length = ansi->partial_length;

		ansi->partial_length = 0;
		spell_out(ansi, ansi->partial, length);
	}
	ansi->state = STATE_TEXT;
	if (ansi->begun)
		end_line(ansi);
}
