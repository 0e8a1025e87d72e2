#include "tui/outside.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STATE_DIRECTORY ".xtop"
#define COPY_FILE "yanked"
#define SCRATCH_PREFIX "xtop-scratch-"
/* Between making a directory and locking it there is a moment in which it looks as if its xtop were dead. */
#define SCRATCH_AGE 60
/* Terminals refuse more, or worse. */
#define COPY_MAX ((size_t)64 << 10)

struct outside {
	struct host host;
	struct handover *handover;
	struct display *display;
	const struct preferences *preferences;
	char *root;      /* NULL: none */
	char *self;
	char *directory; /* of scratch files; NULL: not made yet */
	int lock;        /* the directory, open and locked: its xtop lives; -1: none */
};

static int outside_run(void *context, const struct host_program *program, struct error *error)
{
	struct outside *outside = context;

	return handover_start(outside->handover, program, error);
}

/* --- copying --- */

static void add_base64(struct str *out, const char *text, size_t length)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < length; i += 3) {
		unsigned bits = 0;

		for (size_t j = 0; j < 3; j++)
			bits = bits << 8 | (i + j < length ? (unsigned char)text[i + j] : 0);
		for (size_t j = 0; j < 4; j++)
			str_add_char(out, i + j > length ? '=' : digits[bits >> (18 - 6 * j) & 63]);
	}
}

/* xterm's OSC 52; GNU screen hands a terminal only what stands in a control string for that. */
static void send_to_clipboard(const char *text)
{
	const char *screen = getenv("STY");
	bool wrap = screen && *screen;
	struct str sequence = STR_INIT;

	str_add_text(&sequence, wrap ? "\033P\033]52;c;" : "\033]52;c;");
	add_base64(&sequence, text, strlen(text));
	str_add_text(&sequence, wrap ? "\a\033\\" : "\a");
	fs_write_all(STDOUT_FILENO, sequence.data, sequence.length);
	str_fini(&sequence);
}

static int outside_copy(void *context, const char *text, struct str *file, struct error *error)
{
	struct outside *outside = context;
	char *state, *path, *line;

	if (strlen(text) > COPY_MAX)
		return error_set(error, "that is too long to be copied");
	send_to_clipboard(text);
	if (!outside->root)
		return 0;
	state = fs_join(outside->root, STATE_DIRECTORY);
	path = fs_join(state, COPY_FILE);
	line = alloc_format("%s\n", text);
	if (fs_is_directory(state) && !fs_write_atomically(path, line, strlen(line), NULL))
		str_add_text(file, STATE_DIRECTORY "/" COPY_FILE);
	free(line);
	free(path);
	free(state);
	return 0;
}

/* --- files --- */

