/* What a filter is made of; for filter*.c only. */
#ifndef XTOP_SELECT_FILTER_PARTS_H
#define XTOP_SELECT_FILTER_PARTS_H

#include "base/pattern.h"
#include "base/vec.h"
#include "select/expression.h"
#include "select/filter.h"
#include "select/names.h"

/* X(name, "name as it is written", what stands in its brackets) */
#define FILTER_FUNCTIONS(X)                    \
	X(NAME, "name", MATCHER)               \
	X(TEST, "test", MATCHER)               \
	X(FILE, "file", MATCHER)               \
	X(MARKER, "marker", MATCHER)           \
	X(SUITE, "suite", MATCHER)             \
	X(GROUP, "group", MATCHER)             \
	X(SCOPE, "scope", MATCHER)             \
	X(ADAPTER, "adapter", MATCHER)         \
	X(OUTCOME, "outcome", OUTCOME)         \
	X(FLAKY, "flaky", NOTHING)             \
	X(QUARANTINED, "quarantined", NOTHING) \
	X(DURATION, "duration", DURATION)      \
	X(ALL, "all", NOTHING)                 \
	X(NONE, "none", NOTHING)               \
	X(STATUS, "status", STATUS)            \
	X(WORKER, "worker", MATCHER)           \
	X(CODE, "code", MATCHER)               \
	X(MESSAGE, "message", MATCHER)

enum filter_function {
#define X(name, text, argument) FILTER_##name,
	FILTER_FUNCTIONS(X)
#undef X
		FILTER_FUNCTION_COUNT,
	FILTER_FIRST_OF_RUN = FILTER_STATUS /* from here on they ask what only a run knows */
};

enum filter_argument { ARGUMENT_NOTHING, ARGUMENT_MATCHER, ARGUMENT_OUTCOME, ARGUMENT_STATUS, ARGUMENT_DURATION };

enum matcher_kind { MATCHER_PART, MATCHER_EQUAL, MATCHER_CASELESS, MATCHER_REGEX, MATCHER_GLOB };
enum comparison { LONGER, LONGER_OR_EQUAL, SHORTER, SHORTER_OR_EQUAL };

struct matcher {
	enum matcher_kind kind;
	char *text;                /* owned, without quotes and the like */
	struct pattern *pattern;   /* of REGEX */
	struct caseless *caseless; /* of CASELESS */
};

/* A function with what stands in its brackets: a leaf of the expression. */
struct filter_call {
	enum filter_function function;
	struct matcher matcher;
	enum comparison comparison;
	uint64_t duration; /* ns */
	bool is_word;      /* written without anything around it */
};

struct filter {
	struct expression expression;
	VEC(struct filter_call) calls;
};

extern const char *const filter_function_names[FILTER_FUNCTION_COUNT];
/* What status() knows: what the dashboard says of a test. NULL-terminated. */
extern const char *const filter_statuses[];

#endif
