/* Memory of tests, against a limit and at its peak, and the kernel's own kills. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fs.h"
#include "worker/cgroup.h"
#include "worker/evidence.h"
#include "worker/memory.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEBIBYTE ((size_t)1 << 20)

/* --- sizes --- */

static void expect_size(uint64_t bytes, const char *expected)
{
	struct str text = STR_INIT;
	memory_add_size(&text, bytes);
	assert_string_equal(text.data, expected);
	str_fini(&text);
}

static void sizes_are_told_as_they_are_given(void **state)
{
	(void)state;
	expect_size(0, "0");
	expect_size(1000, "1000");
	expect_size(1024, "1K");
	expect_size(1536 * 1024, "1536K");
	expect_size(200 * MEBIBYTE, "200M");
	expect_size(3 * 1024 * MEBIBYTE, "3G");
	expect_size(231 * MEBIBYTE + 4096, "231M");
}

/* --- processes --- */

/* A child that does one step for each byte that it is sent, and answers each. */
struct child {
	pid_t pid;
	int to, from;
};

static void touch(char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i += 1024)
		bytes[i] = 1;
}

static _Noreturn void serve(int in, int out, bool in_child)
{
	char byte = 'x', *bytes = NULL;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (in_child && fork() != 0)
		for (;;)
			pause();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	do {
		if (byte == '+') {
			bytes = mmap(NULL, 64 * MEBIBYTE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			touch(bytes, 64 * MEBIBYTE);
		} else if (byte == '-') {
			munmap(bytes, 64 * MEBIBYTE);
		}
		if (write(out, &byte, 1) != 1)
			break;
	} while (read(in, &byte, 1) == 1);
	_exit(0);
}

static void step(struct child *child, char byte)
{
	char answer;
	if (byte != 'x')
		assert_int_equal(write(child->to, &byte, 1), 1);
	assert_int_equal(read(child->from, &answer, 1), 1);
	assert_int_equal(answer, byte);
}

static struct child start(bool in_child)
{
	int to[2], from[2];
	assert_int_equal(pipe(to) | pipe(from), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(to[1]);
		close(from[0]);
		serve(to[0], from[1], in_child);
	}
	close(to[0]);
	close(from[1]);
	struct child child = { pid, to[1], from[0] };
	step(&child, 'x');
	return child;
}

static void end(struct child *child)
{
	close(child->to);
	close(child->from);
	kill(child->pid, SIGKILL);
	waitpid(child->pid, NULL, 0);
}

static bool lists_children(void)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	return fs_exists(path);
}

static void peak_begins_anew_with_each_test(void **state)
{
	(void)state;
	struct child child = start(false);
	struct memory_peak peak;
	memory_peak_init(&peak);
	memory_peak_begin(&peak, child.pid);
	step(&child, '+');
	step(&child, '-');
	uint64_t most = memory_peak_end(&peak, CLOCK_SECOND);
	assert_true(most > 64 * MEBIBYTE);
	memory_peak_begin(&peak, child.pid);
	uint64_t after = memory_peak_end(&peak, CLOCK_SECOND);
	assert_true(after > 0 && after < most - 32 * MEBIBYTE);
	end(&child);
	assert_int_equal(memory_peak_end(&peak, CLOCK_SECOND), 0);
	memory_peak_fini(&peak);
}

/* A test that was over at once has what its process has; what came before is forgotten all the same. */
static void short_test_is_told_what_is_there(void **state)
{
	(void)state;
	struct child child = start(false), other = start(false);
	struct memory_peak peak;
	memory_peak_init(&peak);
	memory_peak_begin(&peak, child.pid);
	step(&child, '+');
	uint64_t filled = memory_peak_end(&peak, CLOCK_MS / 2);
	assert_true(filled > 64 * MEBIBYTE);
	step(&child, '-');
	memory_peak_begin(&peak, child.pid);
	uint64_t after = memory_peak_end(&peak, CLOCK_MS / 2);
	assert_true(after > 0 && after < filled - 32 * MEBIBYTE);
	step(&other, '+');
	memory_peak_begin(&peak, other.pid);
	assert_true(memory_peak_end(&peak, CLOCK_MS / 2) > 64 * MEBIBYTE);
	end(&child);
	end(&other);
	assert_int_equal(memory_peak_end(&peak, CLOCK_MS / 2), 0);
	memory_peak_fini(&peak);
}

