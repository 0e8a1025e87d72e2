#include "tui/detail_inside.h"
#include "tui/place.h"

#include "base/json.h"
#include "diagnose/codes.h"
#include "event/codec.h"

#include <stdio.h>
#include <string.h>

#define LINES_AROUND 2

static void add_blank(struct page *page)
{
	page_add_line(page, ROLE_TEXT, "", 0);
}

static void add_text(struct page *page, enum role role, const char *text)
{
	page_add_printed(page, role, text, strlen(text));
}

/* --- the diagnosis --- */

/* "likely: it hung …", then lines of evidence. */
static void add_diagnosis(struct app *app, const struct attempt *attempt)
{
	struct page *page = &app->detail.page;
	const struct code *code = attempt->code ? code_find(attempt->code) : NULL;
	const char *newline;
	size_t length;

	if (!attempt->code && !attempt->diagnosis)
		return;
	page_add_format(page, ROLE_HEADING, "%s%s%s", attempt->code ? attempt->code : "Diagnosis", code ? " " : "",
			code ? code->name : "");
	page->column = page->indent = 2;
	if (attempt->diagnosis) {
		newline = strchr(attempt->diagnosis, '\n');
		length = newline ? (size_t)(newline - attempt->diagnosis) : strlen(attempt->diagnosis);
		page_add_text(page, ROLE_STRONG, attempt->diagnosis, length);
		if (newline)
			page_add_text(page, ROLE_DIM, newline + 1, strlen(newline + 1));
	} else if (code) {
		add_text(page, ROLE_TEXT, code->text);
	}
	if (code)
		page_add_format(page, ROLE_TEXT, "%s (m: more on this)", code->remedy);
	page->column = page->indent = 0;
}

/* --- the place --- */

static void add_place(struct app *app, const struct test *test, const struct attempt *attempt)
{
	struct page *page = &app->detail.page;
	struct place place;
	uint32_t line;

	if (!place_find(app->host, app->options.root, test, attempt, &place))
		return;
	if (place.line && place.failed) {
		page_add_format(page, ROLE_HEADING, "%s:%u", place.shown, place.line);
		line = place.line > LINES_AROUND ? place.line - LINES_AROUND : 1;
		for (; line <= place.line + LINES_AROUND; line++) {
			struct slice text = place_line(&place, line);
			bool here = line == place.line;

			if (!text.data)
				break;
			page_add_format(page, here ? ROLE_FAILED : ROLE_DIM, "%s %5u %.*s",
					here ? screen_glyph_text(app->screen, GLYPH_RUNNING) : " ", line,
					(int)(text.length > 500 ? 500 : text.length), text.data);
		}
	}
	place_fini(&place);
}

/* --- the evidence --- */

static void add_number(const struct json *evidence, const char *key, struct str *out)
{
	int64_t whole;
	double real;
	bool yes;

	if (json_get_int(evidence, key, &whole))
		str_add_format(out, "%lld", (long long)whole);
	else if (json_get_real(evidence, key, &real))
		str_add_format(out, "%.2f", real);
	else if (json_get_bool(evidence, key, &yes))
		str_add_text(out, yes ? "yes" : "no");
}

void detail_add_evidence(struct app *app, const struct attempt *attempt)
{
	static const struct {
		const char *key, *label;
	} rows[] = {
		{ "where", "it was" },
		{ "phase", "phase" },
		{ "syscall", "system call" },
		{ "wchan", "in the kernel" },
		{ "state", "state" },
		{ "cpu", "CPU s in 0.2" },
		{ "pid", "process" },
		{ "command", "command" },
		{ "threads", "threads" },
		{ "child", "its child" },
		{ "ignored_interrupt", "ignored interrupt" },
		{ "ignored_term", "ignored SIGTERM" },
		{ "killed_by", "killed by" },
		{ "core", "core dumped" },
		{ "oom", "kills for memory" },
		{ "no_stack", "no stacks" },
		{ "stack", "stacks" },
		{ "native_stack", "native stacks" },
	};
	struct page *page = &app->detail.page;
	struct error error;
	struct json *evidence = attempt->evidence ? json_parse(slice_of(attempt->evidence), "evidence", &error) : NULL;
	struct str value = STR_INIT;
	bool any = false;

	if (!evidence)
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *text = json_get_text(evidence, rows[i].key);

		str_clear(&value);
		if (text)
			str_add_text(&value, text);
		else
			add_number(evidence, rows[i].key, &value);
		if (!value.length)
			continue;
		if (!any)
			add_text(page, ROLE_HEADING,
				 attempt->outcome == OUTCOME_NONE ? "Where it is" : "What was seen");
		any = true;
		if (memchr(value.data, '\n', value.length)) {
			page_add_format(page, ROLE_DIM, "  %s:", rows[i].label);
			page->column = page->indent = 4;
			add_text(page, ROLE_TEXT, value.data);
		} else {
			page->indent = 21;
			page_add_format(page, ROLE_TEXT, "  %-18s %s", rows[i].label, value.data);
		}
		page->column = page->indent = 0;
	}
	str_fini(&value);
	json_free(evidence);
}

/* --- all of it --- */

static void add_attempt(struct app *app, const struct test *test, const struct attempt *attempt)
{
	struct page *page = &app->detail.page;
	const char *newline = attempt->message ? strchr(attempt->message, '\n') : NULL;

	detail_add_attempt_line(app, test, attempt);
	if (attempt->message)
		page_add_printed(page, ROLE_STRONG, attempt->message,
				 newline ? (size_t)(newline - attempt->message) : strlen(attempt->message));
	if (attempt->reason && (!attempt->message || strcmp(attempt->reason, attempt->message) != 0))
		add_text(page, ROLE_TEXT, attempt->reason);
	add_diagnosis(app, attempt);
	if (outcome_is_failure(attempt->outcome))
		add_place(app, test, attempt);
	if (newline) {
		add_blank(page);
		add_text(page, ROLE_TEXT, newline + 1);
	}
	detail_add_failed_points(app, attempt);
	detail_add_evidence(app, attempt);
	if (outcome_is_failure(attempt->outcome))
		detail_add_last_output(app, attempt);
}

void detail_make_error(struct app *app, const struct test *test)
{
	struct page *page = &app->detail.page;
	struct str command = STR_INIT;
	bool any = false, failed = false;
	const char *message;

	vec_each(&test->attempts, it) {
		const struct attempt *attempt = *it;

		if (attempt->outcome == OUTCOME_NONE || attempt->outcome == OUTCOME_PASSED)
			continue;
		if (any)
			add_blank(page);
		any = true;
		failed = failed || outcome_is_failure(attempt->outcome);
		add_attempt(app, test, attempt);
	}
	/* One that could not be collected has no attempt, only a verdict that says why. */
	message = test->attempts.length ? NULL : test_message(test);
	if (!any && message)
		add_text(page, ROLE_TEXT, message);
	else if (!any)
		add_text(page, ROLE_DIM, "No attempt has failed.");
	if (!failed)
		return;
	errand_add_command(app, test, &command);
	add_text(page, ROLE_HEADING, "To run it alone (y copies this, d debugs it):");
	page->column = page->indent = 2;
	add_text(page, ROLE_TEXT, command.data);
	page->column = page->indent = 0;
	str_fini(&command);
}
