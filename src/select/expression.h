/* The frame that filters and -k have in common: and, or, not and brackets around leaves.
 *
 *     expr   = term { OR term }
 *     term   = factor { (AND | MINUS) factor }
 *     factor = NOT factor | OPEN expr CLOSE | leaf
 *
 * What words and signs look like and what a leaf is stays with the source.  An expression is kept as steps in
 * a row, with jumps over what need not be asked, so evaluating it takes no stack however long it is.
 */
#ifndef XTOP_SELECT_EXPRESSION_H
#define XTOP_SELECT_EXPRESSION_H

#include "base/err.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum step_kind { STEP_LEAF, STEP_NOT, STEP_LEAVE_IF_FALSE, STEP_LEAVE_IF_TRUE };

struct expression_step {
	enum step_kind kind;
	uint32_t operand; /* of a leaf: its number; of LEAVE: the step to go on at */
};

struct expression {
	VEC(struct expression_step) steps;
};

enum token { TOKEN_END, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_AND, TOKEN_OR, TOKEN_MINUS, TOKEN_NOT, TOKEN_OTHER };

/* What a parser would have liked to find. */
enum wish {
	WISH_FACTOR,   /* a leaf, NOT or OPEN */
	WISH_OPERATOR, /* AND, OR or the end */
	WISH_CLOSE,    /* the same within brackets: AND, OR or CLOSE */
};

/* Who reads the text: the first member of whatever it needs besides. What fails has set `error`. */
struct expression_source {
	const char *text;
	size_t at; /* where the token begins that peek told */
	struct error *error;
	size_t wrong; /* where the error is, once there is one */
	/* Tells the next token, going over white space in front of it. */
	enum token (*peek)(struct expression_source *source);
	/* Goes behind the token that peek told. */
	void (*skip)(struct expression_source *source);
	/* Reads the leaf that begins with a token OTHER, and goes behind it. */
	int (*leaf)(struct expression_source *source, uint32_t *number);
	/* Complains about the token that peek told; with WISH_CLOSE `opened` is the place of the bracket.
	 * Returns -1. */
	int (*refuse)(struct expression_source *source, enum wish wish, size_t opened);
};

/* Sets source->error, with a caret below `place`, and source->wrong. Returns -1. */
int expression_complain(struct expression_source *source, size_t place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* How many bytes the white space character at a place has, be it of ASCII or another; 0: there is none. */
size_t expression_space(const char *text, size_t at);
/* Reads the whole text. -1: source->error tells why. `expression` is to be zeroed before, and finished in
 * any case. */
int expression_parse(struct expression *expression, struct expression_source *source);
void expression_fini(struct expression *expression);
/* Whether it is true, as `leaf` says which of its leaves are. */
bool expression_holds(const struct expression *expression, bool (*leaf)(void *context, uint32_t number),
		      void *context);

#endif
