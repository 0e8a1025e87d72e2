/* Text from outside, made safe to show.
 *
 * Source: The Unicode Standard, 3.9 (D92, table 3-7 for well-formed sequences);
 * ill-formed bytes are replaced one maximal subpart at a time by U+FFFD.
 */
#ifndef XTOP_BASE_UTF8_H
#define XTOP_BASE_UTF8_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT UINT32_C(0xFFFD)

/* Decodes one code point at *position (< length) and moves *position behind it.
 * Ill-formed input gives UTF8_REPLACEMENT and moves at least one byte. */
uint32_t utf8_next(const char *bytes, size_t length, size_t *position);
size_t utf8_encode(uint32_t code_point, char out[4]); /* bytes written, 1 to 4 */
bool utf8_is_valid(const char *bytes, size_t length);

/* Columns of a terminal that a code point takes: 0, 1 or 2 (wcwidth(3) where the C library
 * knows, 1 where it does not); what utf8_add_visible spells out counts as it is shown (2 or 8). */
int utf8_width(uint32_t code_point);
size_t utf8_text_width(const char *bytes, size_t length); /* shown in one line: newline and tab count 2 */

/* Appends `bytes` as something that a terminal shows and never obeys: control characters as
 * ^X, ^? and <U+0085>, ill-formed bytes as <XX>, directional controls and line separators as <U+202E>.
 * Newline and tab stay where `keep_lines`, else become "\n" and "\t" in two characters. */
void utf8_add_visible(struct str *out, const char *bytes, size_t length, bool keep_lines);

/* Appends `bytes` with ill-formed parts replaced by U+FFFD: for JSON and XML. */
void utf8_add_valid(struct str *out, const char *bytes, size_t length);

/* Appends `bytes` without ECMA-48 escape sequences (CSI, OSC, DCS, two-byte escapes); everything else
 * stays. Of a control string without an end only the first two bytes are removed. */
void utf8_add_without_escapes(struct str *out, const char *bytes, size_t length);

#endif
