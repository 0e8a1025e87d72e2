#include "select/expression.h"

#include "select/complaint.h"

#include <string.h>

enum {
	DEPTH_LIMIT = 200,          /* of brackets: each takes a piece of the stack */
	LENGTH_LIMIT = 1024 * 1024, /* bytes; steps and places fit into 32 bits */
};

int expression_complain(struct expression_source *source, size_t place, const char *format, ...)
{
	struct str message = STR_INIT;
	va_list args;

	va_start(args, format);
	str_add_vformat(&message, format, args);
	va_end(args);
	source->wrong = place;
	complaint_set(source->error, source->text, place, message.data);
	str_fini(&message);
	return -1;
}

size_t expression_space(const char *text, size_t at)
{
	static const char *const others[] = {
		"\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\xA8",
		"\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80",
	};

	text += at;
	if (*text == ' ' || (*text >= '\t' && *text <= '\r'))
		return 1;
	/* U+2000 to U+200B: spaces of several widths, the last of none. */
	if (text_starts_with(text, "\xE2\x80") && (unsigned char)text[2] >= 0x80 &&
	    (unsigned char)text[2] <= 0x8B)
		return 3;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (text_starts_with(text, others[i]))
			return strlen(others[i]);
	}
	return 0;
}

/* The jumps of an expression lead to its end, which is known last. Until then each holds the number of the
 * one before, counted from 1. */
static uint32_t add_jump(struct expression *expression, enum step_kind kind, uint32_t before)
{
	const struct expression_step step = { .kind = kind, .operand = before };

	vec_push(&expression->steps, step);
	return (uint32_t)expression->steps.length;
}

static void land(struct expression *expression, uint32_t jump)
{
	while (jump) {
		struct expression_step *step = &expression->steps.items[jump - 1];

		jump = step->operand;
		step->operand = (uint32_t)expression->steps.length;
	}
}

static void add_not(struct expression *expression)
{
	const struct expression_step step = { .kind = STEP_NOT };

	vec_push(&expression->steps, step);
}

static int parse_expression(struct expression *expression, struct expression_source *source, unsigned depth);

static int parse_brackets(struct expression *expression, struct expression_source *source, unsigned depth)
{
	size_t opened = source->at;

	if (depth == DEPTH_LIMIT)
		return expression_complain(source, opened, "expected at most %d brackets within each other",
					   DEPTH_LIMIT);
	source->skip(source);
	if (parse_expression(expression, source, depth + 1) != 0)
		return -1;
	if (source->peek(source) != TOKEN_CLOSE)
		return source->refuse(source, WISH_CLOSE, opened);
	source->skip(source);
	return 0;
}

static int parse_factor(struct expression *expression, struct expression_source *source, unsigned depth)
{
	struct expression_step step = { .kind = STEP_LEAF };
	bool negated = false;
	enum token token;
	int result;

	while ((token = source->peek(source)) == TOKEN_NOT) {
		source->skip(source);
		negated = !negated;
	}
	if (token == TOKEN_OPEN) {
		result = parse_brackets(expression, source, depth);
	} else if (token == TOKEN_OTHER) {
		result = source->leaf(source, &step.operand);
		if (result == 0)
			vec_push(&expression->steps, step);
	} else {
		result = source->refuse(source, WISH_FACTOR, 0);
	}
	if (result == 0 && negated)
		add_not(expression);
	return result;
}

static int parse_term(struct expression *expression, struct expression_source *source, unsigned depth)
{
	uint32_t jump = 0;
	enum token token;

	if (parse_factor(expression, source, depth) != 0)
		return -1;
	while ((token = source->peek(source)) == TOKEN_AND || token == TOKEN_MINUS) {
		source->skip(source);
		jump = add_jump(expression, STEP_LEAVE_IF_FALSE, jump);
		if (parse_factor(expression, source, depth) != 0)
			return -1;
		if (token == TOKEN_MINUS)
			add_not(expression);
	}
	land(expression, jump);
	return 0;
}

static int parse_expression(struct expression *expression, struct expression_source *source, unsigned depth)
{
	uint32_t jump = 0;

	if (parse_term(expression, source, depth) != 0)
		return -1;
	while (source->peek(source) == TOKEN_OR) {
		source->skip(source);
		jump = add_jump(expression, STEP_LEAVE_IF_TRUE, jump);
		if (parse_term(expression, source, depth) != 0)
			return -1;
	}
	land(expression, jump);
	return 0;
}

int expression_parse(struct expression *expression, struct expression_source *source)
{
	source->at = 0;
	if (strlen(source->text) > LENGTH_LIMIT)
		return expression_complain(source, 0, "expected an expression of at most %d bytes, found %zu",
					   LENGTH_LIMIT, strlen(source->text));
	if (parse_expression(expression, source, 0) != 0)
		return -1;
	if (source->peek(source) != TOKEN_END)
		return source->refuse(source, WISH_OPERATOR, 0);
	return 0;
}

void expression_fini(struct expression *expression)
{
	vec_fini(&expression->steps);
}

bool expression_holds(const struct expression *expression, bool (*leaf)(void *context, uint32_t number),
		      void *context)
{
	bool holds = false;

	for (size_t i = 0; i < expression->steps.length;) {
		const struct expression_step *step = &expression->steps.items[i++];

		switch (step->kind) {
		case STEP_LEAF:
			holds = leaf(context, step->operand);
			break;
		case STEP_NOT:
			holds = !holds;
			break;
		case STEP_LEAVE_IF_FALSE:
		case STEP_LEAVE_IF_TRUE:
			if (holds == (step->kind == STEP_LEAVE_IF_TRUE))
				i = step->operand;
			break;
		}
	}
	return holds;
}
