#include "store/commit.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SMALL_FILE 4096 /* HEAD, a reference, the file .git of a worktree */
#define PACKED_REFS (64 * 1024 * 1024)
#define LINKS 5 /* as many references to references as git itself follows */

/* The file's first line, without white space at its end; NULL: there is none, or it is something else than
 * a small file. */
static char *read_line(const char *directory, const char *name)
{
	char *path = fs_join(directory, name);
	struct str text = STR_INIT;
	struct stat info;
	char *line = NULL;

	/* A pipe would be waited for. */
	if (stat(path, &info) == 0 && S_ISREG(info.st_mode) &&
	    fs_read_file(path, SMALL_FILE, &text, NULL) == 0) {
		struct slice first = slice_trim((struct slice){ text.data, strcspn(text.data, "\n") });
		line = alloc_string_n(first.length ? first.data : "", first.length);
	}
	str_fini(&text);
	free(path);
	return line;
}

static bool is_commit(const char *text)
{
	size_t length = strlen(text);

	return (length == 40 || length == 64) && strspn(text, "0123456789abcdef") == length;
}

/* The directory that `.git` in `directory` is, or names in a worktree or submodule. */
static char *git_directory_in(const char *directory)
{
	char *path = fs_join(directory, ".git");
	char *found = NULL;

	if (fs_is_directory(path)) {
		found = path;
		path = NULL;
	} else {
		char *line = read_line(directory, ".git");
		if (line && text_starts_with(line, "gitdir: "))
			found = fs_join(directory, line + strlen("gitdir: "));
		free(line);
	}
	free(path);
	return found;
}

static char *find_git_directory(const char *root)
{
	char *directory = fs_absolute(root);
	char *found = git_directory_in(directory);

	while (!found && strcmp(directory, "/") != 0) {
		char *above = fs_directory_of(directory);
		free(directory);
		directory = above;
		found = git_directory_in(directory);
	}
	free(directory);
	return found;
}

/* Where the references are that all worktrees share. */
static char *common_directory(const char *git)
{
	char *line = read_line(git, "commondir");
	char *directory = line && *line ? fs_join(git, line) : alloc_string(git);

	free(line);
	return directory;
}

/* The commit in a line "COMMIT NAME" of packed-refs. */
static char *find_packed(const char *common, const char *name)
{
	char *path = fs_join(common, "packed-refs");
	struct str text = STR_INIT;
	size_t name_length = strlen(name);
	char *commit = NULL;

	if (fs_read_file(path, PACKED_REFS, &text, NULL) != 0)
		text.length = 0;
	for (const char *line = text.data; text.length > 0 && *line && !commit;) {
		size_t length = strcspn(line, "\n");
		size_t digits = strspn(line, "0123456789abcdef");
		if (length == digits + 1 + name_length && line[digits] == ' ' &&
		    memcmp(line + digits + 1, name, name_length) == 0)
			commit = alloc_string_n(line, digits);
		line += length + (line[length] == '\n');
	}
	str_fini(&text);
	free(path);
	return commit;
}

/* What a reference holds: a commit, or "ref: " and another reference. */
static char *read_reference(const char *git, const char *common, const char *name)
{
	char *value = read_line(git, name);

	if (!value)
		value = read_line(common, name);
	return value ? value : find_packed(common, name);
}

static bool is_reference_name(const char *name)
{
	return text_starts_with(name, "refs/") && !strstr(name, "..");
}

char *commit_of(const char *root)
{
	char *git = find_git_directory(root);

	if (!git)
		return NULL;
	char *common = common_directory(git);
	char *value = read_line(git, "HEAD");
	for (int links = 0; value && text_starts_with(value, "ref: "); links++) {
		char *name = value;
		const char *target = name + strlen("ref: ");
		value = links < LINKS && is_reference_name(target) ? read_reference(git, common, target)
								   : NULL;
		free(name);
	}
	if (value && !is_commit(value)) {
		free(value);
		value = NULL;
	}
	free(common);
	free(git);
	return value;
}
