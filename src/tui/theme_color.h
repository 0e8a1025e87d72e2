/* The arithmetic of colours: what a theme writes, and what a terminal with fewer colours shows instead.
 *
 * Which of 240 colours is the nearest is decided by the distance in OKLab, a space in which equal distances look
 * equally different. Source: Björn Ottosson, "A perceptual color space for image processing" (2020),
 * https://bottosson.github.io/posts/oklab/. Those 240 are xterm's by convention: a cube of 6×6×6 and 24 greys. The
 * first 16 are the user's own; they are taken for xterm's, which nobody can know better. They are few and gaudy, and by
 * distance most soft colours are nearest to a grey: there a grey (chroma below 0.04) goes to the grey of the nearest
 * lightness, and a colour to the one with the least 2·(1 − cos Δhue) + |Δlightness|/2, as hue is what roles are told by.
 */
#ifndef XTOP_TUI_THEME_COLOR_H
#define XTOP_TUI_THEME_COLOR_H

#include <stdbool.h>
#include <stdint.h>

/* What a terminal can show. */
enum theme_depth { THEME_MONO, THEME_8, THEME_16, THEME_256, THEME_DIRECT };

enum theme_color_kind {
	THEME_UNSET,
	THEME_OWN,   /* the terminal's own foreground or background */
	THEME_INDEX, /* 0 to 255 */
	THEME_RGB,   /* 0xRRGGBB */
};

struct theme_color {
	uint8_t kind; /* enum theme_color_kind */
	uint32_t value;
};

/* "#rrggbb", "75", "default", "red", "bright-red"; false: it is none of these. */
bool theme_color_parse(const char *text, struct theme_color *color);
extern const char *const theme_color_names[]; /* "default" "black" … "bright-white" */
#define THEME_COLOR_NAMES 17

uint32_t theme_color_rgb(unsigned index);    /* of one of the 256; beyond: black */
double theme_color_distance(uint32_t a, uint32_t b); /* between two RGB values; 0: the same, 1: black and white */
/* The contrast of two RGB values, 1 to 21. Source: WCAG 2.2, "contrast ratio". */
double theme_color_contrast(uint32_t a, uint32_t b);
/* The nearest of the first 8 or 16 colours, or of the 240 behind them where there are 256; the first of several. */
unsigned theme_color_nearest(uint32_t rgb, unsigned colors);

#define THEME_SHADE_OWN (-1)

/* The number by which curses knows what comes nearest on such a terminal: a colour's index, or 0xRRGGBB where it takes
 * all colours; THEME_SHADE_OWN for those that are unset. With 8 colours a bright one is that of the eight with *bold
 * set; bright black, which many show as black, is THEME_SHADE_OWN. */
int theme_color_shade(struct theme_color color, enum theme_depth depth, bool *bold);

#endif
