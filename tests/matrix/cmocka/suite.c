/* A cmocka program whose second test, or what is around it, goes wrong in the way that the program is called by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *name;

static int is(const char *what)
{
	return strcmp(name, what) == 0;
}

/* What is made of each frame keeps a compiler from making a loop of the calls. */
static int deeper(const char *before, int depth)
{
	char frame[4096];
	memset(frame, before[depth % 7], sizeof(frame));
	int found = deeper(frame, depth + 1);
	return found + frame[found & 4095];
}

static void hang(void)
{
	for (;;)
		sleep(1000);
}

static void test_first(void **state)
{
	(void)state;
	print_message("words before the end\n");
}

static void test_second(void **state)
{
	char *buffer = malloc(8);
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int ends[2];
	sigset_t all;
	(void)state;
	if (is("loop"))
		for (volatile int i = 0;; i++)
			continue;
	if (is("sleep"))
		hang();
	if (is("lock")) {
		pthread_mutex_lock(&lock);
		pthread_mutex_lock(&lock);
	}
	if (is("handlers")) {
		for (int i = 1; i < 32; i++)
			signal(i, SIG_IGN);
		hang();
	}
	if (is("blocks_signals")) {
		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, NULL);
		hang();
	}
	if (is("ignores_sigterm")) {
		signal(SIGTERM, SIG_IGN);
		hang();
	}
	if (is("child")) {
		if (fork() == 0)
			hang();
		wait(NULL);
	}
	if (is("socket") && socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0)
		recv(ends[0], buffer, 1, 0);
	if (is("read") && pipe(ends) == 0 && read(ends[0], buffer, 1))
		return;
	if (is("event"))
		pause();
	if (is("stopped"))
		raise(SIGSTOP);
	if (is("segfault"))
		*(volatile int *)strlen("") = 1;
	if (is("abort"))
		abort();
	if (is("killed"))
		kill(getpid(), SIGKILL);
	if (is("grows"))
		for (;;) {
			memset(malloc(1 << 20), 1, 1 << 20);
			usleep(2000);
		}
	if (is("exit_3"))
		_exit(3);
	if (is("fork_returns") && fork())
		wait(NULL);
	if (is("overflow"))
		deeper("overflow", 0);
	if (is("sanitizer"))
		((volatile char *)buffer)[8] = 1;
	if (is("worker")) {
		kill(getppid(), SIGKILL);
		hang();
	}
	if (is("leak_child") && fork() == 0) {
		close(1);
		close(2);
		execlp("sleep", "sleep", "1201", NULL);
	}
	for (int i = 0; i < (is("leak_two") ? 2 : is("leak_fails")); i++)
		if (fork() == 0) {
			close(1);
			close(2);
			execlp("sleep", "sleep", is("leak_fails") ? "1204" : i ? "1205" : "1206", NULL);
		}
	if (is("leak_nothing") && fork() == 0)
		execlp("sleep", "sleep", "0.01", NULL);
	if (is("leak_daemon") && fork() == 0) {
		setsid();
		if (fork())
			_exit(0);
		for (int i = 0; i < 3; i++)
			close(i);
		execlp("sleep", "sleep", "1202", NULL);
	}
	if (is("leak_pipe") && fork() == 0)
		execlp("sleep", "sleep", "1203", NULL);
	free(buffer);
	assert_false(is("leak_fails"));
}

static int set_up(void **state)
{
	(void)state;
	if (is("setup"))
		hang();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (is("teardown"))
		hang();
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_first),
					    cmocka_unit_test_setup_teardown(test_second, set_up, tear_down) };
	(void)argc;
	/* What xtop's own sanitizers were told, an exit code above all, is not meant for this program's. */
	if (getenv("ASAN_OPTIONS")) {
		unsetenv("ASAN_OPTIONS");
		execv("/proc/self/exe", argv);
	}
	name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
