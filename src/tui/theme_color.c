#include "tui/theme_color.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDEX_BRIGHT_BLACK 8
#define GREY_CHROMA 0.04

const char *const theme_color_names[THEME_COLOR_NAMES] = {
	"default",    "black",        "red",           "green",       "yellow",         "blue",
	"magenta",    "cyan",         "white",         "bright-black", "bright-red",    "bright-green",
	"bright-yellow", "bright-blue", "bright-magenta", "bright-cyan", "bright-white",
};

static int digit_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

static bool parse_rgb(const char *text, struct theme_color *color)
{
	uint32_t value = 0;

	if (strlen(text) != 6)
		return false;
	for (; *text; text++) {
		int digit = digit_value(*text);

		if (digit < 0)
			return false;
		value = value << 4 | (uint32_t)digit;
	}
	*color = (struct theme_color){ THEME_RGB, value };
	return true;
}

bool theme_color_parse(const char *text, struct theme_color *color)
{
	size_t digits = strspn(text, "0123456789");

	if (*text == '#')
		return parse_rgb(text + 1, color);
	if (digits > 0 && digits <= 3 && !text[digits]) {
		unsigned long value = strtoul(text, NULL, 10);

		*color = (struct theme_color){ THEME_INDEX, (uint32_t)value };
		return value <= 255;
	}
	for (unsigned i = 0; i < THEME_COLOR_NAMES; i++)
		if (!strcmp(theme_color_names[i], text)) {
			*color = i ? (struct theme_color){ THEME_INDEX, i - 1 } : (struct theme_color){ THEME_OWN, 0 };
			return true;
		}
	return false;
}

uint32_t theme_color_rgb(unsigned index)
{
	static const uint32_t first[16] = {
		0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
		0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
	};
	static const uint32_t steps[6] = { 0x00, 0x5f, 0x87, 0xaf, 0xd7, 0xff };

	if (index < 16)
		return first[index];
	if (index < 232) {
		unsigned in_cube = index - 16;

		return steps[in_cube / 36] << 16 | steps[in_cube / 6 % 6] << 8 | steps[in_cube % 6];
	}
	return index < 256 ? (8 + 10 * (index - 232)) * 0x010101 : 0;
}

/* The share of light that a byte of sRGB stands for. Source: IEC 61966-2-1. */
static double linear(uint32_t byte)
{
	double share = (double)(byte & 0xff) / 255;

	return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4);
}

struct lab {
	double l, a, b;
};

static struct lab lab_of(uint32_t rgb)
{
	double red = linear(rgb >> 16), green = linear(rgb >> 8), blue = linear(rgb);
	double l = cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
	double m = cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
	double s = cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);

	return (struct lab){
		.l = 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
		.a = 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
		.b = 0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s,
	};
}

static double lab_distance(struct lab x, struct lab y)
{
	double l = x.l - y.l, a = x.a - y.a, b = x.b - y.b;

	return sqrt(l * l + a * a + b * b);
}

double theme_color_distance(uint32_t a, uint32_t b)
{
	return lab_distance(lab_of(a), lab_of(b));
}

static double luminance(uint32_t rgb)
{
	return 0.2126 * linear(rgb >> 16) + 0.7152 * linear(rgb >> 8) + 0.0722 * linear(rgb);
}

double theme_color_contrast(uint32_t a, uint32_t b)
{
	double x = luminance(a), y = luminance(b);

	return x > y ? (x + 0.05) / (y + 0.05) : (y + 0.05) / (x + 0.05);
}

/* Among the first 16: a grey and a colour are never near. */
static double plain_distance(struct lab x, struct lab y)
{
	double chroma = hypot(x.a, x.b), other = hypot(y.a, y.b), l = fabs(x.l - y.l);

	if ((chroma < GREY_CHROMA) != (other < GREY_CHROMA))
		return INFINITY;
	if (chroma < GREY_CHROMA)
		return l;
	return 2 * (1 - (x.a * y.a + x.b * y.b) / (chroma * other)) + l / 2;
}

unsigned theme_color_nearest(uint32_t rgb, unsigned colors)
{
	unsigned begin = colors > 16 ? 16 : 0, end = colors > 16 ? 256 : colors, best = begin;
	struct lab wanted = lab_of(rgb);
	double least = INFINITY;

	for (unsigned i = begin; i < end; i++) {
		struct lab found = lab_of(theme_color_rgb(i));
		double distance = colors > 16 ? lab_distance(wanted, found) : plain_distance(wanted, found);

		if (distance < least) {
			least = distance;
			best = i;
		}
	}
	return best;
}

/* Terminals that take all colours by number take the lowest numbers for their palette. */
static int direct_shade(uint32_t rgb)
{
	return (int)(rgb < 0x100 ? rgb | 0x100 : rgb);
}

static int bright_with_eight(unsigned index, bool *bold)
{
	if (index == INDEX_BRIGHT_BLACK)
		return THEME_SHADE_OWN;
	*bold = true;
	return (int)index - 8;
}

int theme_color_shade(struct theme_color color, enum theme_depth depth, bool *bold)
{
	unsigned index = color.value;

	*bold = false;
	if (depth == THEME_MONO || color.kind == THEME_UNSET || color.kind == THEME_OWN)
		return THEME_SHADE_OWN;
	if (depth == THEME_DIRECT) {
		if (color.kind == THEME_RGB)
			return direct_shade(color.value);
		return index < 8 ? (int)index : direct_shade(theme_color_rgb(index));
	}
	if (depth == THEME_256)
		return (int)(color.kind == THEME_INDEX ? index : theme_color_nearest(color.value, 256));
	if (color.kind == THEME_RGB || index >= 16)
		index = theme_color_nearest(color.kind == THEME_RGB ? color.value : theme_color_rgb(index), 16);
	if (depth == THEME_8 && index >= 8)
		return bright_with_eight(index, bold);
	return (int)index;
}
