#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tui/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define RESTORE "[restored]"

/* A terminal of our own: what is written to `slave` can be read from `master`. */
struct fixture {
	int master, slave;
	struct termios before;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	assert_true(fixture->master >= 0);
	assert_int_equal(grantpt(fixture->master), 0);
	assert_int_equal(unlockpt(fixture->master), 0);
	fixture->slave = open(ptsname(fixture->master), O_RDWR | O_NOCTTY);
	assert_true(fixture->slave >= 0);
	assert_int_equal(tcgetattr(fixture->slave, &fixture->before), 0);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	close(fixture->slave);
	close(fixture->master);
	free(fixture);
	return 0;
}

static void take(const struct fixture *fixture)
{
	struct termios raw = fixture->before;

	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(fixture->slave, TCSANOW, &raw);
	terminal_guard(fixture->slave, &fixture->before, RESTORE, strlen(RESTORE));
}

static void assert_given_back(const struct fixture *fixture)
{
	char text[64] = "";
	struct termios now;
	ssize_t length = read(fixture->master, text, sizeof(text) - 1);

	assert_int_equal(length, (ssize_t)strlen(RESTORE));
	assert_string_equal(text, RESTORE);
	assert_int_equal(tcgetattr(fixture->slave, &now), 0);
	assert_int_equal(now.c_lflag, fixture->before.c_lflag);
}

enum ending { BY_SIGNAL, BY_EXIT, BY_ABORT };

/* A child takes the terminal and ends; returns how. */
static int end_child(const struct fixture *fixture, enum ending ending, int number)
{
	int status = 0;
	pid_t child;

	fflush(NULL); /* the child must not print it again */
	child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		signal(number ? number : SIGTERM, SIG_DFL);
		signal(SIGABRT, SIG_DFL);
		take(fixture);
		if (ending == BY_SIGNAL)
			raise(number);
		if (ending == BY_ABORT)
			abort();
		exit(3);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void deadly_signals_give_it_back_and_still_kill(void **state)
{
	static const int numbers[] = { SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL,
				       SIGTERM, SIGHUP,  SIGINT, SIGQUIT };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		int status = end_child(*state, BY_SIGNAL, numbers[i]);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), numbers[i]);
		assert_given_back(*state);
	}
}

static void abort_gives_it_back(void **state)
{
	int status = end_child(*state, BY_ABORT, 0);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_given_back(*state);
}

static void exit_gives_it_back(void **state)
{
	int status = end_child(*state, BY_EXIT, 0);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
	assert_given_back(*state);
}

static void child_of_the_owner_leaves_it_alone(void **state)
{
	const struct fixture *fixture = *state;
	char text[8];
	int status;
	pid_t child;

	take(fixture);
	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		signal(SIGABRT, SIG_DFL);
		raise(SIGTERM);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(read(fixture->master, text, sizeof(text)), -1);
	terminal_release();
	tcsetattr(fixture->slave, TCSANOW, &fixture->before);
}

static void release_puts_handlers_back(void **state)
{
	const struct fixture *fixture = *state;
	struct sigaction before, after;
	char text[8];

	sigaction(SIGTERM, NULL, &before);
	take(fixture);
	sigaction(SIGTERM, NULL, &after);
	assert_ptr_not_equal(before.sa_handler, after.sa_handler);
	terminal_release();
	sigaction(SIGTERM, NULL, &after);
	assert_ptr_equal(before.sa_handler, after.sa_handler);
	/* Whoever releases it has given it back by other means. */
	assert_int_equal(read(fixture->master, text, sizeof(text)), -1);
	tcsetattr(fixture->slave, TCSANOW, &fixture->before);
}

static void ignore(int number)
{
	(void)number;
}

static void handlers_of_others_for_plain_signals_stay(void **state)
{
	struct sigaction now;

	signal(SIGTERM, ignore);
	take(*state);
	sigaction(SIGTERM, NULL, &now);
	assert_ptr_equal(now.sa_handler, ignore);
	terminal_release();
	signal(SIGTERM, SIG_DFL);
	tcsetattr(((struct fixture *)*state)->slave, TCSANOW, &((struct fixture *)*state)->before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(deadly_signals_give_it_back_and_still_kill),
		TEST(abort_gives_it_back),
		TEST(exit_gives_it_back),
		TEST(child_of_the_owner_leaves_it_alone),
		TEST(release_puts_handlers_back),
		TEST(handlers_of_others_for_plain_signals_stay),
	};

	return cmocka_run_group_tests_name("tui_terminal", tests, NULL, NULL);
}
