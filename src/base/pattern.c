#include "base/pattern.h"

#include "base/alloc.h"
#include "base/utf8.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

/* PCRE2 counts the steps of a match anew at each place of the subject where it tries to begin one. A
 * pattern that ran out of them has half as many the next time: a hundred thousand tests must not cost a
 * hundred thousand times the most that one may cost. Steps are counted and not time, so that all machines
 * give the same answer. */
enum {
	MOST_STEPS = 50000,   /* at one place */
	FEWEST_STEPS = 1000,  /* of a pattern that ran out of steps several times */
	DEPTH_LIMIT = 100000, /* of the interpreter, which serves where there is no JIT */
	HEAP_LIMIT_KIB = 20 * 1024,
};

struct pattern {
	pcre2_code *code;
	pcre2_match_context *context;
	pcre2_match_data *data;
	unsigned times_given_up;
};

static pcre2_compile_context *compile_context(void)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);

	if (!context)
		alloc_failed(0);
	/* The default is whatever PCRE2 was built with. */
	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	pcre2_set_bsr(context, PCRE2_BSR_UNICODE);
	return context;
}

static void set_message(struct error *error, int number)
{
	PCRE2_UCHAR message[256] = "";

	if (number == PCRE2_ERROR_HEAP_FAILED)
		alloc_failed(0);
	/* A negative answer means that the text was cut, or is about an error that PCRE2 does not know. */
	if (pcre2_get_error_message(number, message, sizeof(message)) < 0 && !message[0])
		error_set(error, "not a regular expression (PCRE2 error %d)", number);
	else
		error_set(error, "%s", (const char *)message);
}

struct pattern *pattern_new(struct slice text, size_t *offset, struct error *error)
{
	const char *bytes = text.data ? text.data : "";
	uint32_t options = PCRE2_NEVER_BACKSLASH_C;
	pcre2_compile_context *context = compile_context();
	struct pattern *pattern;
	PCRE2_SIZE place = 0;
	pcre2_code *code;
	int number;

	if (utf8_is_valid(bytes, text.length))
		options |= PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF;
	code = pcre2_compile((PCRE2_SPTR)bytes, text.length, options, &number, &place, context);
	pcre2_compile_context_free(context);
	if (!code) {
		set_message(error, number);
		if (offset)
			*offset = place < text.length ? place : text.length;
		return NULL;
	}
	pattern = ALLOC_NEW(struct pattern);
	pattern->code = code;
	/* Where memory may not be made executable the interpreter does the work, more slowly. */
	(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	pattern->context = pcre2_match_context_create(NULL);
	pattern->data = pcre2_match_data_create_from_pattern(code, NULL);
	if (!pattern->context || !pattern->data)
		alloc_failed(0);
	pcre2_set_depth_limit(pattern->context, DEPTH_LIMIT);
	pcre2_set_heap_limit(pattern->context, HEAP_LIMIT_KIB);
	return pattern;
}

void pattern_free(struct pattern *pattern)
{
	if (!pattern)
		return;
	pcre2_match_data_free(pattern->data);
	pcre2_match_context_free(pattern->context);
	pcre2_code_free(pattern->code);
	free(pattern);
}

static uint32_t steps_left(const struct pattern *pattern)
{
	unsigned times = pattern->times_given_up;
	uint32_t steps = times < 16 ? (uint32_t)MOST_STEPS >> times : 0;

	return steps < FEWEST_STEPS ? FEWEST_STEPS : steps;
}

/* How many offsets pattern->data has now; 0: no match. */
static int match(struct pattern *pattern, struct slice subject)
{
	PCRE2_SPTR bytes = (PCRE2_SPTR)(subject.data ? subject.data : "");
	int count;

	pcre2_set_match_limit(pattern->context, steps_left(pattern));
	count = pcre2_match(pattern->code, bytes, subject.length, 0, 0, pattern->data, pattern->context);
	/* The JIT's stack is small; the interpreter keeps its own on the heap. */
	if (count == PCRE2_ERROR_JIT_STACKLIMIT)
		count = pcre2_match(pattern->code, bytes, subject.length, 0, PCRE2_NO_JIT, pattern->data,
				    pattern->context);
	if (count == PCRE2_ERROR_NOMEMORY)
		alloc_failed(0);
	if (count < 0 && count != PCRE2_ERROR_NOMATCH)
		pattern->times_given_up++;
	return count < 0 ? 0 : count;
}

bool pattern_search(struct pattern *pattern, struct slice subject)
{
	return match(pattern, subject) > 0;
}

bool pattern_extract(struct pattern *pattern, struct slice subject, struct slice *part)
{
	int count = match(pattern, subject);
	const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(pattern->data);

	if (count <= 0)
		return false;
	/* A group in a branch that was not taken has no text. */
	if (count > 1 && ends[2] != PCRE2_UNSET)
		ends += 2;
	/* \K can move the start of a match behind its end. */
	part->data = subject.data ? subject.data + ends[0] : "";
	part->length = ends[1] > ends[0] ? ends[1] - ends[0] : 0;
	return true;
}

bool pattern_gave_up(const struct pattern *pattern)
{
	return pattern->times_given_up > 0;
}