static bool outside_has_file(void *context, const char *path)
{
	struct stat info;

	(void)context;
	return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static int outside_read(void *context, const char *path, size_t limit, struct str *out, struct error *error)
{
	/* To open a pipe or a device may take for ever. */
	if (fs_exists(path) && !outside_has_file(context, path))
		return error_set(error, "%s: it is no regular file", path);
	return fs_read_file(path, limit, out, error);
}

/* What an xtop left that was killed: the lock went with it. Only files are taken away, and the directory with the last. */
static void remove_dead(int base, const char *name)
{
	struct stat info;
	struct dirent *entry;
	DIR *directory;
	int fd = openat(base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	if (fstat(fd, &info) != 0 || info.st_uid != geteuid() || info.st_mtime > time(NULL) - SCRATCH_AGE ||
	    flock(fd, LOCK_EX | LOCK_NB) != 0 || !(directory = fdopendir(fd))) {
		close(fd);
		return;
	}
	while ((entry = readdir(directory)) != NULL)
		unlinkat(fd, entry->d_name, 0);
	unlinkat(base, name, AT_REMOVEDIR);
	closedir(directory);
}

static void remove_all_dead(const char *base)
{
	DIR *directory = opendir(base);
	struct dirent *entry;

	if (!directory)
		return;
	while ((entry = readdir(directory)) != NULL)
		if (strncmp(entry->d_name, SCRATCH_PREFIX, strlen(SCRATCH_PREFIX)) == 0)
			remove_dead(dirfd(directory), entry->d_name);
	closedir(directory);
}

static int make_directory(struct outside *outside, struct error *error)
{
	const char *base = getenv("TMPDIR");
	char *directory;

	if (outside->directory)
		return 0;
	if (!base || *base != '/')
		base = "/tmp";
	remove_all_dead(base);
	directory = fs_join(base, SCRATCH_PREFIX "XXXXXX");
	if (!mkdtemp(directory)) {
		free(directory);
		return error_set(error, "cannot make a directory for temporary files in %s", base);
	}
	outside->directory = directory;
	outside->lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (outside->lock >= 0)
		flock(outside->lock, LOCK_EX | LOCK_NB);
	return 0;
}

static int outside_save(void *context, const char *path, struct slice text, struct error *error)
{
	(void)context;
	return fs_write_atomically(path, text.data, text.length, error);
}

static int outside_scratch(void *context, const char *name, struct slice text, struct str *path,
			   struct error *error)
{
	struct outside *outside = context;
	char *file;
	int result;

	if (make_directory(outside, error) != 0)
		return -1;
	file = fs_join(outside->directory, name);
	result = fs_write_atomically(file, text.data ? text.data : "", text.length, error);
	if (result == 0)
		str_add_text(path, file);
	free(file);
	return result;
}

/* --- environment --- */

static const char *outside_variable(void *context, const char *name)
{
	(void)context;
	return getenv(name);
}

static bool outside_has_program(void *context, const char *name)
{
	char *file = handover_find_program(name);

	(void)context;
	free(file);
	return file != NULL;
}

static char *find_self(void)
{
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (length <= 0)
		return alloc_string("xtop");
	path[length] = '\0';
	/* It may have been built anew meanwhile: then it is no longer there by this name. */
	return alloc_string(fs_is_executable_file(path) ? path : "xtop");
}

/* --- what the person chose --- */

static void outside_themes(void *context, struct str *names)
{
	preferences_list_themes(((struct outside *)context)->preferences, names);
}

static int outside_use_theme(void *context, const char *name, struct error *error)
{
	struct outside *outside = context;
	struct theme_table table;

	if (preferences_load_theme(outside->preferences, name, &table, error) != 0)
		return -1;
	display_use_theme(outside->display, &table);
	return 0;
}

static int outside_save_settings(void *context, const struct tui_settings *settings, struct str *file,
				 struct error *error)
{
	return preferences_save(((struct outside *)context)->preferences, settings, file, error);
}

/* --- life --- */

struct outside *outside_new(struct handover *handover, struct display *display,
			    const struct preferences *preferences, const char *root)
{
	struct outside *outside = ALLOC_NEW(struct outside);

	outside->handover = handover;
	outside->display = display;
	outside->preferences = preferences;
	outside->root = root ? alloc_string(root) : NULL;
	outside->self = find_self();
	outside->lock = -1;
	outside->host = (struct host){
		.run = outside_run,
		.copy = outside_copy,
		.read = outside_read,
		.has_file = outside_has_file,
		.scratch = outside_scratch,
		.save = outside_save,
		.variable = outside_variable,
		.has_program = outside_has_program,
		.themes = outside_themes,
		.use_theme = outside_use_theme,
		.save_settings = outside_save_settings,
		.self = outside->self,
		.context = outside,
	};
	return outside;
}

const struct host *outside_host(const struct outside *outside)
{
	return &outside->host;
}

void outside_free(struct outside *outside)
{
	if (!outside)
		return;
	if (outside->directory)
		fs_remove_tree(outside->directory, NULL);
	if (outside->lock >= 0)
		close(outside->lock);
	free(outside->directory);
	free(outside->root);
	free(outside->self);
	free(outside);
}
