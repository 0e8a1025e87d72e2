#include "store/quarantine_name.h"

#include "base/alloc.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

static const char exact_head[] = "test(=\"";
static const char exact_tail[] = "\")";

static void add_exact(struct str *out, const char *id)
{
	str_add_text(out, exact_head);
	for (; *id; id++) {
		if (*id == '"' || *id == '\\')
			str_add_char(out, '\\');
		str_add_char(out, *id);
	}
	str_add_text(out, exact_tail);
}

/* The id that such a text stands for; NULL: it has another form. */
static char *read_exact(const char *text)
{
	struct str id = STR_INIT;
	const char *at;

	if (!text_starts_with(text, exact_head))
		return NULL;
	for (at = text + strlen(exact_head); *at && *at != '"'; at++) {
		if (*at == '\\' && (at[1] == '"' || at[1] == '\\'))
			at++;
		str_add_char(&id, *at);
	}
	if (id.length > 0 && strcmp(at, exact_tail) == 0)
		return str_take(&id);
	str_fini(&id);
	return NULL;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Whether it begins with a name and a bracket, whatever negates or groups that. */
static bool begins_as_expression(const char *text)
{
	const char *end;

	for (;;) {
		if (is_space(*text) || *text == '(' || *text == '!')
			text++;
		else if (text_starts_with(text, "not") && (is_space(text[3]) || text[3] == '('))
			text += 3;
		else
			break;
	}
	for (end = text; is_letter(*end) || (*end >= '0' && *end <= '9') || *end == '-'; end++)
		;
	return is_letter(*text) && *end == '(';
}

static int refuse(const char *text, const struct error *problem, struct error *error)
{
	struct str exact = STR_INIT;
	struct str shown = STR_INIT;

	add_exact(&exact, text);
	utf8_add_visible(&shown, exact.data, exact.length, false);
	error_set(error, "%s\n  (a test with this id is written %s)", problem->message, shown.data);
	str_fini(&shown);
	str_fini(&exact);
	return -1;
}

int quarantine_name_parse(const char *text, struct quarantine_name *out, struct error *error)
{
	struct error problem = ERROR_INIT;

	*out = (struct quarantine_name){ .id = read_exact(text) };
	if (out->id)
		return 0;
	out->filter = filter_parse(text, NULL, &problem);
	if (!out->filter && begins_as_expression(text))
		return refuse(text, &problem, error);
	if (out->filter && !filter_is_word(out->filter))
		return 0;
	quarantine_name_fini(out);
	out->id = alloc_string(text);
	return 0;
}

void quarantine_name_fini(struct quarantine_name *name)
{
	free(name->id);
	filter_free(name->filter);
	*name = (struct quarantine_name){ .id = NULL };
}

void quarantine_name_add_id(struct str *out, const char *id)
{
	struct quarantine_name name;
	bool is_plain = quarantine_name_parse(id, &name, NULL) == 0 && name.id && strcmp(name.id, id) == 0;

	quarantine_name_fini(&name);
	if (is_plain)
		str_add_text(out, id);
	else
		add_exact(out, id);
}
