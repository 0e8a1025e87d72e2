/* The words, signs and texts of a filter expression; for filter*.c only. */
#ifndef XTOP_SELECT_FILTER_LEXER_H
#define XTOP_SELECT_FILTER_LEXER_H

#include "base/str.h"
#include "select/expression.h"

struct filter_lexer {
	struct expression_source source;
	size_t token_length; /* bytes of the token that peek told */
	bool of_run;         /* status() and its like may be asked */
	uint32_t *partners;  /* of each bracket: where the one is that closes it, 0: none does */
};

/* Sets text, error, peek and skip of the source; leaf and refuse are the parser's. */
void filter_lexer_init(struct filter_lexer *lexer, const char *text, struct error *error);
void filter_lexer_fini(struct filter_lexer *lexer);

/* What follows reads at source.at and goes behind what it read. */

void filter_lexer_skip_space(struct filter_lexer *lexer);
/* How many bytes a name of a function, or what looks like one, has there. */
size_t filter_lexer_name_length(const struct filter_lexer *lexer);
/* How long the text is that has no quotes; `bare`: outside a function's brackets, where signs end it too. */
size_t filter_lexer_text_length(const struct filter_lexer *lexer, bool bare);
/* Adds a text, with or without quotes. -1: its error is set. */
int filter_lexer_text(struct filter_lexer *lexer, bool bare, struct str *out);
/* Adds what stands between two slashes. -1: its error is set. */
int filter_lexer_regex(struct filter_lexer *lexer, struct str *out);

#endif
