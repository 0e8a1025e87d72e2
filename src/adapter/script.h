/* Programs as files: can this one be started, and what does its first line ask for?
 *
 * Judged by looking, never by starting it.
 */
#ifndef XTOP_ADAPTER_SCRIPT_H
#define XTOP_ADAPTER_SCRIPT_H

#include "adapter/adapter.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

enum { SCRIPT_HEAD = 4096 };

struct script {
	bool executable; /* by this user */
	bool has_shebang;
	bool binary;          /* neither a script nor text */
	bool carriage_return; /* the first line ends with CR LF */
	struct str line;      /* the first line behind "#!", trimmed; "" without */
	char *interpreter;    /* first word of it, NULL: none */
	char *argument;       /* the rest, NULL: none */
};

/* -1: there is no regular file of that path, or it can't be read although it would have to be. `name` is for
 * messages. */
int script_open(const char *path, const char *name, struct script *script, struct error *error);
void script_fini(struct script *script);

/* Whether the interpreter is there, and the program that env(1) is asked for. */
int script_check_interpreter(const struct script *script, const char *name, const struct launch *launch,
			     struct error *error);

/* Whether the first line of a file (of which `head` is the beginning) is a "#!" line with this word in it. */
bool script_head_asks_for(struct slice head, const char *word);
bool script_asks_for(const struct script *script, const char *word);

/* The beginning of a file, at most SCRIPT_HEAD bytes; *length: how many. -1 with errno. */
int script_read_head(const char *path, char head[SCRIPT_HEAD], size_t *length);
bool script_is_binary(struct slice head);

void launch_push(struct launch *launch, const char *argument);
/* A variable as the launched program will see it. Borrowed; NULL: not set. */
const char *launch_variable(const struct launch *launch, const char *name);
/* The absolute path of a command found on that program's PATH, the caller's to free. NULL: it isn't there. */
char *launch_find_command(const struct launch *launch, const char *name);
/* `path` as it is best given to a program: relative to where that starts, if below it. The caller frees it. */
char *launch_relative(const struct launch *launch, const char *path);

#endif
