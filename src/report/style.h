/* How runs look as text: symbols, words, colours, numbers, and text of tests made safe. */
#ifndef XTOP_REPORT_STYLE_H
#define XTOP_REPORT_STYLE_H

#include "base/str.h"
#include "model/model.h"

#include <stdbool.h>
#include <stdint.h>

struct style {
	bool color; /* SGR sequences */
	bool ascii; /* stand-ins for characters beyond ASCII */
};

enum style_role { ROLE_PLAIN, ROLE_GOOD, ROLE_BAD, ROLE_WARN, ROLE_DIM, ROLE_STRONG };

/* Appends `text` in the role's colour. */
void style_add(const struct style *style, struct str *out, enum style_role role, const char *text);

/* One column; `flaky` and `quarantined` go before the outcome. Static. */
const char *style_symbol(const struct style *style, enum outcome outcome, bool flaky, bool quarantined);
enum style_role style_role_of(enum outcome outcome, bool flaky, bool quarantined);
/* "passed", "flaky", …; at most 7 columns. Static. */
const char *style_word(enum outcome outcome, bool flaky);

/* "0.32s" "12.3s" "1:42" "1:02:03"; never rounded up. */
void style_add_duration(struct str *out, uint64_t nanoseconds);
/* "2026-11-22" or, `with_time`, "2026-11-22 14:03:55", of a time in ns since 1970, UTC. */
void style_add_date(struct str *out, uint64_t wall, bool with_time);
/* The same for machines: "2026-11-22T14:03:55Z". */
void style_add_timestamp(struct str *out, uint64_t wall);
/* "512 bytes" "24.3 KiB" */
void style_add_size(struct str *out, uint64_t bytes);
/* "1 test", "2 tests" */
void style_add_count(struct str *out, uint64_t count, const char *noun);
/* "SIGSEGV", "exit code 3", or nothing where the attempt ended in no such way or `but` says it already. */
void style_add_ending(struct str *out, const struct attempt *attempt, const char *but);

/* "id", "suite: id", and the ordinal where there are equal ids. */
void style_add_name(struct str *out, const struct test *test, bool with_suite);
/* "XT1001 segfault: killed by SIGSEGV in …", the evidence in a line of its own; nothing where there is no diagnosis. */
void style_add_diagnosis(struct str *out, const struct attempt *attempt);
/* Why it has its outcome, in one line: how it ended, message or reason, code. May add nothing. */
void style_add_why(struct str *out, const struct test *test);
/* A line about a test that has its verdict: symbol, outcome, duration, worker, name, why. What follows the
 * name is cut at `width` columns, 0: not. */
void style_add_test_line(const struct style *style, struct str *out, const struct test *test, bool with_suite,
			 size_t width);

/* A line of the log, said to be xtop's or whose it is, and the rest of its text below it. */
void style_add_log_line(const struct style *style, struct str *out, const struct log_line *line);
/* Whether it is a text that somebody else laid out, such as pytest's summary. */
bool style_is_laid_out(const struct log_line *line);
/* Such a text, safe but otherwise as it is, in all its width and with nothing before its lines. */
void style_add_laid_out(const struct style *style, struct str *out, const struct log_line *line);

/* Text from outside, its escape sequences removed and all else visible: its first line. NULL adds nothing. */
void style_add_first_line(struct str *out, const char *text);
/* All lines, each behind `prefix` (in ROLE_DIM). With a bar there a line never begins with the text itself, so
 * what reads logs for commands finds none in what tests print. */
void style_add_block(const struct style *style, struct str *out, const char *prefix, struct slice text);
/* Head, gap and tail in the same way. */
void style_add_output(const struct style *style, struct str *out, const char *prefix,
		      const struct output *output);
/* The bar before foreign lines, with its space. Static. */
const char *style_bar(const struct style *style);

/* Appends what is shown of an output: what stands before and after the place where something is missing, without
 * what is left of a cut character, and from line to line where the cut line is short. Where nothing is missing, all
 * of it is `before`. `missing` gets what to say of that place, in brackets, or nothing. */
void style_split_output(const struct style *style, const struct output *output, struct str *before,
			struct str *missing, struct str *after);

/* Cuts visible text from byte `from` on to at most `columns`, the last an ellipsis where it is cut. */
void style_cut(const struct style *style, struct str *text, size_t from, size_t columns);

#endif
