#include "adapter/script.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int script_read_head(const char *path, char head[SCRIPT_HEAD], size_t *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int number = 0;

	*length = 0;
	if (fd < 0)
		return -1;
	while (*length < SCRIPT_HEAD) {
		ssize_t got = read(fd, head + *length, SCRIPT_HEAD - *length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			number = errno;
		if (got <= 0)
			break;
		*length += (size_t)got;
	}
	close(fd);
	errno = number;
	return number ? -1 : 0;
}

bool script_is_binary(struct slice head)
{
	return head.length > 0 && !slice_starts_with(head, "#!") &&
	       memchr(head.data, '\0', head.length) != NULL;
}

static struct slice first_line(struct slice head)
{
	const char *end = head.length > 0 ? memchr(head.data, '\n', head.length) : NULL;

	if (end)
		head.length = (size_t)(end - head.data);
	return head;
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* At the beginning of a word: "perl5.36" is perl, "superl" is not. */
static bool has_word(struct slice line, const char *word)
{
	size_t length = strlen(word);

	for (size_t i = 0; i + length <= line.length; i++) {
		if ((i == 0 || !is_word(line.data[i - 1])) && memcmp(line.data + i, word, length) == 0)
			return true;
	}
	return false;
}

bool script_head_asks_for(struct slice head, const char *word)
{
	return slice_starts_with(head, "#!") && has_word(first_line(head), word);
}

bool script_asks_for(const struct script *script, const char *word)
{
	return script->has_shebang && has_word((struct slice){script->line.data, script->line.length}, word);
}

/* As the kernel does it: the interpreter up to the first space, and all that follows is one argument. */
static void read_shebang(struct slice head, struct script *script)
{
	struct slice line = first_line(head);
	size_t length = 0;
	struct slice rest;

	if (!slice_starts_with(line, "#!"))
		return;
	script->has_shebang = true;
	script->carriage_return = line.data[line.length - 1] == '\r';
	line = slice_trim((struct slice){line.data + 2, line.length - 2});
	if (line.length == 0)
		return;
	str_add(&script->line, line.data, line.length);
	while (length < line.length && line.data[length] != ' ' && line.data[length] != '\t')
		length++;
	script->interpreter = alloc_string_n(line.data, length);
	rest = slice_trim((struct slice){line.data + length, line.length - length});
	if (rest.length > 0)
		script->argument = alloc_string_n(rest.data, rest.length);
}

int script_open(const char *path, const char *name, struct script *script, struct error *error)
{
	char head[SCRIPT_HEAD];
	struct stat info;
	struct slice begin = {.data = head};

	if (stat(path, &info) != 0)
		return error_set_errno(error, errno, "%s", name);
	if (!S_ISREG(info.st_mode))
		return error_set(error, "%s is %s, not a program", name,
				 S_ISDIR(info.st_mode) ? "a directory" : "no regular file");
	*script = (struct script){.executable = access(path, X_OK) == 0, .line = STR_INIT};
	if (script_read_head(path, head, &begin.length) != 0) {
		/* A program may be executable without being readable. */
		if (script->executable)
			return 0;
		return error_set_errno(error, errno, "%s", name);
	}
	script->binary = script_is_binary(begin);
	read_shebang(begin, script);
	return 0;
}

void script_fini(struct script *script)
{
	str_fini(&script->line);
	free(script->interpreter);
	free(script->argument);
	*script = (struct script){.line = STR_INIT};
}

const char *launch_variable(const struct launch *launch, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = launch->environment.length; i-- > 0;) {
		const char *entry = launch->environment.items[i];

		if (strncmp(entry, name, length) == 0 && entry[length] == '=')
			return entry + length + 1;
	}
	return getenv(name);
}

char *launch_find_command(const struct launch *launch, const char *name)
{
	const char *path = launch_variable(launch, "PATH");

	/* What execvp(3) takes where nothing is set. */
	if (!path)
		path = "/usr/local/bin:/bin:/usr/bin";
	for (;;) {
		size_t length = strcspn(path, ":");
		char *directory = length > 0 ? alloc_string_n(path, length) : alloc_string(".");
		char *file = fs_join(directory, name);
		char *absolute = fs_absolute(file);
		bool found = fs_is_executable_file(absolute);

		free(directory);
		free(file);
		if (found)
			return absolute;
		free(absolute);
		if (path[length] == '\0')
			return NULL;
		path += length + 1;
	}
}

/* `#!/usr/bin/env NAME` with nothing clever about it. */
static const char *wanted_of_env(const struct script *script)
{
	if (strcmp(fs_name_of(script->interpreter), "env") != 0 || !script->argument)
		return NULL;
	return strpbrk(script->argument, "- \t=/") == script->argument || strpbrk(script->argument, " \t=/")
		       ? NULL
		       : script->argument;
}

int script_check_interpreter(const struct script *script, const char *name, const struct launch *launch,
			     struct error *error)
{
	const char *wanted;
	char *found;

	if (!script->has_shebang)
		return 0;
	if (!script->interpreter)
		return error_set(error, "%s: its first line is \"#!\" without an interpreter", name);
	if (script->carriage_return)
		return error_set(error,
				 "%s: its first line ends with CR LF, so its interpreter can't be found: "
				 "save it with plain newlines",
				 name);
	/* The kernel's own word for a missing interpreter is that the script is missing. */
	if (script->interpreter[0] == '/' && !fs_is_executable_file(script->interpreter))
		return error_set(error, "%s: its interpreter %s (first line) %s", name, script->interpreter,
				 fs_exists(script->interpreter) ? "is not executable" : "does not exist");
	wanted = wanted_of_env(script);
	if (!wanted)
		return 0;
	found = launch_find_command(launch, wanted);
	if (!found)
		return error_set(error, "%s needs %s (first line), which is not on PATH: install it", name,
				 wanted);
	free(found);
	return 0;
}

void launch_push(struct launch *launch, const char *argument)
{
	vec_push(&launch->argv, alloc_string(argument));
}

char *launch_relative(const struct launch *launch, const char *path)
{
	char *name = launch->cwd ? fs_relative(path, launch->cwd) : alloc_string(path);
	char *safe;

	if (name[0] != '-')
		return name;
	/* An interpreter would take it for an option. */
	safe = alloc_format("./%s", name);
	free(name);
	return safe;
}