static void limit_is_for_all_that_lives_below(void **state)
{
	(void)state;
	if (!lists_children())
		skip();
	for (int in_child = 0; in_child < 2; in_child++) {
		struct child child = start(in_child == 1);
		struct memory_watch watch;
		memory_watch_begin(&watch, 60 * MEBIBYTE, false, CLOCK_SECOND);
		uint64_t due = memory_watch_wake_at(&watch);
		assert_true(due > CLOCK_SECOND && due <= CLOCK_SECOND + 100 * CLOCK_MS);
		assert_false(memory_watch_is_beyond(&watch, getpid(), due));
		step(&child, '+');
		assert_false(memory_watch_is_beyond(&watch, getpid(), due)); /* it is not time again */
		due = memory_watch_wake_at(&watch);
		assert_true(memory_watch_is_beyond(&watch, getpid(), due));
		assert_true(watch.found > 60 * MEBIBYTE);
		assert_true(memory_watch_wake_at(&watch) == UINT64_MAX);
		struct str text = STR_INIT;
		memory_watch_describe(&watch, &text);
		assert_memory_equal(text.data, "used more than --mem-limit 60M: ", 32);
		str_fini(&text);
		end(&child);
	}
}

/* A library that eight processes have in memory is there once. */
static void shared_memory_counts_once(void **state)
{
	(void)state;
	struct memory_watch watch;
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)getpid());
	if (!lists_children() || !fs_exists(path))
		skip();
	char *shared = mmap(NULL, 32 * MEBIBYTE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	touch(shared, 32 * MEBIBYTE);
	int ready[2];
	char byte;
	pid_t pids[4];
	assert_int_equal(pipe(ready), 0);
	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			touch(shared, 32 * MEBIBYTE);
			byte = 'x';
			while (write(ready[1], &byte, 1) == 1)
				pause();
		}
		assert_int_equal(read(ready[0], &byte, 1), 1);
	}
	memory_watch_begin(&watch, 100 * MEBIBYTE, false, CLOCK_SECOND);
	bool beyond = memory_watch_is_beyond(&watch, getpid(), memory_watch_wake_at(&watch));
	for (int i = 0; i < 4; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	munmap(shared, 32 * MEBIBYTE);
	close(ready[0]);
	close(ready[1]);
	assert_false(beyond);
}

static void no_limit_is_never_looked_at(void **state)
{
	(void)state;
	struct memory_watch watch;
	memory_watch_begin(&watch, 0, false, CLOCK_SECOND);
	assert_true(memory_watch_wake_at(&watch) == UINT64_MAX);
	assert_false(memory_watch_is_beyond(&watch, getpid(), 1000 * CLOCK_SECOND));
}

static void what_a_group_limits_is_never_looked_at(void **state)
{
	(void)state;
	struct memory_watch watch;
	struct str text = STR_INIT;
	memory_watch_begin(&watch, MEBIBYTE, true, CLOCK_SECOND);
	assert_true(memory_watch_wake_at(&watch) == UINT64_MAX);
	assert_false(memory_watch_is_beyond(&watch, getpid(), 1000 * CLOCK_SECOND));
	memory_watch_describe(&watch, &text);
	assert_string_equal(text.data, "used more than --mem-limit 1M");
	str_clear(&text);
	struct json *evidence = json_new_object();
	memory_watch_put(&watch, evidence);
	json_dump(evidence, &text);
	assert_string_equal(text.data, "{\"killed_by\":\"kernel\",\"limit\":1048576}");
	json_free(evidence);
	str_fini(&text);
}

/* --- the kernel's kills --- */

static char directory[64];

static int make_directory(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/test_memory.XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	return fs_remove_tree(directory, NULL);
}

/* With what follows a '$' in the place of the directory. */
static void put(const char *name, const char *text)
{
	char *path = fs_join(directory, name), *parent = fs_directory_of(path);
	struct str bytes = STR_INIT;
	const char *dollar = strchr(text, '$');
	if (dollar)
		str_add_format(&bytes, "%.*s%s%s", (int)(dollar - text), text, directory, dollar + 1);
	else
		str_add_text(&bytes, text);
	assert_int_equal(fs_make_directories(parent, NULL), 0);
	assert_int_equal(fs_write_atomically(path, bytes.data, bytes.length, NULL), 0);
	str_fini(&bytes);
	free(parent);
	free(path);
}

static void expect_kills_file(const char *expected)
{
	struct cgroup_limits limits;
	char *proc = fs_join(directory, "proc"), *path = fs_join(directory, expected);
	cgroup_read(proc, &limits);
	assert_string_equal(limits.kills_file, path);
	free(path);
	free(proc);
}

