/* Whether a failed attempt is followed by another, and when: the rules of pytest-rerunfailures, for every kind of test.
 *
 * How many: --force-reruns, a mark of the test's own, the command line, a rule, the suite, the project: the first that
 * says it. For pytest's tests the harness judges conditions and regular expressions (`rerun: false`), because it has
 * the exception; for others the engine does, by the message or the last line of output.
 */
#include "base/alloc.h"
#include "base/pattern.h"
#include "engine/internal.h"
#include "event/codec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct retry {
	VEC(struct pattern *) only, except;
	unsigned spent; /* reruns in this run, of all tests */
};

static int compile(struct retry *retry, bool only, char *const *texts, size_t count, struct error *error)
{
	for (size_t i = 0; i < count; i++) {
		struct pattern *pattern = pattern_new((struct slice){ texts[i], strlen(texts[i]) }, NULL, error);
		if (!pattern)
			return error_prefix(error, only ? "--only-rerun" : "--rerun-except");
		if (only)
			vec_push(&retry->only, pattern);
		else
			vec_push(&retry->except, pattern);
	}
	return 0;
}

struct retry *retry_new(const struct config *config, struct error *error)
{
	struct retry *retry = ALLOC_NEW(struct retry);
	if (compile(retry, true, config->only_rerun.items, config->only_rerun.length, error) == 0 &&
	    compile(retry, false, config->rerun_except.items, config->rerun_except.length, error) == 0)
		return retry;
	retry_free(retry);
	return NULL;
}

void retry_free(struct retry *retry)
{
	if (!retry)
		return;
	vec_each(&retry->only, pattern)
		pattern_free(*pattern);
	vec_each(&retry->except, pattern)
		pattern_free(*pattern);
	vec_fini(&retry->only);
	vec_fini(&retry->except);
	free(retry);
}

static unsigned reruns_of(const struct engine *engine, const struct entry *entry)
{
	const struct config *config = engine->config;
	if (config->stress) /* every run counts for itself */
		return 0;
	if (config->force_reruns >= 0)
		return (unsigned)config->force_reruns;
	if (entry->found.reruns >= 0)
		return (unsigned)entry->found.reruns;
	if (config_option_is_forced(config, "reruns"))
		return config->reruns;
	if (entry->reruns >= 0)
		return (unsigned)entry->reruns;
	return entry->found.suite->reruns >= 0 ? (unsigned)entry->found.suite->reruns : config->reruns;
}

/* A mark's, the command line's, a rule's, the project's. */
static uint64_t first_delay(const struct engine *engine, const struct entry *entry)
{
	if (entry->found.reruns_delay != UINT64_MAX)
		return entry->found.reruns_delay;
	if (entry->reruns_delay != UINT64_MAX && !config_option_is_forced(engine->config, "reruns-delay"))
		return entry->reruns_delay;
	return engine->config->reruns_delay;
}

static double factor_of(const struct engine *engine, const struct entry *entry)
{
	if (entry->found.reruns_delay_factor >= 0)
		return entry->found.reruns_delay_factor;
	if (entry->reruns_delay_factor >= 0 &&
	    !config_option_is_forced(engine->config, "reruns-delay-backoff-factor"))
		return entry->reruns_delay_factor;
	return engine->config->reruns_delay_factor;
}

uint64_t retry_delay(const struct engine *engine, const struct entry *entry)
{
	uint64_t delay = first_delay(engine, entry);
	double factor = factor_of(engine, entry);
	if (delay == 0 || entry->attempt <= 1 || factor == 1)
		return delay;
	double later = (double)delay * pow(factor, entry->attempt - 1);
	return later < (double)RETRY_DELAY_MAX ? (uint64_t)later : RETRY_DELAY_MAX;
}

static bool is_within_limit(const struct engine *engine)
{
	int most = engine->config->max_suite_reruns;
	return most < 0 || engine->retry->spent < (unsigned)most;
}

bool retry_may_follow_here(const struct engine *engine, const struct entry *entry)
{
	return entry->attempt <= reruns_of(engine, entry) && is_within_limit(engine);
}

/* A process that could not even be executed will not be the next time either. */
static bool was_started(const struct entry *entry, const struct attempt *attempt)
{
	/* An error in a fixture is one of a server's test that ran. */
	return entry->found.server || attempt->signal || attempt->exit_code >= 0 || attempt->outcome != OUTCOME_ERROR;
}

static struct slice last_line(const struct attempt *attempt)
{
	struct slice text = output_tail(&attempt->output);
	if (text.length == 0)
		text = (struct slice){ attempt->output.head.data, attempt->output.head.length };
	text = slice_trim(text);
	const char *newline = text.length ? memrchr(text.data, '\n', text.length) : NULL;
	if (!newline)
		return text;
	size_t before = (size_t)(newline + 1 - text.data);
	return (struct slice){ text.data + before, text.length - before };
}

static bool is_found(struct pattern *pattern, const struct attempt *attempt)
{
	const char *message = attempt->message ? attempt->message : "";
	return pattern_search(pattern, (struct slice){ message, strlen(message) }) ||
	       pattern_search(pattern, last_line(attempt));
}

static bool is_allowed(const struct retry *retry, const struct attempt *attempt)
{
	bool allowed = retry->only.length == 0;
	vec_each(&retry->only, pattern)
		allowed = allowed || is_found(*pattern, attempt);
	vec_each(&retry->except, pattern)
		allowed = allowed && !is_found(*pattern, attempt);
	return allowed;
}

bool retry_follows(struct engine *engine, const struct entry *entry, const struct attempt *attempt)
{
	if (!outcome_is_failure(attempt->outcome) || entry->no_rerun || entry->attempt > reruns_of(engine, entry) ||
	    !was_started(entry, attempt) || !is_within_limit(engine))
		return false;
	/* A harness that could still speak has judged; one that crashed has not. */
	bool judged = entry->found.server && attempt->outcome != OUTCOME_CRASHED && attempt->outcome != OUTCOME_TIMEOUT;
	if (!judged && !is_allowed(engine->retry, attempt))
		return false;
	engine->retry->spent++;
	return true;
}
