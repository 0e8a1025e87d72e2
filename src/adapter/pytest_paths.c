#include "adapter/pytest_paths.h"

#include "base/fs.h"
#include "config/pytest_project.h"

#include <stdlib.h>
#include <string.h>

static const char *directory_of(const struct config *config, const struct suite_config *suite)
{
	return suite->cwd ? suite->cwd : config->root;
}

/* Where resolved entries go. */
struct entries {
	VEC(char *) list;
	const char *base; /* where a pattern is looked for */
	const char *cwd;  /* what entries are relative to */
};

/* A path with its id, in the shortest way that means the same from `cwd`. */
static char *entry_of(const char *path, const char *id, const char *cwd)
{
	char *relative = fs_relative(path, cwd);
	char *entry = alloc_format("%s%s", relative, id);

	free(relative);
	return entry;
}

static void take_match(void *context, const char *relative)
{
	struct entries *entries = context;
	char *path = fs_join(entries->base, relative);

	vec_push(&entries->list, entry_of(path, "", entries->cwd));
	free(path);
}

/* Returns 1: found; 0: there is nothing; -1: an error. */
static int resolve_below(struct entries *entries, const char *base, const char *text, struct error *error)
{
	char *name = pytest_path_of(text);
	char *joined = fs_join(base, name);
	char *path = fs_absolute(joined);
	size_t before = entries->list.length;
	int status = 0;

	entries->base = text[0] == '/' ? "/" : base;
	if (fs_exists(path))
		vec_push(&entries->list, entry_of(path, pytest_id_of(text), entries->cwd));
	else if (fs_glob(entries->base, text, take_match, entries, error) < 0)
		status = -1;
	free(path);
	free(joined);
	free(name);
	return status != 0 ? -1 : entries->list.length > before;
}

static int resolve(const struct config *config, struct entries *entries, const char *text, bool may_be_none,
		   struct error *error)
{
	int status = resolve_below(entries, entries->cwd, text, error);

	if (status == 0 && strcmp(entries->cwd, config->root) != 0 && text[0] != '/')
		status = resolve_below(entries, config->root, text, error);
	if (status == 0 && !may_be_none)
		return error_set(error, "'%s' matches no file or directory below %s", text, entries->cwd);
	return status < 0 ? -1 : 0;
}

int pytest_resolve_paths(const struct config *config, struct suite_config *suite, bool may_be_none,
			 struct error *error)
{
	struct entries entries = { .list = VEC_INIT, .cwd = directory_of(config, suite) };
	int status = 0;

	if (suite->programs.length == 0)
		return 0;
	for (size_t i = 0; i < suite->programs.length && status == 0; i++)
		status = resolve(config, &entries, suite->programs.items[i], may_be_none, error);
	if (status != 0 && suite->file)
		error_prefix(error, "%s:%d:%d", suite->file, suite->line, suite->column);
	vec_each(&suite->programs, it)
		free(*it);
	vec_clear(&suite->programs);
	vec_each(&entries.list, it)
		vec_push(&suite->programs, *it);
	vec_fini(&entries.list);
	/* Without paths pytest would take everything. */
	suite->left_out = suite->left_out || suite->programs.length == 0;
	return status;
}

static bool is_below(const char *path, const char *directory)
{
	size_t length = strcmp(directory, "/") == 0 ? 0 : strlen(directory);

	return strncmp(path, directory, length) == 0 && path[length] == '/';
}

static void choose_entry(struct pytest_choice *out, char *entry)
{
	vec_each(&out->entries, it) {
		if (strcmp(*it, entry) == 0) {
			free(entry);
			return;
		}
	}
	vec_push(&out->entries, entry);
}

bool pytest_choose(const struct config *config, const struct suite_config *suite, const char *path,
		   const char *id, struct pytest_choice *out)
{
	const char *cwd = directory_of(config, suite);
	bool found = false;

	if (suite->programs.length == 0 && (strcmp(path, cwd) == 0 || is_below(path, cwd))) {
		choose_entry(out, entry_of(path, id, cwd));
		return true;
	}
	if (suite->programs.length == 0 && is_below(cwd, path)) {
		out->whole = true;
		return true;
	}
	for (size_t i = 0; i < suite->programs.length; i++) {
		const char *entry = suite->programs.items[i];
		char *name = pytest_path_of(entry);
		char *joined = fs_join(cwd, name);
		char *place = fs_absolute(joined);

		if (is_below(path, place) || (strcmp(path, place) == 0 && *id)) {
			choose_entry(out, entry_of(path, id, cwd));
			found = true;
		} else if (is_below(place, path) || strcmp(path, place) == 0) {
			choose_entry(out, alloc_string(entry));
			found = true;
		}
		free(place);
		free(joined);
		free(name);
	}
	return found;
}

void pytest_choice_fini(struct pytest_choice *choice)
{
	vec_each(&choice->entries, it)
		free(*it);
	vec_fini(&choice->entries);
}
