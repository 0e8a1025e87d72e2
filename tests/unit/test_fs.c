#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each test has a directory of its own, which is its working directory as well. */
struct place {
	char directory[64];
	int before;
};

static int enter_place(void **state)
{
	struct place *place = ALLOC_NEW(struct place);
	const char *base = getenv("TMPDIR");
	char *directory;

	snprintf(place->directory, sizeof(place->directory), "%s/xtop-fs-XXXXXX",
		 base && strlen(base) < 40 ? base : "/tmp");
	place->before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place->before < 0 || !mkdtemp(place->directory) || chdir(place->directory) != 0)
		return -1;
	directory = realpath(".", NULL); /* the temporary directory may be behind a link */
	if (!directory)
		return -1;
	snprintf(place->directory, sizeof(place->directory), "%s", directory);
	free(directory);
	*state = place;
	return 0;
}

static int leave_place(void **state)
{
	struct place *place = *state;
	int status = fchdir(place->before);

	close(place->before);
	status |= fs_remove_tree(place->directory, NULL);
	free(place);
	return status;
}

static void make_file(const char *path, const char *text)
{
	char *directory = fs_directory_of(path);
	FILE *file;

	assert_int_equal(fs_make_directories(directory, NULL), 0);
	free(directory);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void expect_content(const char *path, const char *expected)
{
	struct error error = ERROR_INIT;
	struct str text = STR_INIT;

	if (fs_read_file(path, 1 << 20, &text, &error) != 0)
		fail_msg("%s", error.message);
	assert_string_equal(text.data, expected);
	str_fini(&text);
}

static unsigned count_entries(const char *path)
{
	DIR *stream = opendir(path);
	unsigned count = 0;

	assert_non_null(stream);
	while (readdir(stream))
		count++;
	closedir(stream);
	return count - 2;
}

static void expect_message(const struct error *error, const char *beginning)
{
	if (strncmp(error->message, beginning, strlen(beginning)) != 0)
		fail_msg("expected '%s…', found '%s'", beginning, error->message);
}

static void read_appends_the_whole_file(void **state)
{
	struct str text = STR_INIT;
	struct str large = STR_INIT;

	(void)state;
	for (int i = 0; i < 50000; i++)
		str_add_format(&large, "%d\n", i);
	make_file("large", large.data);
	str_add_text(&text, "before ");
	assert_int_equal(fs_read_file("large", large.length, &text, NULL), 0);
	assert_int_equal(text.length, large.length + 7);
	assert_memory_equal(text.data + 7, large.data, large.length + 1);
	str_clear(&text);
	make_file("empty", "");
	assert_int_equal(fs_read_file("empty", 0, &text, NULL), 0);
	assert_int_equal(text.length, 0);
	assert_int_equal(fs_read_file("/proc/self/stat", 4096, &text, NULL),
			 0); /* says that it has 0 bytes */
	assert_true(text.length > 20);
	str_fini(&large);
	str_fini(&text);
}

static void read_failures_name_the_path_and_add_nothing(void **state)
{
	struct error error = ERROR_INIT;
	struct str text = STR_INIT;

	(void)state;
	str_add_text(&text, "before");
	assert_int_equal(fs_read_file("no/such", 10, &text, &error), -1);
	expect_message(&error, "no/such: ");
	assert_int_equal(fs_read_file(".", 10, &text, &error), -1);
	expect_message(&error, ".: expected a file, found a directory");
	make_file("eleven", "12345678901");
	assert_int_equal(fs_read_file("eleven", 10, &text, &error), -1);
	expect_message(&error, "eleven: has more than 10 bytes");
	assert_int_equal(fs_read_file("/proc/self/stat", 10, &text, &error), -1);
	expect_message(&error, "/proc/self/stat: has more than 10 bytes");
	assert_string_equal(text.data, "before");
	assert_int_equal(text.length, 6);
	str_fini(&text);
}

static void atomic_write_replaces_and_keeps_the_mode(void **state)
{
	struct stat info;
	mode_t mask = umask(022);

	(void)state;
	assert_int_equal(fs_write_atomically("file", "one", 3, NULL), 0);
	expect_content("file", "one");
	assert_int_equal(stat("file", &info), 0);
	assert_int_equal(info.st_mode & 07777, 0644);
	assert_int_equal(chmod("file", 0751), 0);
	assert_int_equal(fs_write_atomically("file", "longer", 6, NULL), 0);
	expect_content("file", "longer");
	assert_int_equal(stat("file", &info), 0);
	assert_int_equal(info.st_mode & 07777, 0751);
	assert_int_equal(count_entries("."), 1);
	umask(mask);
}

static void atomic_write_follows_a_link(void **state)
{
	struct stat info;

	(void)state;
	make_file("real/file", "old");
	assert_int_equal(symlink("real/file", "link"), 0);
	assert_int_equal(fs_write_atomically("link", "new", 3, NULL), 0);
	expect_content("real/file", "new");
	assert_int_equal(lstat("link", &info), 0);
	assert_true(S_ISLNK(info.st_mode));
	assert_int_equal(count_entries("real"), 1);
}

static void atomic_write_never_replaces_a_device(void **state)
{
	int pipe_ends[2];
	char path[32];
	char got[8];

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	pipe_ends[0] = open("fifo", O_RDWR | O_CLOEXEC);
	assert_true(pipe_ends[0] >= 0);
	assert_int_equal(fs_write_atomically("fifo", "text", 4, NULL), 0);
	assert_int_equal(read(pipe_ends[0], got, sizeof(got)), 4);
	close(pipe_ends[0]);
	assert_int_equal(pipe(pipe_ends), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", pipe_ends[1]);
	assert_int_equal(fs_write_atomically(path, "text", 4, NULL), 0);
	assert_int_equal(read(pipe_ends[0], got, sizeof(got)), 4);
	assert_memory_equal(got, "text", 4);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	assert_int_equal(count_entries("."), 1);
}

static void failed_atomic_write_leaves_nothing(void **state)
{
	struct rlimit limit;
	struct rlimit old;
	struct error error = ERROR_INIT;
	char bytes[4096] = { 0 };

	(void)state;
	assert_int_equal(fs_write_atomically("none/file", "x", 1, &error), -1);
	expect_message(&error, "none/file: ");
	assert_int_equal(mkdir("directory", 0777), 0);
	assert_int_equal(fs_write_atomically("directory", "x", 1, &error), -1);
	expect_message(&error, "directory: expected a file");
	make_file("file", "old");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = old;
	limit.rlim_cur = 1000; /* as good as a full disk */
	assert_ptr_not_equal(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(fs_write_atomically("file", bytes, sizeof(bytes), &error), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	expect_message(&error, "file: can't write: ");
	expect_content("file", "old");
	assert_int_equal(count_entries("."), 2);
}

/* What a child process that a test forks says with its exit code. */
enum { CHILD_PASSED = 0, CHILD_FAILED = 1, CHILD_CANNOT = 77 };

static int wait_for(pid_t child)
{
	int status;

	assert_true(child > 0);
	while (waitpid(child, &status, 0) != child)
		assert_int_equal(errno, EINTR);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void ignore_signal(int number)
{
	(void)number;
}

/* Reads a pipe to its end, with a signal to the writer after each piece, and says whether it gave the
 * bytes that write_all_survives_… wrote. */
static int read_numbers(int fd, pid_t writer, size_t expected)
{
	unsigned char bytes[1000];
	size_t count = 0;
	ssize_t got;

	while ((got = read(fd, bytes, sizeof(bytes))) > 0) {
		for (ssize_t i = 0; i < got; i++) {
			if (bytes[i] != (unsigned char)(count++ % 251))
				return CHILD_FAILED;
		}
		if (kill(writer, SIGUSR1) != 0)
			return CHILD_FAILED;
	}
	return count == expected ? CHILD_PASSED : CHILD_FAILED;
}

static void write_all_survives_signals_and_full_pipes(void **state)
{
	enum { LENGTH = 1 << 20 };
	const struct sigaction action = { .sa_handler = ignore_signal }; /* without SA_RESTART */
	const pid_t writer = getpid();
	struct sigaction old;
	unsigned char *bytes = alloc_bytes(LENGTH);

	(void)state;
	for (size_t i = 0; i < LENGTH; i++)
		bytes[i] = (unsigned char)(i % 251);
	assert_int_equal(sigaction(SIGUSR1, &action, &old), 0);
	for (int flags = 0; flags <= O_NONBLOCK; flags += O_NONBLOCK) {
		int ends[2];
		pid_t child;

		assert_int_equal(pipe(ends), 0);
		child = fork();
		if (child == 0) {
			close(ends[1]);
			_exit(read_numbers(ends[0], writer, LENGTH));
		}
		close(ends[0]);
		assert_int_equal(fcntl(ends[1], F_SETFL, flags), 0);
		assert_int_equal(fs_write_all(ends[1], bytes, LENGTH), 0);
		close(ends[1]);
		assert_int_equal(wait_for(child), CHILD_PASSED);
	}
	assert_int_equal(sigaction(SIGUSR1, &old, NULL), 0);
	free(bytes);
}

static void write_all_says_why_not(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(fs_write_all(-1, "x", 1), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(fs_write_all(-1, "", 0), 0);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	assert_ptr_not_equal(signal(SIGPIPE, SIG_IGN), SIG_ERR);
	assert_int_equal(fs_write_all(ends[1], "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	close(ends[1]);
}

static void directories_are_made_on_the_way(void **state)
{
	struct error error = ERROR_INIT;

	(void)state;
	assert_int_equal(fs_make_directories("a/b//c/", NULL), 0);
	assert_true(fs_is_directory("a/b/c"));
	assert_int_equal(fs_make_directories("a/b/c", NULL), 0);
	assert_int_equal(fs_make_directories("/", NULL), 0);
	make_file("file", "");
	assert_int_equal(fs_make_directories("file/d", &error), -1);
	expect_message(&error, "file: expected a directory, found a file");
	assert_int_equal(fs_make_directories("", &error), -1);
}

static void questions_about_paths(void **state)
{
	(void)state;
	make_file("file", "");
	make_file("program", "");
	assert_int_equal(chmod("program", 0755), 0);
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	assert_true(fs_exists("file"));
	assert_true(fs_exists("."));
	assert_false(fs_exists("none"));
	assert_false(fs_exists("dangling"));
	assert_true(fs_is_directory("."));
	assert_false(fs_is_directory("file"));
	assert_true(fs_is_executable_file("program"));
	assert_false(fs_is_executable_file("file"));
	assert_false(fs_is_executable_file("."));
	assert_false(fs_is_executable_file("none"));
}

static void removing_a_tree_follows_no_links(void **state)
{
	struct error error = ERROR_INIT;

	(void)state;
	make_file("kept/file", "kept");
	make_file("tree/a/file", "");
	make_file("tree/a/.hidden", "");
	make_file("tree/b/c/d", "");
	assert_int_equal(symlink("../kept", "tree/link"), 0);
	assert_int_equal(symlink("../../kept/file", "tree/a/link"), 0);
	assert_int_equal(symlink("kept", "link"), 0);
	assert_int_equal(mkfifo("tree/fifo", 0600), 0);
	assert_int_equal(fs_remove_tree("tree/", &error), 0);
	assert_false(fs_exists("tree"));
	assert_int_equal(fs_remove_tree("link", &error), 0);
	expect_content("kept/file", "kept");
	assert_int_equal(fs_remove_tree("kept/file", &error), 0);
	assert_int_equal(fs_remove_tree("kept/file", &error), 0); /* missing is success */
	assert_int_equal(fs_remove_tree("none/none", &error), 0);
	assert_int_equal(fs_remove_tree("kept", &error), 0);
	assert_int_equal(count_entries("."), 0);
	assert_string_equal(error.message, "");
}

static void removing_nothing_in_particular_is_refused(void **state)
{
	static const char *const paths[] = { "", ".", "..", "sub/.", "sub/..", "./", "sub/../" };
	struct error error = ERROR_INIT;

	(void)state;
	make_file("sub/file", "kept");
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		assert_int_equal(fs_remove_tree(paths[i], &error), -1);
		expect_message(&error, "'");
	}
	expect_content("sub/file", "kept");
}

static void a_deep_tree_needs_few_descriptors(void **state)
{
	enum { LEVELS = 3000 }; /* deeper than a path can be long */
	struct rlimit old, limit;
	struct error error = ERROR_INIT;
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	for (int i = 0; i < LEVELS; i++) {
		int next;

		assert_int_equal(mkdirat(fd, "level", 0777), 0);
		next = openat(fd, "level", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		close(fd);
		fd = next;
	}
	close(fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	limit = old;
	limit.rlim_cur = (rlim_t)fd + 4;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(fs_remove_tree("level", &error), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_string_equal(error.message, "");
	assert_int_equal(count_entries("."), 0);
}

/* For root every directory is readable, so the removal is somebody else's. */
static int remove_locked_tree(void)
{
	if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
		return CHILD_CANNOT;
	if (fs_make_directories("tree/read-only", NULL) != 0 ||
	    fs_make_directories("tree/closed/d", NULL) != 0 ||
	    fs_write_atomically("tree/read-only/file", "", 0, NULL) != 0)
		return CHILD_FAILED;
	if (chmod("tree/read-only", 0500) != 0 || chmod("tree/closed", 0) != 0)
		return CHILD_FAILED;
	return fs_remove_tree("tree", NULL) == 0 && !fs_exists("tree") ? CHILD_PASSED : CHILD_FAILED;
}

static void locked_directories_are_removed_too(void **state)
{
	struct place *place = *state;
	pid_t child;
	int status;

	if (geteuid() == 0)
		assert_int_equal(chown(place->directory, 65534, 65534), 0);
	child = fork();
	if (child == 0)
		_exit(remove_locked_tree());
	status = wait_for(child);
	if (status == CHILD_CANNOT)
		skip();
	assert_int_equal(status, CHILD_PASSED);
}

static bool put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && fs_write_all(fd, text, strlen(text)) == 0;

	if (fd >= 0)
		close(fd);
	return written;
}

static int remove_tree_with_mount(void)
{
	struct error error = ERROR_INIT;
	char users[40], groups[40];

	snprintf(users, sizeof(users), "0 %u 1", (unsigned)geteuid());
	snprintf(groups, sizeof(groups), "0 %u 1", (unsigned)getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		return CHILD_CANNOT;
	if (!put_text("/proc/self/setgroups", "deny") || !put_text("/proc/self/uid_map", users) ||
	    !put_text("/proc/self/gid_map", groups))
		return CHILD_CANNOT;
	if (mount("none", "tree/mount", "tmpfs", 0, "size=64k") != 0)
		return CHILD_CANNOT;
	if (fs_write_atomically("tree/mount/file", "kept", 4, NULL) != 0)
		return CHILD_FAILED;
	if (fs_remove_tree("tree", &error) != -1 || !fs_exists("tree/mount/file") || fs_exists("tree/other"))
		return CHILD_FAILED;
	return text_starts_with(error.message, "tree/mount: ") ? CHILD_PASSED : CHILD_FAILED;
}

static void another_file_system_is_not_entered(void **state)
{
	pid_t child;
	int status;

	(void)state;
	make_file("tree/other/file", "");
	make_file("tree/mount/below", "");
	child = fork();
	if (child == 0)
		_exit(remove_tree_with_mount());
	status = wait_for(child);
	if (status == CHILD_CANNOT)
		skip(); /* mounting is not allowed here */
	assert_int_equal(status, CHILD_PASSED);
}

static void expect_text(char *got, const char *expected)
{
	assert_string_equal(got, expected);
	free(got);
}

static void path_text(void **state)
{
	const struct place *place = *state;
	char *expected = fs_join(place->directory, "x/y");

	expect_text(fs_join("a", "b"), "a/b");
	expect_text(fs_join("a/", "b"), "a/b");
	expect_text(fs_join("/", "b"), "/b");
	expect_text(fs_join("", "b"), "b");
	expect_text(fs_join("a", ""), "a");
	expect_text(fs_join("a", "/b"), "/b");

	expect_text(fs_absolute("x/./z/..//y/"), expected);
	expect_text(fs_absolute("/a/../../b/."), "/b");
	expect_text(fs_absolute("/.."), "/");
	expect_text(fs_absolute("//a//b"), "/a/b");
	expect_text(fs_absolute("/...a/..b"), "/...a/..b");
	expect_text(fs_absolute("."), place->directory);
	expect_text(fs_absolute(""), place->directory);

	expect_text(fs_relative("/a/b/c", "/a"), "b/c");
	expect_text(fs_relative("/a/b", "/a/"), "b");
	expect_text(fs_relative("/a", "/a"), ".");
	expect_text(fs_relative("/ab", "/a"), "/ab");
	expect_text(fs_relative("/b", "/a"), "/b");
	expect_text(fs_relative("/a/b", "/"), "a/b");
	expect_text(fs_relative("/", "/"), ".");

	expect_text(fs_directory_of("a/b"), "a");
	expect_text(fs_directory_of("a"), ".");
	expect_text(fs_directory_of(""), ".");
	expect_text(fs_directory_of("/"), "/");
	expect_text(fs_directory_of("//"), "/");
	expect_text(fs_directory_of("/a"), "/");
	expect_text(fs_directory_of("a/b//"), "a");
	expect_text(fs_directory_of("a//b"), "a");

	assert_string_equal(fs_name_of("a/b"), "b");
	assert_string_equal(fs_name_of("b"), "b");
	assert_string_equal(fs_name_of("/"), "");
	free(expected);
}

static void add_path(void *context, const char *path)
{
	str_add_text(context, path);
	str_add_char(context, ' ');
}

static void expect_paths(const struct place *place, const char *pattern, const char *expected)
{
	struct error error = ERROR_INIT;
	struct str found = STR_INIT;
	int count = fs_glob(place->directory, pattern, add_path, &found, &error);
	int words = 0;

	assert_string_equal(error.message, "");
	for (const char *at = expected; *at; at++)
		words += *at == ' ';
	if (strcmp(found.data, expected) != 0)
		fail_msg("%s: expected '%s', found '%s'", pattern, expected, found.data);
	assert_int_equal(count, words);
	str_fini(&found);
}

static void glob_finds_sorted_relative_paths(void **state)
{
	static const char *const files[] = { "t/b.t",          "t/a.t",       "t/B.t",      "t/sub/c.t",
					     "t/sub/deep/d.t", "t/.hidden.t", "t/.git/e.t", "t/x.sh",
					     "t/[odd].t",      "top.t" };
	const struct place *place = *state;
	struct str absolute = STR_INIT;
	struct str expected = STR_INIT;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		make_file(files[i], "");
	expect_paths(place, "t/*.t", "t/B.t t/[odd].t t/a.t t/b.t ");
	expect_paths(place, "t/[ab].t", "t/a.t t/b.t ");
	expect_paths(place, "t/?.t", "t/B.t t/a.t t/b.t ");
	expect_paths(place, "t/a.t", "t/a.t ");
	expect_paths(place, "./t//a.t", "t/a.t ");
	expect_paths(place, "t/none", "");
	expect_paths(place, "none/*.t", "");
	expect_paths(place, "t/a.t/*", "");
	expect_paths(place, "t/\\[odd\\].t", "t/[odd].t ");
	expect_paths(place, "t/\\[*", "t/[odd].t ");
	expect_paths(place, "*/../*.t", ""); /* behind a pattern ".." is a name that nothing has */
	expect_paths(place, "t/../top.t", "t/../top.t ");
	expect_paths(place, "t/../*.t", "t/../top.t ");
	expect_paths(place, "t/sub/", "t/sub ");
	expect_paths(place, "t/*/", "t/sub ");
	expect_paths(place, "t/a.t/", "");
	str_add_format(&absolute, "%s/t/a*", place->directory);
	str_add_format(&expected, "%s/t/a.t ", place->directory);
	expect_paths(place, absolute.data, expected.data);
	str_fini(&absolute);
	str_fini(&expected);
}

static void glob_finds_any_depth_once(void **state)
{
	const struct place *place = *state;

	make_file("t/a.t", "");
	make_file("t/sub/b.t", "");
	make_file("t/sub/deep/c.t", "");
	make_file("t/.git/d.t", "");
	assert_int_equal(symlink("..", "t/sub/up"), 0); /* would go round for ever */
	assert_int_equal(symlink("sub", "t/other"), 0);
	expect_paths(place, "**/*.t", "t/a.t t/sub/b.t t/sub/deep/c.t ");
	expect_paths(place, "t/**/*.t", "t/a.t t/sub/b.t t/sub/deep/c.t ");
	expect_paths(place, "**/**/t/**/**/*.t", "t/a.t t/sub/b.t t/sub/deep/c.t ");
	expect_paths(place, "**/deep/**", "t/sub/deep/c.t ");
	expect_paths(place, "t/**", "t/a.t t/other t/sub t/sub/b.t t/sub/deep t/sub/deep/c.t t/sub/up ");
	expect_paths(place, "t/**/", "t/other t/sub t/sub/deep t/sub/up ");
	expect_paths(place, "t/o*/*.t", "t/other/b.t "); /* a link that is named is followed */
	expect_paths(place, "t/*/b.t", "t/other/b.t t/sub/b.t ");
	expect_paths(place, "t/.*/*.t", "t/.git/d.t ");
	expect_paths(place, "**/.git/*.t", "t/.git/d.t ");
}

static void glob_refuses_what_is_no_pattern(void **state)
{
	const struct place *place = *state;
	struct error error = ERROR_INIT;
	struct str pattern = STR_INIT;

	assert_int_equal(fs_glob(place->directory, "", add_path, NULL, &error), -1);
	expect_message(&error, "''");
	for (int i = 0; i < 64; i++)
		str_add_text(&pattern, "*/");
	assert_int_equal(fs_glob(place->directory, pattern.data, add_path, NULL, &error), -1);
	assert_non_null(strstr(error.message, "at most 63 parts, this one has 64"));
	str_cut_front(&pattern, 2);
	assert_int_equal(fs_glob(place->directory, pattern.data, add_path, NULL, NULL), 0);
	str_fini(&pattern);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, enter_place, leave_place)
		IN_PLACE(read_appends_the_whole_file),
		IN_PLACE(read_failures_name_the_path_and_add_nothing),
		IN_PLACE(atomic_write_replaces_and_keeps_the_mode),
		IN_PLACE(atomic_write_follows_a_link),
		IN_PLACE(atomic_write_never_replaces_a_device),
		IN_PLACE(failed_atomic_write_leaves_nothing),
		IN_PLACE(write_all_survives_signals_and_full_pipes),
		IN_PLACE(write_all_says_why_not),
		IN_PLACE(directories_are_made_on_the_way),
		IN_PLACE(questions_about_paths),
		IN_PLACE(removing_a_tree_follows_no_links),
		IN_PLACE(removing_nothing_in_particular_is_refused),
		IN_PLACE(a_deep_tree_needs_few_descriptors),
		IN_PLACE(locked_directories_are_removed_too),
		IN_PLACE(another_file_system_is_not_entered),
		IN_PLACE(path_text),
		IN_PLACE(glob_finds_sorted_relative_paths),
		IN_PLACE(glob_finds_any_depth_once),
		IN_PLACE(glob_refuses_what_is_no_pattern),
#undef IN_PLACE
	};

	return cmocka_run_group_tests_name("fs", tests, NULL, NULL);
}