static void counter_is_that_of_the_own_group(void **state)
{
	(void)state;
	put("proc/self/cgroup", "0::/a/b\n");
	put("proc/self/mountinfo", "31 23 0:28 / $/two rw - cgroup2 cgroup2 rw\n");
	put("two/a/memory.events", "oom_kill 7\n");
	put("two/a/b/memory.events", "low 0\noom 3\noom_kill 2\n");
	expect_kills_file("two/a/b/memory.events");
	put("proc/self/cgroup", "4:memory:/a\n0::/\n");
	put("proc/self/mountinfo", "31 23 0:28 / $/one rw - cgroup cgroup rw,memory\n");
	put("one/memory.oom_control", "oom_kill 9\n");
	put("one/a/memory.oom_control", "under_oom 0\noom_kill 2\n");
	expect_kills_file("one/a/memory.oom_control");
}

static int open_counter(const char *text)
{
	put("counter", text);
	char *path = fs_join(directory, "counter");
	int fd = open(path, O_RDWR | O_CLOEXEC);
	free(path);
	assert_true(fd >= 0);
	return fd;
}

static void counter_is_read_as_both_versions_write_it(void **state)
{
	(void)state;
	static const char *const texts[] = { "low 0\nhigh 0\nmax 81\noom 4\noom_kill 3\noom_group_kill 9\n",
					     "oom_kill_disable 1\nunder_oom 0\noom_kill 3\n", "oom_kill 3" };
	uint64_t kills = 0;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		int fd = open_counter(texts[i]);
		assert_true(memory_read_kills(fd, &kills));
		assert_int_equal(kills, 3);
		assert_true(memory_read_kills(fd, &kills)); /* again, from the beginning */
		close(fd);
	}
	int fd = open_counter("oom_kill_disable 0\n");
	assert_false(memory_read_kills(fd, &kills));
	close(fd);
	assert_false(memory_read_kills(-1, &kills));
}

static void expect_evidence(int number, bool core, int person, const struct kill_count *count, int fd,
			    const char *expected)
{
	struct json *json = json_new_object();
	struct str text = STR_INIT;
	evidence_put_signal(json, number, core, person, count, fd);
	json_dump(json, &text);
	assert_string_equal(text.data, expected);
	str_fini(&text);
	json_free(json);
}

static void killer_is_named_as_far_as_it_is_known(void **state)
{
	(void)state;
	struct kill_count count;
	int fd = open_counter("oom_kill 3\n");
	kill_count_begin(&count, fd);
	expect_evidence(SIGKILL, false, 0, &count, fd, "{\"oom\":0}");
	expect_evidence(SIGSEGV, true, 0, &count, fd, "{\"core\":true}");
	expect_evidence(SIGTERM, false, SIGTERM, &count, fd, "{\"killed_by\":\"person\"}");
	assert_int_equal(pwrite(fd, "oom_kill 5\n", 11, 0), 11);
	expect_evidence(SIGKILL, false, 0, &count, fd, "{\"oom\":2,\"killed_by\":\"kernel\"}");
	expect_evidence(SIGKILL, false, SIGKILL, &count, fd, "{\"killed_by\":\"person\"}");
	expect_evidence(SIGSEGV, false, 0, &count, fd, "{}");
	kill_count_begin(&count, -1);
	expect_evidence(SIGKILL, false, 0, &count, -1, "{}");
	close(fd);
}

static void evidence_that_is_empty_is_not_put(void **state)
{
	(void)state;
	struct json *json = json_new_object();
	struct str text = STR_INIT;
	struct event event = { .has = 0 };
	evidence_put_into(&event, json, &text);
	assert_false(event_has(&event, evidence));
	json_put_bool(json, "core", true);
	str_clear(&text);
	evidence_put_into(&event, json, &text);
	assert_true(event_has(&event, evidence));
	assert_memory_equal(event.evidence.data, "{\"core\":true}", event.evidence.length);
	str_fini(&text);
	json_free(json);
}

#define WITH_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_told_as_they_are_given),
		cmocka_unit_test(peak_begins_anew_with_each_test),
		cmocka_unit_test(short_test_is_told_what_is_there),
		cmocka_unit_test(limit_is_for_all_that_lives_below),
		cmocka_unit_test(shared_memory_counts_once),
		cmocka_unit_test(no_limit_is_never_looked_at),
		cmocka_unit_test(what_a_group_limits_is_never_looked_at),
		WITH_DIRECTORY(counter_is_that_of_the_own_group),
		WITH_DIRECTORY(counter_is_read_as_both_versions_write_it),
		WITH_DIRECTORY(killer_is_named_as_far_as_it_is_known),
		cmocka_unit_test(evidence_that_is_empty_is_not_put),
	};
	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
