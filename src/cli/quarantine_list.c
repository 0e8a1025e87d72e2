/* `xtop quarantine list`: the entries as a table, or as JSON. */
#include "cli/quarantine.h"

#include "base/utf8.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum column { TEST, SUITE, REASON, SINCE, EXPIRES, OWNER, ISSUE, EVIDENCE, COLUMN_COUNT };
static const char *const headings[COLUMN_COUNT] = { "test",    "suite", "reason", "since",
						    "expires", "owner", "issue",  "evidence" };

static const char *text_of(const struct quarantine_entry *entry, enum column column)
{
	const char *const texts[COLUMN_COUNT] = {
		entry->test,    entry->suite, entry->reason, entry->since,
		entry->expires, entry->owner, entry->issue,  entry->evidence
	};

	return texts[column];
}

/* "2026-12-22 (in 5 days)", "2026-01-01 (expired)" */
static void add_expiry(struct str *out, const struct quarantine_entry *entry)
{
	if (entry->expired)
		str_add_text(out, " (expired)");
	else if (entry->days_left == 1)
		str_add_text(out, " (tomorrow)");
	else if (entry->days_left != INT_MAX)
		str_add_format(out, " (in %d days)", entry->days_left);
}

static void add_cell(struct str *out, const struct quarantine_entry *entry, enum column column)
{
	cli_quarantine_add_text(out, text_of(entry, column));
	if (column == EXPIRES)
		add_expiry(out, entry);
}

/* How wide each column is, its heading included; 0: nothing is in it. */
static void measure(const struct quarantine *quarantine, size_t *widths)
{
	struct str cell = STR_INIT;

	for (unsigned c = 0; c < COLUMN_COUNT; c++) {
		widths[c] = 0;
		for (unsigned i = 0; i < quarantine_count(quarantine); i++) {
			str_clear(&cell);
			add_cell(&cell, quarantine_entry(quarantine, i), (enum column)c);
			size_t width = utf8_text_width(cell.data, cell.length);
			widths[c] = width > widths[c] ? width : widths[c];
		}
		if (widths[c] > 0 && widths[c] < strlen(headings[c]))
			widths[c] = strlen(headings[c]);
	}
	str_fini(&cell);
}

/* One line; entry NULL: the headings. */
static void print_line(const struct quarantine_entry *entry, const size_t *widths)
{
	struct str line = STR_INIT;
	size_t missing = 0; /* spaces that the next cell needs before it */

	for (unsigned c = 0; c < COLUMN_COUNT; c++) {
		struct str cell = STR_INIT;
		if (widths[c] == 0)
			continue;
		if (entry)
			add_cell(&cell, entry, (enum column)c);
		else
			str_add_text(&cell, headings[c]);
		if (cell.length > 0) {
			str_add_format(&line, "%*s%s", (int)missing, "", cell.data);
			missing = 0;
		}
		missing += widths[c] - utf8_text_width(cell.data, cell.length) + 2;
		str_fini(&cell);
	}
	puts(line.data);
	str_fini(&line);
}

static struct json *json_of(const struct quarantine_entry *entry)
{
	struct json *object = json_new_object();

	for (unsigned c = 0; c < COLUMN_COUNT; c++)
		cli_quarantine_put_text(object, headings[c], text_of(entry, (enum column)c));
	json_put_bool(object, "expression", !entry->id);
	json_put_int(object, "line", entry->line);
	json_put_bool(object, "expired", entry->expired);
	if (entry->days_left == INT_MAX)
		json_put_null(object, "days_left");
	else
		json_put_int(object, "days_left", entry->days_left);
	return object;
}

static void print_json(const struct quarantine *quarantine)
{
	struct json *object = json_new_object(), *entries = json_new_array();

	for (unsigned i = 0; i < quarantine_count(quarantine); i++)
		json_push(entries, json_of(quarantine_entry(quarantine, i)));
	json_put_int(object, "v", 1);
	cli_quarantine_put_text(object, "file", quarantine_name(quarantine));
	json_put(object, "entries", entries);
	known_print_json(object);
}

int cli_quarantine_list(struct quarantine_command *command)
{
	const struct quarantine *quarantine = command->quarantine;
	size_t widths[COLUMN_COUNT];

	if (command->config->json) {
		print_json(quarantine);
		return EXIT_OK;
	}
	if (quarantine_count(quarantine) == 0) {
		struct str out = STR_INIT;
		cli_quarantine_add_text(&out, quarantine_name(quarantine));
		printf("xtop: no test is in quarantine (%s)\n", out.data);
		str_fini(&out);
		return EXIT_OK;
	}
	measure(quarantine, widths);
	print_line(NULL, widths);
	for (unsigned i = 0; i < quarantine_count(quarantine); i++)
		print_line(quarantine_entry(quarantine, i), widths);
	return EXIT_OK;
}
