/* `xtop explain [CODE|NAME]`: the section of xtop-troubleshooting(7) for a code, or the table of codes. */
#include "cli/cli.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "config/values.h"
#include "diagnose/codes.h"
#include "diagnose/manual.h"
#include "event/codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifndef PKGDATADIR
#define PKGDATADIR "/usr/local/share/xtop"
#endif

#define PAGE "xtop-troubleshooting.7"
#define PAGE_LIMIT ((size_t)4 << 20)

#define WIDTH_OF_FILES 80
#define WIDEST 100 /* longer lines are hard to read */
#define NARROWEST 40

/* 0: no terminal. */
static unsigned terminal_width(void)
{
	struct winsize size;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static unsigned section_width(void)
{
	unsigned width = terminal_width();
	if (width == 0)
		return WIDTH_OF_FILES;
	return width > WIDEST ? WIDEST : width < NARROWEST ? NARROWEST : width;
}

/* --- the page --- */

/* Takes `directory` (NULL: passed over). What is in the page, if it is there. */
static bool read_page(char *directory, const char *below, struct str *page)
{
	struct error error = ERROR_INIT;
	bool found = false;
	if (!directory)
		return false;
	char *place = fs_join(directory, below);
	char *file = fs_join(place, PAGE);
	if (fs_exists(file)) {
		str_clear(page);
		found = fs_read_file(file, PAGE_LIMIT, page, &error) == 0;
	}
	free(file);
	free(place);
	free(directory);
	return found;
}

static bool read_along_man_path(struct str *page)
{
	const char *rest = getenv("MANPATH");
	while (rest && *rest) {
		size_t length = strcspn(rest, ":");
		if (length > 0 && read_page(alloc_string_n(rest, length), "man7", page))
			return true;
		rest += length + (rest[length] == ':');
	}
	return false;
}

static bool find_page(struct str *page)
{
	const char *given = getenv("XTOP_DATADIR");
	return (given && *given && read_page(alloc_string(given), "man", page)) ||
	       read_page(fs_own_directory(), "man", page) ||
	       read_page(fs_own_directory(), "../share/xtop/man", page) ||
	       read_page(fs_own_directory(), "../share/man/man7", page) ||
	       read_page(alloc_string(PKGDATADIR), "man", page) ||
	       read_page(alloc_string(PKGDATADIR), "../man/man7", page) || read_along_man_path(page);
}

/* What there is to say about a code: the manual's words, else the table's. */
static void add_section(const struct code *code, unsigned width, struct str *out)
{
	struct str page = STR_INIT;
	char *heading = alloc_format("%s %s", code->code, code->name);
	bool found = find_page(&page) &&
		     manual_section((struct slice){ page.data, page.length }, heading, width, out);
	if (!found) {
		fprintf(stderr, "xtop: the manual page xtop-troubleshooting(7) %s; this is its short form\n",
			page.length ? "has no section of this code" : "was not found");
		str_add_format(out, "%s\n\n    %s\n    %s\n", heading, code->text, code->remedy);
	}
	free(heading);
	str_fini(&page);
}

/* --- the table --- */

/* By thousands of the number. */
static const char *group_of(const struct code *code)
{
	static const char *const groups[] = {
		"",
		"Crashes",
		"Timeouts and hangs",
		"Flaky tests",
		"Leaks and memory",
		"Debugging",
		"Configuration and scheduling",
		"Quarantine and history",
	};
	size_t index = (size_t)code->number / 1000;
	return index < sizeof(groups) / sizeof(*groups) ? groups[index] : "Others";
}

/* Text from `column` on; the lines that follow begin there. Width 0: one line. */
static void print_filled(const char *text, unsigned column, unsigned width)
{
	unsigned at = column;
	while (*text) {
		unsigned length = (unsigned)strcspn(text, " ");
		if (width > 0 && at > column && at + 1 + length > width) {
			printf("\n%*s", (int)column, "");
			at = column;
		} else if (at > column) {
			putchar(' ');
			at++;
		}
		printf("%.*s", (int)length, text);
		at += length;
		text += length + (text[length] == ' ');
	}
	putchar('\n');
}

static void print_table(void)
{
	unsigned width = terminal_width(), longest = 0;
	const char *group = "";
	for (size_t i = 0; i < code_count; i++) {
		unsigned length = (unsigned)strlen(code_table[i].name);
		longest = length > longest ? length : longest;
	}
	for (size_t i = 0; i < code_count; i++) {
		const struct code *code = &code_table[i];
		if (strcmp(group, group_of(code)) != 0)
			printf("%s%s\n", i ? "\n" : "", group_of(code));
		group = group_of(code);
		unsigned column = (unsigned)printf("  %s  %-*s  ", code->code, (int)longest, code->name);
		/* Where there is no room for two columns, lines are broken by the terminal. */
		print_filled(code->text, column, width > column + NARROWEST / 2 ? width : 0);
	}
}

/* --- JSON --- */

static void put_code(struct json *object, const struct code *code)
{
	json_put_text(object, "code", slice_of(code->code));
	json_put_text(object, "name", slice_of(code->name));
	json_put_text(object, "level", slice_of(event_level_name((int)code->level)));
	json_put_text(object, "text", slice_of(code->text));
	json_put_text(object, "remedy", slice_of(code->remedy));
}

/* `code` NULL: all of them. */
static void print_json(const struct code *code)
{
	struct json *object = json_new_object();
	struct str text = STR_INIT;
	json_put_int(object, "v", 1);
	if (code) {
		put_code(object, code);
		add_section(code, WIDTH_OF_FILES, &text);
		json_put_text(object, "section", (struct slice){ text.data, text.length });
		str_clear(&text);
	} else {
		struct json *codes = json_new_array();
		for (size_t i = 0; i < code_count; i++) {
			struct json *one = json_new_object();
			put_code(one, &code_table[i]);
			json_push(codes, one);
		}
		json_put(object, "codes", codes);
	}
	json_dump(object, &text);
	puts(text.data);
	str_fini(&text);
	json_free(object);
}

static int refuse(const char *word)
{
	const struct code *nearest = code_nearest(word);
	char *quoted = value_quoted(word), *message;
	if (nearest)
		message = alloc_format("there is no code %s; did you mean %s %s?", quoted, nearest->code,
				       nearest->name);
	else
		message = alloc_format("there is no code %s; `xtop explain` lists those that there are",
				       quoted);
	int code = cli_fail(EXIT_USAGE, message);
	free(quoted);
	free(message);
	return code;
}

int cli_explain(struct config *config, char *const *operands, size_t count)
{
	if (count > 1)
		return cli_fail(EXIT_USAGE, "expected `xtop explain [CODE|NAME]`");
	const struct code *code = count > 0 ? code_find(operands[0]) : NULL;
	if (count > 0 && !code)
		return refuse(operands[0]);
	if (config->json) {
		print_json(code);
	} else if (code) {
		struct str text = STR_INIT;
		add_section(code, section_width(), &text);
		fputs(text.data, stdout);
		str_fini(&text);
	} else {
		print_table();
	}
	return cli_close_output(EXIT_OK);
}
