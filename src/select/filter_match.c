#include "event/codec.h"
#include "select/filter_parts.h"

#include <string.h>

/* What a call is asked about, with the facts it is asked of. */
struct question {
	const struct filter *filter;
	const struct test_facts *facts;
};

static bool matcher_matches(const struct matcher *matcher, struct slice name)
{
	switch (matcher->kind) {
	case MATCHER_PART:
		return names_contain(name, slice_of(matcher->text));
	case MATCHER_EQUAL:
		return slice_equal_text(name, matcher->text);
	case MATCHER_CASELESS:
		return caseless_in(matcher->caseless, name);
	case MATCHER_REGEX:
		return pattern_search(matcher->pattern, name);
	case MATCHER_GLOB:
		return names_match_glob(name, slice_of(matcher->text));
	}
	return false;
}

static bool text_matches(const struct matcher *matcher, const char *text)
{
	return text && matcher_matches(matcher, slice_of(text));
}

static bool one_mark_matches(const struct matcher *matcher, const char *marks)
{
	struct slice rest = slice_of(marks);
	struct slice mark;

	while (names_next_mark(&rest, &mark)) {
		if (matcher_matches(matcher, mark))
			return true;
	}
	return false;
}

static bool outcome_matches(const struct matcher *matcher, enum outcome outcome)
{
	return outcome != OUTCOME_NONE && text_matches(matcher, outcome_name(outcome));
}

/* A text is its whole name, or the number in it: "1" is a part of "gw11". */
static bool worker_matches(const struct matcher *matcher, const char *worker)
{
	if (!worker)
		return false;
	if (matcher->kind == MATCHER_PART)
		return !strcmp(matcher->text, worker) || !strcmp(matcher->text, worker + 2);
	return text_matches(matcher, worker) || text_matches(matcher, worker + 2);
}

static bool duration_matches(const struct filter_call *call, uint64_t duration)
{
	if (duration == UINT64_MAX)
		return false;
	switch (call->comparison) {
	case LONGER:
		return duration > call->duration;
	case LONGER_OR_EQUAL:
		return duration >= call->duration;
	case SHORTER:
		return duration < call->duration;
	case SHORTER_OR_EQUAL:
		return duration <= call->duration;
	}
	return false;
}

static bool call_matches(void *context, uint32_t number)
{
	const struct question *question = context;
	const struct test_facts *facts = question->facts;
	const struct filter_call *call = &question->filter->calls.items[number];

	switch (call->function) {
	case FILTER_NAME:
		return facts->id && matcher_matches(&call->matcher, names_own(facts->id));
	case FILTER_TEST:
		return text_matches(&call->matcher, facts->id);
	case FILTER_FILE:
		return text_matches(&call->matcher, facts->file);
	case FILTER_MARKER:
		return one_mark_matches(&call->matcher, facts->marks);
	case FILTER_SUITE:
		return text_matches(&call->matcher, facts->suite);
	case FILTER_GROUP:
		return text_matches(&call->matcher, facts->group);
	case FILTER_SCOPE:
		return text_matches(&call->matcher, facts->scope);
	case FILTER_ADAPTER:
		return text_matches(&call->matcher, facts->adapter);
	case FILTER_OUTCOME:
		return outcome_matches(&call->matcher, facts->outcome);
	case FILTER_FLAKY:
		return facts->flaky;
	case FILTER_QUARANTINED:
		return facts->quarantined;
	case FILTER_DURATION:
		return duration_matches(call, facts->duration);
	case FILTER_ALL:
		return true;
	case FILTER_STATUS:
		return text_matches(&call->matcher, facts->status);
	case FILTER_WORKER:
		return worker_matches(&call->matcher, facts->worker);
	case FILTER_CODE:
		return text_matches(&call->matcher, facts->code);
	case FILTER_MESSAGE:
		return text_matches(&call->matcher, facts->message);
	case FILTER_NONE:
	case FILTER_FUNCTION_COUNT:
		break;
	}
	return false;
}

bool filter_matches(struct filter *filter, const struct test_facts *facts)
{
	struct question question = { filter, facts };

	return expression_holds(&filter->expression, call_matches, &question);
}

bool filter_needs_history(const struct filter *filter)
{
	vec_each(&filter->calls, it) {
		if (it->function == FILTER_OUTCOME || it->function == FILTER_FLAKY ||
		    it->function == FILTER_DURATION)
			return true;
	}
	return false;
}

bool filter_needs_collection(const struct filter *filter)
{
	vec_each(&filter->calls, it) {
		if (it->function == FILTER_MARKER || it->function == FILTER_GROUP ||
		    it->function == FILTER_SCOPE || it->function == FILTER_ADAPTER)
			return true;
	}
	return false;
}

bool filter_needs_quarantine(const struct filter *filter)
{
	vec_each(&filter->calls, it)
		if (it->function == FILTER_QUARANTINED)
			return true;
	return false;
}

bool filter_is_word(const struct filter *filter)
{
	return filter->expression.steps.length == 1 && filter->calls.items[0].is_word;
}

const char *filter_gave_up(const struct filter *filter)
{
	vec_each(&filter->calls, it) {
		if (it->matcher.pattern && pattern_gave_up(it->matcher.pattern))
			return it->matcher.text;
	}
	return NULL;
}
