#include "cli/bench_options.h"

#include "base/str.h"
#include "xtop/event.h"

#include <ctype.h>
#include <string.h>

#define DEFAULT_RUNS 3

/* An option and its value: in one word, or in two. */
struct word {
	const char *name;  /* as it was written, for messages */
	const char *value; /* NULL: it is missing */
};

void bench_options_fini(struct bench_options *options)
{
	vec_fini(&options->counts);
	vec_fini(&options->rest);
}

/* Whether arguments[*at] is the option; then *at is its last word. A letter's value may stand right behind
 * it. */
static bool is_option(char *const *arguments, size_t count, size_t *at, const char *name, struct word *word)
{
	const char *text = arguments[*at];
	size_t length = strlen(name);
	if (strncmp(text, name, length) != 0)
		return false;
	word->name = name;
	if (text[length] == '\0')
		word->value = *at + 1 < count ? arguments[++*at] : NULL;
	else if (text[length] == '=')
		word->value = text + length + 1;
	else if (length == 2)
		word->value = text + length;
	else
		return false;
	return true;
}

/* 0, and *end behind it; -1: there is no such number. */
static int read_number(const char *text, unsigned most, unsigned *number, char **end)
{
	if (!isdigit((unsigned char)*text))
		return -1;
	unsigned long value = strtoul(text, end, 10);
	*number = (unsigned)value;
	return value <= most ? 0 : -1;
}

static void add_count(struct bench_options *options, unsigned wanted)
{
	size_t at = 0;
	while (at < options->counts.length && options->counts.items[at] < wanted)
		at++;
	if (at < options->counts.length && options->counts.items[at] == wanted)
		return;
	vec_push(&options->counts, wanted);
	unsigned *items = options->counts.items;
	memmove(items + at + 1, items + at, (options->counts.length - 1 - at) * sizeof(*items));
	items[at] = wanted;
}

static int parse_counts(struct bench_options *options, const struct word *word, unsigned cpus,
			struct error *error)
{
	const char *at = word->value;
	vec_clear(&options->counts);
	for (;;) {
		unsigned number = cpus;
		char *end = NULL;
		if (at && text_starts_with(at, "auto"))
			end = (char *)at + 4;
		else if (!at || read_number(at, XTOP_SLOTS_MAX, &number, &end) != 0)
			break;
		add_count(options, number);
		if (*end == '\0')
			return 0;
		if (*end != ',')
			break;
		at = end + 1;
	}
	return error_set(
		error, "%s: expected numbers of workers such as 1,2,8 (each 0 to %d, or auto), found %s%s%s",
		word->name, XTOP_SLOTS_MAX, word->value ? "'" : "", word->value ? word->value : "nothing",
		word->value ? "'" : "");
}

static int parse_runs(struct bench_options *options, const struct word *word, struct error *error)
{
	char *end = NULL;
	if (word->value && read_number(word->value, BENCH_RUNS_MAX, &options->runs, &end) == 0 &&
	    *end == '\0' && options->runs > 0)
		return 0;
	return error_set(error, "%s: expected how often each count is measured, 1 to %d, found %s%s%s",
			 word->name, BENCH_RUNS_MAX, word->value ? "'" : "",
			 word->value ? word->value : "nothing", word->value ? "'" : "");
}

/* Those with which there would be no run, or none that prints events. */
static int check_foreign(const char *word, struct error *error)
{
	static const char *const wrong[] = { "--tui", "--format",       "--stay",        "--watch",  "--pdb",
					     "--co",  "--collect-only", "--collectonly", "--version" };
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		size_t length = strlen(wrong[i]);
		if (strncmp(word, wrong[i], length) == 0 && (word[length] == '\0' || word[length] == '='))
			return error_set(error,
					 "%s can't be used with bench: its runs are headless and measured",
					 wrong[i]);
	}
	return 0;
}

/* 0, 1, 2, 4 and so on, and as many as there are CPUs, but 2 at least. */
static void default_counts(struct bench_options *options, unsigned cpus)
{
	unsigned most = cpus < 2 ? 2 : cpus > XTOP_SLOTS_MAX ? XTOP_SLOTS_MAX : cpus;
	add_count(options, 0);
	for (unsigned number = 1; number < most; number *= 2)
		add_count(options, number);
	add_count(options, most);
}

int bench_options_parse(char *const *arguments, size_t count, unsigned cpus, struct bench_options *out,
			struct error *error)
{
	struct bench_options options = { .runs = DEFAULT_RUNS, .counts = VEC_INIT, .rest = VEC_INIT };
	struct word word;
	int status = 0;
	size_t i = 0;
	for (; i < count && status == 0 && strcmp(arguments[i], "--") != 0; i++) {
		if (is_option(arguments, count, &i, "-n", &word) ||
		    is_option(arguments, count, &i, "-j", &word) ||
		    is_option(arguments, count, &i, "--numprocesses", &word))
			status = parse_counts(&options, &word, cpus, error);
		else if (is_option(arguments, count, &i, "--runs", &word))
			status = parse_runs(&options, &word, error);
		else if (strcmp(arguments[i], "--json") == 0)
			options.json = true;
		else if (strcmp(arguments[i], "-h") == 0 || strcmp(arguments[i], "--help") == 0)
			options.help = true;
		else if ((status = check_foreign(arguments[i], error)) == 0)
			vec_push(&options.rest, arguments[i]);
	}
	/* What stands behind "--" is the adapter's. */
	for (; i < count; i++)
		vec_push(&options.rest, arguments[i]);
	if (status != 0) {
		bench_options_fini(&options);
		return status;
	}
	if (!options.counts.length)
		default_counts(&options, cpus);
	*out = options;
	return 0;
}
