#include "engine/rules.h"

#include "base/alloc.h"
#include "base/pattern.h"
#include "base/vec.h"
#include "select/filter.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct rule {
	const struct rule_config *config;
	struct filter *filter;
	struct pattern *scope; /* NULL: none */
	bool filter_told, scope_told; /* that it gave up */
};

struct rules {
	const struct config *config;
	VEC(struct rule) list;
};

static int compile(struct rules *rules, const struct rule_config *config, struct error *error)
{
	struct rule rule = { .config = config };
	const char *file = rules->config->config_name;
	rule.filter = filter_parse(config->filter, NULL, error);
	if (!rule.filter)
		return error_prefix(error, "%s:%d:%d: filter", file, config->filter_line, config->filter_column);
	if (config->scope) {
		rule.scope = pattern_new((struct slice){ config->scope, strlen(config->scope) }, NULL, error);
		if (!rule.scope) {
			filter_free(rule.filter);
			return error_prefix(error, "%s:%d:%d: scope", file, config->scope_line,
					    config->scope_column);
		}
	}
	vec_push(&rules->list, rule);
	return 0;
}

struct rules *rules_new(const struct config *config, struct error *error)
{
	struct rules *rules = ALLOC_NEW(struct rules);
	rules->config = config;
	vec_each(&config->rules, rule) {
		if (compile(rules, rule, error) != 0) {
			rules_free(rules);
			return NULL;
		}
	}
	return rules;
}

void rules_free(struct rules *rules)
{
	if (!rules)
		return;
	vec_each(&rules->list, rule) {
		filter_free(rule->filter);
		pattern_free(rule->scope);
	}
	vec_fini(&rules->list);
	free(rules);
}

/* What some rule before has said already. */
struct said {
	bool serial, priority, limits;
};

static void add(const struct rule *rule, const char *id, struct said *said, struct ruled *out)
{
	const struct rule_config *config = rule->config;
	struct slice part;
	if (config->serial >= 0 && !said->serial) {
		said->serial = true;
		out->serial = config->serial;
	}
	if (config->priority != INT_MIN && !said->priority) {
		said->priority = true;
		out->priority = config->priority;
	}
	if (config->limits_set && !said->limits) {
		said->limits = true;
		out->limits = config->limits;
	}
	if (!out->weight)
		out->weight = config->weight;
	if (out->timeout == UINT64_MAX)
		out->timeout = config->timeout;
	if (out->reruns < 0)
		out->reruns = config->reruns;
	if (out->reruns_delay == UINT64_MAX)
		out->reruns_delay = config->reruns_delay;
	if (out->reruns_delay_factor < 0)
		out->reruns_delay_factor = config->reruns_delay_factor;
	if (out->mem_limit == UINT64_MAX)
		out->mem_limit = config->mem_limit;
	if (out->leak < 0)
		out->leak = config->leak;
	if (rule->scope && !out->unit && pattern_extract(rule->scope, (struct slice){ id, strlen(id) }, &part))
		out->unit = alloc_string_n(part.data, part.length);
}

void rules_apply(struct rules *rules, const struct test_facts *facts, struct ruled *out)
{
	struct said said = { false, false, false };
	*out = (struct ruled){ .timeout = UINT64_MAX,
			       .reruns = -1,
			       .reruns_delay = UINT64_MAX,
			       .reruns_delay_factor = -1,
			       .mem_limit = UINT64_MAX,
			       .leak = -1 };
	vec_each(&rules->list, rule)
		if (filter_matches(rule->filter, facts))
			add(rule, facts->id, &said, out);
}

bool rules_gave_up(struct rules *rules, char **message)
{
	const char *file = rules->config->config_name;
	vec_each(&rules->list, rule) {
		const char *text = filter_gave_up(rule->filter);
		const struct rule_config *config = rule->config;
		if (text && !rule->filter_told) {
			rule->filter_told = true;
			*message = alloc_format("%s:%d:%d: filter: /%s/ takes too many steps for some tests; for them it "
						"counts as no match",
						file, config->filter_line, config->filter_column, text);
			return true;
		}
		if (rule->scope && pattern_gave_up(rule->scope) && !rule->scope_told) {
			rule->scope_told = true;
			*message = alloc_format("%s:%d:%d: scope: /%s/ takes too many steps for some tests; they are units "
						"of their own",
						file, config->scope_line, config->scope_column, config->scope);
			return true;
		}
	}
	return false;
}
