#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/vec.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void nothing_is_something_to_free(void **state)
{
	char *text;

	(void)state;
	free(alloc_bytes(0));
	free(alloc_zeroed(0, 8));
	free(alloc_resized(NULL, 0, 8));
	text = alloc_string_n(NULL, 0);
	assert_string_equal(text, "");
	free(text);
}

static void copies_are_text(void **state)
{
	char *text = alloc_string("text");

	(void)state;
	assert_string_equal(text, "text");
	free(text);
	text = alloc_string_n("text", 2);
	assert_string_equal(text, "te");
	free(text);
	text = alloc_format("%s-%d", "n", 7);
	assert_string_equal(text, "n-7");
	free(text);
}

static void zeroed_is_zero(void **state)
{
	unsigned char *bytes = alloc_zeroed(100, 100);

	(void)state;
	for (size_t i = 0; i < 10000; i++)
		assert_int_equal(bytes[i], 0);
	free(bytes);
}

/* The size's product would be small if it overflowed. */
static void an_impossible_size_aborts_with_a_message(void **state)
{
	static const char expected[] = "xtop: out of memory";
	char message[200] = "";
	int ends[2];
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		const struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		signal(SIGABRT, SIG_DFL);
		dup2(ends[1], STDERR_FILENO);
		free(alloc_resized(NULL, SIZE_MAX / 2 + 2, 2));
		_exit(0);
	}
	close(ends[1]);
	assert_true(child > 0);
	assert_true(read(ends[0], message, sizeof(message) - 1) > 0);
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_memory_equal(message, expected, sizeof(expected) - 1);
}

static void vector_grows_and_keeps_its_order(void **state)
{
	VEC(size_t) numbers = VEC_INIT;
	size_t expected = 0;

	(void)state;
	vec_each(&numbers, number)
		fail();
	for (size_t i = 0; i < 1000; i++)
		vec_push(&numbers, i);
	assert_int_equal(numbers.length, 1000);
	vec_each(&numbers, number)
		assert_int_equal(*number, expected++);
	assert_int_equal(expected, 1000);
	vec_remove(&numbers, 0);
	vec_remove(&numbers, 998);
	vec_remove(&numbers, 1);
	assert_int_equal(numbers.length, 997);
	assert_int_equal(numbers.items[0], 1);
	assert_int_equal(numbers.items[1], 3);
	assert_int_equal(numbers.items[996], 998);
	vec_clear(&numbers);
	assert_int_equal(numbers.length, 0);
	vec_fini(&numbers);
	assert_null(numbers.items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_something_to_free),
		cmocka_unit_test(copies_are_text),
		cmocka_unit_test(zeroed_is_zero),
		cmocka_unit_test(an_impossible_size_aborts_with_a_message),
		cmocka_unit_test(vector_grows_and_keeps_its_order),
	};

	return cmocka_run_group_tests_name("alloc", tests, NULL, NULL);
}
