#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/str.h"
#include "diagnose/codes.h"
#include "diagnose/diagnose.h"
#include "diagnose/manual.h"
#include "diagnose/waits.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#define MIB (UINT64_C(1) << 20)

static struct evidence crash(unsigned number)
{
	struct evidence evidence = EVIDENCE_INIT;
	evidence.outcome = OUTCOME_CRASHED;
	evidence.adapter = "pytest";
	evidence.signal = number;
	return evidence;
}

static struct evidence timeout(const char *seen)
{
	struct evidence evidence = EVIDENCE_INIT;
	evidence.outcome = OUTCOME_TIMEOUT;
	evidence.message = "timed out after 2 s";
	evidence.signal = SIGTERM;
	evidence.seen = seen;
	return evidence;
}

static void expect(const struct evidence *evidence, enum code_number number, enum certainty certainty,
		   const char *sentence)
{
	struct diagnosis found;
	if (!diagnose(evidence, &found))
		fail_msg("nothing is found; expected %s", sentence);
	assert_string_equal(found.sentence, sentence);
	assert_string_equal(found.code->name, code_of(number)->name);
	assert_string_equal(certainty_name(found.certainty), certainty_name(certainty));
	diagnosis_fini(&found);
}

static void expect_nothing(const struct evidence *evidence)
{
	struct diagnosis found;
	if (diagnose(evidence, &found))
		fail_msg("found %s", found.sentence);
	diagnosis_fini(&found);
}

static void expect_evidence(const struct evidence *evidence, const char *expected)
{
	struct diagnosis found;
	assert_true(diagnose(evidence, &found));
	assert_string_equal(found.evidence, expected);
	diagnosis_fini(&found);
}

static void expect_aside(const struct evidence *evidence, const char *first, const char *second)
{
	const char *names[] = { first, second };
	struct diagnosis found;
	assert_true(diagnose(evidence, &found));
	for (size_t i = 0; i < DIAGNOSIS_ASIDE; i++) {
		const char *name = found.aside[i] ? found.aside[i]->name : "";
		assert_string_equal(name, names[i]);
	}
	diagnosis_fini(&found);
}

/* --- codes --- */

static void codes_ascend_and_names_differ(void **state)
{
	(void)state;
	assert_true(code_count > 40);
	for (size_t i = 0; i < code_count; i++) {
		const struct code *code = &code_table[i];
		char text[16];
		snprintf(text, sizeof(text), "XT%d", (int)code->number);
		assert_string_equal(code->code, text);
		assert_true(i == 0 || code->number > code_table[i - 1].number);
		assert_ptr_equal(code_find(code->name), code);
		assert_int_equal(strspn(code->name, "abcdefghijklmnopqrstuvwxyz-"), strlen(code->name));
		assert_true(text_ends_with(code->text, ".") && text_ends_with(code->remedy, "."));
	}
}

static void codes_are_found_however_they_are_written(void **state)
{
	(void)state;
	const struct code *segfault = code_of(CODE_SEGFAULT);
	assert_non_null(segfault);
	assert_ptr_equal(code_find("XT1001"), segfault);
	assert_ptr_equal(code_find("xt1001"), segfault);
	assert_ptr_equal(code_find("1001"), segfault);
	assert_ptr_equal(code_find("Segfault"), segfault);
	assert_null(code_find("XT9999"));
	assert_null(code_find(""));
	assert_ptr_equal(code_nearest("segfualt"), segfault);
	assert_ptr_equal(code_nearest("lock"), code_of(CODE_BLOCKED_IN_LOCK));
	assert_null(code_nearest("XT9999"));
	assert_null(code_nearest(""));
}

/* --- nothing to say --- */

static void what_passes_or_fails_as_tests_do_has_no_code(void **state)
{
	(void)state;
	struct evidence evidence = EVIDENCE_INIT;
	evidence.outcome = OUTCOME_PASSED;
	evidence.exit_code = 0;
	expect_nothing(&evidence);
	evidence.outcome = OUTCOME_FAILED;
	evidence.exit_code = 1;
	evidence.message = "AssertionError: assert 1 == 2";
	evidence.output =
		slice_of("panic: runtime error: index out of range\nMemoryError\n#1 is the first\n");
	expect_nothing(&evidence);
	evidence.outcome = OUTCOME_NOTRUN;
	evidence.signal = SIGKILL;
	evidence.oom_kills = 1;
	expect_nothing(&evidence);
}

static void a_sanitizer_that_a_passing_test_talks_of_is_no_report(void **state)
{
	(void)state;
	struct evidence evidence = EVIDENCE_INIT;
	evidence.outcome = OUTCOME_PASSED;
	evidence.output = slice_of("==1==ERROR: AddressSanitizer: heap-use-after-free\n");
	expect_nothing(&evidence);
}

/* --- crashes --- */

static void signals_have_their_codes(void **state)
{
	(void)state;
	struct evidence evidence = crash(SIGSEGV);
	evidence.core_dumped = true;
	expect(&evidence, CODE_SEGFAULT, CERTAINTY_CERTAIN, "killed by SIGSEGV (core dumped)");
	evidence = crash(SIGBUS);
	expect(&evidence, CODE_BUS_ERROR, CERTAINTY_CERTAIN, "killed by SIGBUS");
	evidence = crash(SIGFPE);
	expect(&evidence, CODE_FATAL_SIGNAL, CERTAINTY_CERTAIN,
	       "killed by SIGFPE: arithmetic without a result, such as a division by 0");
	evidence = crash(SIGALRM);
	expect(&evidence, CODE_FATAL_SIGNAL, CERTAINTY_CERTAIN,
	       "killed by SIGALRM: a timer that it had set itself");
	evidence = crash(SIGXFSZ);
	expect(&evidence, CODE_RESOURCE_LIMIT, CERTAINTY_CERTAIN,
	       "killed by SIGXFSZ: the limit of a file's size");
}

static void every_signal_of_the_code_itself_is_known(void **state)
{
	(void)state;
	static const int fatal[] = { SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGPIPE, SIGALRM, SIGVTALRM, SIGPROF };
	static const int limits[] = { SIGXCPU, SIGXFSZ };
	for (size_t i = 0; i < sizeof(fatal) / sizeof(*fatal); i++) {
		struct diagnosis found;
		struct evidence evidence = crash((unsigned)fatal[i]);
		assert_true(diagnose(&evidence, &found));
		assert_int_equal(found.code->number, CODE_FATAL_SIGNAL);
		assert_non_null(strstr(found.sentence, ": "));
		diagnosis_fini(&found);
	}
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		struct diagnosis found;
		struct evidence evidence = crash((unsigned)limits[i]);
		assert_true(diagnose(&evidence, &found));
		assert_int_equal(found.code->number, CODE_RESOURCE_LIMIT);
		diagnosis_fini(&found);
	}
}

static void a_crash_in_python_is_named_with_its_line(void **state)
{
	(void)state;
	struct evidence evidence = crash(SIGSEGV);
	evidence.root = "/p";
	evidence.seen = "{\"phase\":\"setup\"}";
	evidence.output =
		slice_of("Fatal Python error: Segmentation fault\n\n"
			 "Thread 0x1 (most recent call first):\n  File \"/p/other.py\", line 1 in other\n\n"
			 "Current thread 0x2 (most recent call first):\n"
			 "  File \"/usr/lib/python3.11/ctypes/__init__.py\", line 514 in string_at\n"
			 "  File \"/p/tests/test_a.py\", line 7 in test_b\n"
			 "  File \"/p/tests/test_a.py\", line 9 in caller\n");
	expect(&evidence, CODE_SEGFAULT, CERTAINTY_CERTAIN,
	       "killed by SIGSEGV in set-up in test_b (tests/test_a.py:7)");
	expect_evidence(&evidence, "it said: Fatal Python error: Segmentation fault");
	/* Of another tree whose name begins alike; and where all is the library's, its innermost frame. */
	evidence.seen = NULL;
	evidence.output =
		slice_of("Current thread 0x2 (most recent call first):\n"
			 "  File \"/pp/lib/python3.11/ctypes/__init__.py\", line 514 in string_at\n"
			 "  File \"/pp/lib/python3.11/runpy.py\", line 9 in run\n\n"
			 "Thread 0x1 (most recent call first):\n  File \"/p/other.py\", line 1 in other\n");
	expect(&evidence, CODE_SEGFAULT, CERTAINTY_CERTAIN,
	       "killed by SIGSEGV in string_at (/pp/lib/python3.11/ctypes/__init__.py:514)");
}

static void a_traceback_is_no_stack(void **state)
{
	(void)state;
	struct evidence evidence = crash(SIGSEGV);
	evidence.output =
		slice_of("Traceback (most recent call last):\n  File \"/p/a.py\", line 3, in outer\n"
			 "#1 0x12 is no frame without its heading\n");
	expect(&evidence, CODE_SEGFAULT, CERTAINTY_CERTAIN, "killed by SIGSEGV");
}

static void an_abort_says_why(void **state)
{
	(void)state;
	struct evidence evidence = crash(SIGABRT);
	evidence.output = slice_of("one\nlock.c:3: main: Assertion `a == b' failed.\nafterwards\n");
	evidence.rss = 212 * MIB;
	expect(&evidence, CODE_ABORT, CERTAINTY_CERTAIN,
	       "killed by SIGABRT: lock.c:3: main: Assertion `a == b' failed.");
	expect_evidence(&evidence, "peak memory 212 MiB");
	/* The last one that it said. */
	evidence.output = slice_of("free(): invalid pointer\nlock.c:3: main: Assertion `a == b' failed.\n");
	expect(&evidence, CODE_ABORT, CERTAINTY_CERTAIN,
	       "killed by SIGABRT: lock.c:3: main: Assertion `a == b' failed.");
	evidence.output = slice_of("lock.c:3: main: Assertion `a == b' failed.\nfree(): invalid pointer\n");
	expect(&evidence, CODE_ABORT, CERTAINTY_CERTAIN, "killed by SIGABRT: free(): invalid pointer");
}

static void output_is_shown_and_never_obeyed(void **state)
{
	(void)state;
	struct evidence evidence = crash(SIGABRT);
	char line[600] = "free(): \033[31mred\033[0m\a ";
	memset(line + strlen(line), 'x', 400);
	evidence.output = slice_of(line);
	struct diagnosis found;
	assert_true(diagnose(&evidence, &found));
	assert_non_null(strstr(found.sentence, "free(): red^G xxx"));
	assert_true(text_ends_with(found.sentence, "xxx..."));
	assert_true(strlen(found.sentence) < 260);
	diagnosis_fini(&found);
	/* It is cut between two characters: 8 bytes, and 2 for each of these. */
	char umlauts[400] = "free(): ";
	for (size_t i = 9; i + 2 < sizeof(umlauts); i += 2)
		memcpy(umlauts + i, "\303\244", 2);
	umlauts[8] = 'x';
	evidence.output = slice_of(umlauts);
	assert_true(diagnose(&evidence, &found));
	assert_true(text_ends_with(found.sentence, "\303\244..."));
	diagnosis_fini(&found);
}

static void a_kill_that_nobody_owns_up_to(void **state)
{
	(void)state;
	struct evidence evidence = crash(SIGTERM);
	expect(&evidence, CODE_KILLED_BY_SOMEBODY, CERTAINTY_LIKELY,
	       "killed by SIGTERM, which xtop did not send");
	evidence = crash(SIGKILL);
	evidence.seen = "{\"oom\":0}";
	expect(&evidence, CODE_KILLED_BY_SOMEBODY, CERTAINTY_LIKELY,
	       "killed by SIGKILL, which xtop did not send; the kernel killed nothing for memory meanwhile "
	       "(oom_kill +0)");
	evidence.seen = NULL;
	expect(&evidence, CODE_KILLED_BY_SOMEBODY, CERTAINTY_POSSIBLE,
	       "killed by SIGKILL, which xtop did not send; whether the kernel did it for memory can't be seen here");
}

static void a_kill_by_hand_is_certain(void **state)
{
	(void)state;
	struct evidence evidence = crash(SIGKILL);
	evidence.oom_kills = 1;
	evidence.seen = "{\"killed_by\":\"person\"}";
	expect(&evidence, CODE_KILLED_BY_SOMEBODY, CERTAINTY_CERTAIN, "killed by SIGKILL, sent by hand");
	evidence = crash(SIGSEGV);
	evidence.message = "killed by SIGSEGV, sent by hand";
	expect(&evidence, CODE_KILLED_BY_SOMEBODY, CERTAINTY_CERTAIN, "killed by SIGSEGV, sent by hand");
}

static void the_kernel_killed_for_memory(void **state)
{
	(void)state;
	struct evidence evidence = crash(SIGKILL);
	evidence.oom_kills = 1;
	expect(&evidence, CODE_OUT_OF_MEMORY, CERTAINTY_LIKELY,
	       "killed by SIGKILL; the kernel's out-of-memory killer ended a process of this cgroup meanwhile "
	       "(oom_kill +1)");
	evidence.oom_kills = 0;
	evidence.seen = "{\"oom\":2,\"killed_by\":\"kernel\"}";
	expect(&evidence, CODE_OUT_OF_MEMORY, CERTAINTY_CERTAIN,
	       "killed by SIGKILL; the kernel's out-of-memory killer ended a process of this cgroup meanwhile "
	       "(oom_kill +2)");
	evidence.seen = "{\"killed_by\":\"kernel\"}";
	expect(&evidence, CODE_OUT_OF_MEMORY, CERTAINTY_CERTAIN,
	       "killed by SIGKILL by the kernel's out-of-memory killer");
	/* It kills by no other signal. */
	evidence = crash(SIGTERM);
	evidence.oom_kills = 1;
	expect(&evidence, CODE_KILLED_BY_SOMEBODY, CERTAINTY_LIKELY,
	       "killed by SIGTERM, which xtop did not send");
}

static void memory_limits_are_told_from_the_machine(void **state)
{
	(void)state;
	struct evidence evidence = crash(SIGKILL);
	evidence.mem_limit = 512 * MIB;
	evidence.seen = "{\"limit\":536870912,\"killed_by\":\"xtop\"}";
	expect(&evidence, CODE_MEMORY_LIMIT, CERTAINTY_CERTAIN, "ended at its memory limit of 512 MiB");
	evidence.seen = "{\"oom\":1}";
	expect(&evidence, CODE_MEMORY_LIMIT, CERTAINTY_LIKELY, "ended at its memory limit of 512 MiB");
	expect_aside(&evidence, "out-of-memory", "killed-by-somebody");
	evidence = crash(SIGSEGV);
	evidence.mem_limit = 512 * MIB;
	evidence.rss = 500 * MIB;
	expect(&evidence, CODE_MEMORY_LIMIT, CERTAINTY_POSSIBLE,
	       "killed by SIGSEGV when it had used 500 MiB of the 512 MiB that it may");
	evidence.rss = 100 * MIB;
	expect(&evidence, CODE_SEGFAULT, CERTAINTY_CERTAIN, "killed by SIGSEGV");
	evidence = crash(SIGABRT);
	evidence.mem_limit = 1536 * MIB;
	evidence.output = slice_of("terminate called after throwing\n  what():  std::bad_alloc\n");
	expect(&evidence, CODE_MEMORY_LIMIT, CERTAINTY_LIKELY,
	       "found no more memory within its limit of 1.5 GiB: what():  std::bad_alloc");
	evidence = (struct evidence)EVIDENCE_INIT;
	evidence.outcome = OUTCOME_FAILED;
	evidence.mem_limit = 64 * MIB;
	evidence.message = "MemoryError";
	expect(&evidence, CODE_MEMORY_LIMIT, CERTAINTY_POSSIBLE,
	       "found no more memory within its limit of 64 MiB: MemoryError");
}

static void an_exit_in_the_middle_is_no_pass(void **state)
{
	(void)state;
	struct evidence evidence = crash(0);
	evidence.exit_code = 0;
	expect(&evidence, CODE_EXIT_IN_TEST, CERTAINTY_CERTAIN,
	       "left with exit code 0 in the middle of the test");
	evidence.exit_code = 3;
	evidence.seen = "{\"phase\":\"teardown\"}";
	expect(&evidence, CODE_EXIT_CODE, CERTAINTY_CERTAIN,
	       "left with exit code 3 before the test was done in teardown");
	evidence.exit_code = 139;
	evidence.seen = NULL;
	expect(&evidence, CODE_EXIT_CODE, CERTAINTY_CERTAIN,
	       "left with exit code 139 before the test was done (as a shell says SIGSEGV)");
	evidence.exit_code = 255;
	expect(&evidence, CODE_EXIT_CODE, CERTAINTY_CERTAIN,
	       "left with exit code 255 before the test was done");
}

static void a_shell_tells_what_it_ran(void **state)
{
	(void)state;
	struct evidence evidence = EVIDENCE_INIT;
	evidence.outcome = OUTCOME_FAILED;
	evidence.adapter = "exec";
	evidence.exit_code = 139;
	expect(&evidence, CODE_SEGFAULT, CERTAINTY_POSSIBLE,
	       "exit code 139, by which a shell tells that what it ran was killed by SIGSEGV");
	evidence.exit_code = 137;
	expect(&evidence, CODE_KILLED_BY_SOMEBODY, CERTAINTY_POSSIBLE,
	       "exit code 137, by which a shell tells that what it ran was killed by SIGKILL");
	evidence.oom_kills = 1;
	expect(&evidence, CODE_OUT_OF_MEMORY, CERTAINTY_POSSIBLE,
	       "exit code 137, by which a shell tells that what it ran was killed by SIGKILL");
	evidence.exit_code = 134;
	expect(&evidence, CODE_ABORT, CERTAINTY_POSSIBLE,
	       "exit code 134, by which a shell tells that what it ran was killed by SIGABRT");
	evidence.exit_code = 128 + SIGBUS;
	expect(&evidence, CODE_BUS_ERROR, CERTAINTY_POSSIBLE,
	       "exit code 135, by which a shell tells that what it ran was killed by SIGBUS");
	/* SIGTERM is how scripts end what they have started. */
	evidence.exit_code = 143;
	expect_nothing(&evidence);
	evidence.exit_code = 139;
	evidence.adapter = "pytest";
	expect_nothing(&evidence);
}

static void a_fork_that_came_back(void **state)
{
	(void)state;
	struct evidence evidence = EVIDENCE_INIT;
	evidence.outcome = OUTCOME_PASSED;
	evidence.seen = "{\"forked\":true}";
	expect(&evidence, CODE_FORK_CAME_BACK, CERTAINTY_CERTAIN,
	       "a child that the test forked returned from the test instead of leaving");
	evidence.seen = "{\"forked\":false}";
	expect_nothing(&evidence);
}

static void stacks_that_were_used_up(void **state)
{
	(void)state;
	struct str stack = STR_INIT;
	struct evidence evidence = crash(SIGSEGV);
	str_add_text(&stack, "Current thread 0x2 (most recent call first):\n");
	for (int i = 0; i < 30; i++)
		str_add_format(&stack, "  File \"/p/a.py\", line %d in %s\n", i % 2 ? 3 : 5,
			       i % 2 ? "even" : "odd");
	evidence.output = (struct slice){ stack.data, stack.length };
	expect(&evidence, CODE_STACK_OVERFLOW, CERTAINTY_LIKELY,
	       "used up its stack in odd (/p/a.py:5), which calls itself again and again");
	static const unsigned others[] = { SIGABRT, SIGBUS, SIGTERM };
	for (size_t i = 0; i < 3; i++) {
		struct diagnosis found;
		evidence.signal = others[i];
		assert_true(diagnose(&evidence, &found));
		assert_int_equal(found.code->number, i < 2 ? CODE_STACK_OVERFLOW : CODE_KILLED_BY_SOMEBODY);
		diagnosis_fini(&found);
	}
	evidence.signal = SIGSEGV;
	/* Deep is not yet endless. */
	str_clear(&stack);
	str_add_text(&stack, "Current thread 0x2 (most recent call first):\n");
	for (int i = 0; i < 30; i++)
		str_add_format(&stack, "  File \"/p/a.py\", line %d in f\n", i + 1);
	evidence.output = (struct slice){ stack.data, stack.length };
	expect(&evidence, CODE_SEGFAULT, CERTAINTY_CERTAIN, "killed by SIGSEGV in f (/p/a.py:1)");
	str_fini(&stack);
	evidence = crash(SIGABRT);
	evidence.output = slice_of("thread 'main' has overflowed its stack\n");
	expect(&evidence, CODE_STACK_OVERFLOW, CERTAINTY_CERTAIN, "used up its stack");
	evidence.output = slice_of("*** stack smashing detected ***: terminated\n");
	expect(&evidence, CODE_ABORT, CERTAINTY_CERTAIN,
	       "killed by SIGABRT: *** stack smashing detected ***: terminated");
}

static void sanitizers_report(void **state)
{
	(void)state;
	struct evidence evidence = crash(0);
	evidence.exit_code = 1;
	evidence.output =
		slice_of("==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010\n"
			 "    #0 0x55d in use /p/a.c:5:3\n    #1 0x55e in main /p/a.c:9:3\n"
			 "SUMMARY: AddressSanitizer: heap-use-after-free /p/a.c:5:3 in use\n");
	expect(&evidence, CODE_SANITIZER_REPORT, CERTAINTY_CERTAIN,
	       "AddressSanitizer: heap-use-after-free /p/a.c:5:3 in use");
	evidence.outcome = OUTCOME_FAILED;
	evidence.output = slice_of("a.c:3:7: runtime error: signed integer overflow: 1 + 2147483647\n");
	expect(&evidence, CODE_SANITIZER_REPORT, CERTAINTY_LIKELY,
	       "a.c:3:7: runtime error: signed integer overflow: 1 + 2147483647");
	evidence.output = slice_of("WARNING: ThreadSanitizer: data race (pid=9)\n");
	expect(&evidence, CODE_SANITIZER_REPORT, CERTAINTY_LIKELY, "ThreadSanitizer: data race (pid=9)");
	evidence = crash(SIGSEGV);
	evidence.output = slice_of("==7==ERROR: AddressSanitizer: stack-overflow on address 0x7ffd\n"
				   "    #0 0x55d in deeper /p/a.c:5:3\n");
	expect(&evidence, CODE_STACK_OVERFLOW, CERTAINTY_CERTAIN, "used up its stack in deeper");
}

static void a_lost_connection(void **state)
{
	(void)state;
	struct evidence evidence = crash(SIGKILL);
	evidence.message = "the test process was ended: line 1 is no JSON\nand more";
	evidence.seen = "{\"oom\":0}";
	expect(&evidence, CODE_LOST_CONNECTION, CERTAINTY_CERTAIN,
	       "the test process was ended: line 1 is no JSON");
}

static void a_process_that_never_was_ready(void **state)
{
	(void)state;
	struct evidence evidence = EVIDENCE_INIT;
	evidence.outcome = OUTCOME_ERROR;
	evidence.exit_code = 3;
	evidence.message = "the test process ended before it was ready: exit code 3";
	expect(&evidence, CODE_NOT_READY, CERTAINTY_CERTAIN,
	       "the test process ended before it was ready: exit code 3");
}

static void no_crash_is_without_a_code(void **state)
{
	(void)state;
	struct evidence evidence = crash(0);
	expect(&evidence, CODE_UNEXPLAINED_END, CERTAINTY_CERTAIN,
	       "the test's process is gone; how it ended is not known");
	for (unsigned number = 1; number < 65; number++) {
		struct diagnosis found;
		evidence = crash(number);
		assert_true(diagnose(&evidence, &found));
		assert_true(found.code->number != CODE_UNEXPLAINED_END);
		assert_true(found.sentence[0] != '\0');
		diagnosis_fini(&found);
	}
}

static void workers_and_collections(void **state)
{
	(void)state;
	struct evidence evidence = EVIDENCE_INIT;
	evidence.of = EVIDENCE_WORKER;
	evidence.signal = SIGKILL;
	evidence.message = "was killed by SIGKILL";
	expect(&evidence, CODE_WORKER_DIED, CERTAINTY_CERTAIN, "the worker was killed by SIGKILL");
	evidence.message = "it is gone";
	expect(&evidence, CODE_WORKER_DIED, CERTAINTY_CERTAIN, "the worker was killed by SIGKILL");
	evidence.message = NULL;
	evidence.oom_kills = 1;
	expect(&evidence, CODE_OUT_OF_MEMORY, CERTAINTY_LIKELY,
	       "the worker was killed by SIGKILL; the kernel's out-of-memory killer ended a process of this cgroup "
	       "meanwhile (oom_kill +1)");
	evidence.given_up = true;
	expect(&evidence, CODE_WORKERS_DIE_AGAIN, CERTAINTY_CERTAIN,
	       "workers died again and again without finishing a test");
	evidence = (struct evidence)EVIDENCE_INIT;
	evidence.of = EVIDENCE_ATTEMPT;
	evidence.outcome = OUTCOME_CRASHED;
	evidence.signal = SIGKILL;
	evidence.message = "its worker gw3 was killed by SIGKILL";
	expect(&evidence, CODE_WORKER_DIED, CERTAINTY_CERTAIN, "its worker gw3 was killed by SIGKILL");
	evidence = (struct evidence)EVIDENCE_INIT;
	evidence.of = EVIDENCE_COLLECTION;
	evidence.signal = SIGSEGV;
	evidence.output = slice_of("Fatal Python error: Segmentation fault\n\n"
				   "Current thread 0x2 (most recent call first):\n"
				   "  File \"/p/test_a.py\", line 3 in <module>\n");
	expect(&evidence, CODE_DIED_WHILE_COLLECTING, CERTAINTY_CERTAIN,
	       "killed by SIGSEGV while tests were collected in <module> (/p/test_a.py:3)");
	static const struct {
		unsigned number;
		const char *name;
	} signals[] = {
		{ SIGSEGV, "segfault" },    { SIGABRT, "abort" },          { SIGBUS, "bus-error" },
		{ SIGILL, "fatal-signal" }, { SIGXCPU, "resource-limit" }, { SIGTERM, "killed-by-somebody" },
	};
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		evidence.signal = signals[i].number;
		expect_aside(&evidence, signals[i].name, "");
	}
}

static void a_plan_that_was_not_kept(void **state)
{
	(void)state;
	struct evidence evidence = EVIDENCE_INIT;
	struct diagnosis diagnosis;
	evidence.of = EVIDENCE_ATTEMPT;
	evidence.outcome = OUTCOME_FAILED;
	evidence.adapter = "tap";
	evidence.exit_code = 0;
	evidence.message = "planned 2 points but ran 1";
	expect(&evidence, CODE_EXIT_IN_TEST, CERTAINTY_LIKELY, "left with exit code 0 in the middle of the test");
	evidence.exit_code = 3;
	evidence.message = "planned 2 points but ran 1, exit code 3";
	expect(&evidence, CODE_EXIT_CODE, CERTAINTY_LIKELY, "left with exit code 3 before the test was done");
	evidence.adapter = "exec";
	assert_false(diagnose(&evidence, &diagnosis));
	evidence.adapter = "tap";
	evidence.message = "failed 1 of 2 points: 2";
	assert_false(diagnose(&evidence, &diagnosis));
}

/* What a worker has seen comes with the other evidence. */
static void leaks_in_the_evidence(void **state)
{
	(void)state;
	struct evidence evidence = EVIDENCE_INIT;
	evidence.of = EVIDENCE_ATTEMPT;
	evidence.outcome = OUTCOME_PASSED;
	evidence.seen = "{\"left_over\":\"412 `sleep 1000`\"}";
	expect(&evidence, CODE_PROCESS_LEFT_OVER, CERTAINTY_CERTAIN, "left behind 412 `sleep 1000`");
	evidence.seen = "{\"pipe_held\":true,\"holders\":\"7 `cat`\"}";
	expect(&evidence, CODE_PIPE_HELD_OPEN, CERTAINTY_CERTAIN,
	       "ended while something still held the pipe of its output open");
	evidence.seen = "{\"forked\":true}";
	expect(&evidence, CODE_FORK_CAME_BACK, CERTAINTY_CERTAIN,
	       "a child that the test forked returned from the test instead of leaving");
	evidence.outcome = OUTCOME_CRASHED;
	evidence.signal = SIGSEGV;
	evidence.seen = "{\"core\":true}";
	expect(&evidence, CODE_SEGFAULT, CERTAINTY_CERTAIN, "killed by SIGSEGV (core dumped)");
}

/* --- timeouts --- */

/* Another thread that waits for Python's lock, and the native stack in the place of one that could not be printed. */
static void native_stacks_of_python(void **state)
{
	(void)state;
	struct evidence evidence = EVIDENCE_INIT;
	evidence.of = EVIDENCE_ATTEMPT;
	evidence.outcome = OUTCOME_TIMEOUT;
	evidence.message = "timed out after 2 s";
	evidence.seen = "{\"state\":\"S\",\"ignored_interrupt\":true,\"native_stack\":\""
			"Thread 2 (Thread 0x7f (LWP 8)):\\n#0  0x01 in __futex_abstimed_wait ()\\n#1  0x02 in take_gil ()\\n"
			"\\nThread 1 (Thread 0x7e (LWP 7)):\\n#0  0x01 in take ()\\n\"}";
	expect(&evidence, CODE_HOLDS_INTERPRETER_LOCK, CERTAINTY_CERTAIN,
	       "timed out after 2 s: C code kept the interpreter lock, in take");
	evidence.seen = "{\"state\":\"S\",\"native_stack\":\""
			"Thread 2 (Thread 0x7f (LWP 8)):\\n#0  0x02 in take_gil ()\\n"
			"\\nThread 1 (Thread 0x7e (LWP 7)):\\n#0  0x01 in nanosleep ()\\n#1  0x02 in time_sleep ()\\n\"}";
	expect(&evidence, CODE_SLEEPING, CERTAINTY_LIKELY, "timed out after 2 s: sleeping, in time_sleep");
	evidence.seen = "{\"state\":\"S\",\"ignored_interrupt\":true,\"native_stack\":\""
			"Thread 1 (Thread 0x7e (LWP 7)):\\n#0  0x02 in take_gil ()\\n\"}";
	expect(&evidence, CODE_HANG_IN_CALL, CERTAINTY_CERTAIN, "timed out after 2 s: in take_gil");
}


static void hangs_by_what_the_kernel_says(void **state)
{
	(void)state;
	static const struct {
		const char *seen;
		enum code_number code;
		const char *sentence;
	} cases[] = {
		{ "{\"state\":\"S\",\"wchan\":\"futex_wait_queue\"}", CODE_BLOCKED_IN_LOCK,
		  "timed out after 2 s: blocked in a lock" },
		{ "{\"state\":\"S\",\"wchan\":\"hrtimer_nanosleep\"}", CODE_SLEEPING,
		  "timed out after 2 s: sleeping" },
		{ "{\"state\":\"S\",\"wchan\":\"inet_csk_accept\"}", CODE_BLOCKED_ON_SOCKET,
		  "timed out after 2 s: blocked on a socket" },
		{ "{\"state\":\"S\",\"wchan\":\"anon_pipe_read\"}", CODE_BLOCKED_READING,
		  "timed out after 2 s: blocked in reading" },
		{ "{\"state\":\"S\",\"wchan\":\"pipe_write\"}", CODE_BLOCKED_WRITING,
		  "timed out after 2 s: blocked in writing" },
		{ "{\"state\":\"S\",\"wchan\":\"do_wait\"}", CODE_WAITING_FOR_CHILD,
		  "timed out after 2 s: waiting for a child process" },
		{ "{\"state\":\"S\",\"wchan\":\"ep_poll\"}", CODE_WAITING_FOR_EVENT,
		  "timed out after 2 s: waiting for an event that did not come" },
		{ "{\"state\":\"D\",\"wchan\":\"0\"}", CODE_BLOCKED_IN_KERNEL,
		  "timed out after 2 s: blocked in the kernel" },
		/* The call tells what the channel leaves open. */
		{ "{\"state\":\"S\",\"wchan\":\"wait_woken\",\"syscall\":\"recvfrom\"}",
		  CODE_BLOCKED_ON_SOCKET, "timed out after 2 s: blocked on a socket" },
		{ "{\"state\":\"S\",\"wchan\":\"0\",\"syscall\":\"futex\"}", CODE_BLOCKED_IN_LOCK,
		  "timed out after 2 s: blocked in a lock" },
		{ "{\"state\":\"S\",\"wchan\":\"\",\"syscall\":\"wait4\"}", CODE_WAITING_FOR_CHILD,
		  "timed out after 2 s: waiting for a child process" },
		{ "{\"state\":\"S\",\"wchan\":\"pipe_read\",\"syscall\":\"poll\"}", CODE_BLOCKED_READING,
		  "timed out after 2 s: blocked in reading" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct evidence evidence = timeout(cases[i].seen);
		expect(&evidence, cases[i].code, CERTAINTY_LIKELY, cases[i].sentence);
	}
}

static void hangs_that_are_certain(void **state)
{
	(void)state;
	static const struct {
		const char *seen;
		enum code_number code;
		const char *sentence;
	} cases[] = {
		{ "{\"state\":\"R\",\"cpu\":0.2}", CODE_SPINNING, "timed out after 2 s: spinning" },
		{ "{\"state\":\"R\",\"cpu\":0.2,\"gil\":true}", CODE_HOLDS_INTERPRETER_LOCK,
		  "timed out after 2 s: C code kept the interpreter lock" },
		{ "{\"state\":\"T\",\"cpu\":0}", CODE_STOPPED_PROCESS,
		  "timed out after 2 s: stopped, and nobody continued it" },
		{ "{\"stopped\":true}", CODE_STOPPED_PROCESS,
		  "timed out after 2 s: stopped, and nobody continued it" },
		{ "{\"state\":\"t\"}", CODE_STOPPED_PROCESS, "timed out after 2 s: held by a debugger" },
		{ "{\"phase\":\"setup\"}", CODE_HANG_IN_SETUP, "timed out after 2 s in set-up" },
		{ "{\"phase\":\"teardown\"}", CODE_HANG_IN_TEARDOWN, "timed out after 2 s in teardown" },
		{ "{\"ignored_term\":true}", CODE_IGNORES_SIGTERM,
		  "timed out after 2 s; ignored SIGTERM and was killed" },
		{ "{\"state\":\"R\",\"cpu\":0.01}", CODE_HANG_IN_CALL,
		  "timed out after 2 s: it wanted to run, but had next to nothing of a CPU" },
		{ "{}", CODE_HANG_IN_CALL, "timed out after 2 s" },
		{ NULL, CODE_HANG_IN_CALL, "timed out after 2 s" },
		{ "no JSON", CODE_HANG_IN_CALL, "timed out after 2 s" },
		{ "{\"state\":7,\"cpu\":\"much\",\"gil\":\"yes\",\"oom\":-1}", CODE_HANG_IN_CALL,
		  "timed out after 2 s" },
		{ "[1]", CODE_HANG_IN_CALL, "timed out after 2 s" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct evidence evidence = timeout(cases[i].seen);
		expect(&evidence, cases[i].code, CERTAINTY_CERTAIN, cases[i].sentence);
	}
}

static void what_else_is_the_matter_stands_aside(void **state)
{
	(void)state;
	struct evidence evidence = timeout(
		"{\"state\":\"S\",\"wchan\":\"futex_wait\",\"phase\":\"setup\",\"ignored_term\":true}");
	evidence.message = "timed out after 2 s; ignored SIGTERM for 0.2 s and was killed\nmore";
	expect(&evidence, CODE_BLOCKED_IN_LOCK, CERTAINTY_LIKELY,
	       "timed out after 2 s in set-up: blocked in a lock; ignored SIGTERM and was killed");
	expect_aside(&evidence, "hang-in-setup", "ignores-sigterm");
	evidence = timeout("{\"state\":\"S\",\"wchan\":\"do_wait\",\"phase\":\"teardown\"}");
	evidence.message = NULL;
	expect(&evidence, CODE_WAITING_FOR_CHILD, CERTAINTY_LIKELY,
	       "timed out in teardown: waiting for a child process");
	expect_aside(&evidence, "hang-in-teardown", "");
	evidence.message = "ended";
	expect(&evidence, CODE_WAITING_FOR_CHILD, CERTAINTY_LIKELY,
	       "timed out in teardown: waiting for a child process");
	evidence = crash(SIGSEGV);
	evidence.left_over = "412 `sleep 1000`";
	expect(&evidence, CODE_SEGFAULT, CERTAINTY_CERTAIN, "killed by SIGSEGV");
	expect_aside(&evidence, "process-left-over", "");
	evidence = crash(SIGSEGV);
	expect_aside(&evidence, "", "");
}

static void python_names_what_it_waits_for(void **state)
{
	(void)state;
	/* The kernel says poll or read, the library says what for. */
	struct evidence evidence = timeout(
		"{\"state\":\"S\",\"wchan\":\"poll_schedule_timeout\",\"stack\":\"Current thread 0x1 (most recent call "
		"first):\\n  File \\\"/usr/lib/python3.11/selectors.py\\\", line 415 in select\\n  File "
		"\\\"/usr/lib/python3.11/subprocess.py\\\", line 2080 in _communicate\\n  File \\\"/p/test_a.py\\\", "
		"line 4 in test_b\\n\"}");
	expect(&evidence, CODE_WAITING_FOR_CHILD, CERTAINTY_LIKELY,
	       "timed out after 2 s: waiting for a child process, in test_b (/p/test_a.py:4)");
	/* Where the kernel says nothing, and the stack is in the output only. */
	evidence = timeout(NULL);
	evidence.output = slice_of("Current thread 0x1 (most recent call first):\n"
				   "  File \"/usr/lib/python3.11/threading.py\", line 1100 in join\n"
				   "  File \"/p/test_a.py\", line 4 in test_b\n");
	expect(&evidence, CODE_BLOCKED_IN_LOCK, CERTAINTY_LIKELY,
	       "timed out after 2 s: blocked in a lock, in test_b (/p/test_a.py:4)");
	/* What runs a coroutine is not what it waits for. */
	evidence.output =
		slice_of("Current thread 0x1 (most recent call first):\n"
			 "  File \"/p/test_a.py\", line 4 in coroutine\n"
			 "  File \"/usr/lib/python3.11/asyncio/base_events.py\", line 1909 in _run_once\n");
	expect(&evidence, CODE_HANG_IN_CALL, CERTAINTY_CERTAIN,
	       "timed out after 2 s: in coroutine (/p/test_a.py:4)");
	/* A file of the project's that has the name of the library's. */
	evidence.output = slice_of("Current thread 0x1 (most recent call first):\n"
				   "  File \"/p/test_queue.py\", line 1100 in get\n");
	expect(&evidence, CODE_HANG_IN_CALL, CERTAINTY_CERTAIN,
	       "timed out after 2 s: in get (/p/test_queue.py:1100)");
}

static void native_stacks_name_what_they_wait_for(void **state)
{
	(void)state;
	struct evidence evidence = timeout(
		"{\"stack\":\"Thread 2 (LWP 8):\\n#0  0x00007f in __poll (fds=0x0) at poll.c:29\\n\\nThread 1 "
		"(LWP 7):\\n#0  0x00007f in __GI___clock_nanosleep (clock_id=0) at nanosleep.c:48\\n#1  0x00007f in "
		"__sleep (seconds=0) at sleep.c:55\\n#2  0x000055 in wait_long () at hang.c:4\\n#3  0x000056 in main ()"
		"\\n\"}");
	expect(&evidence, CODE_SLEEPING, CERTAINTY_LIKELY,
	       "timed out after 2 s: sleeping, in wait_long (hang.c:4)");
	evidence =
		timeout("{\"stack\":\"PID 7 - process\\nTID 7:\\n#0  0x00007f __lll_lock_wait\\n#1  0x00007f "
			"pthread_mutex_lock@@GLIBC_2.2.5\\n#2  0x000055 take_both\\n\"}");
	expect(&evidence, CODE_BLOCKED_IN_LOCK, CERTAINTY_LIKELY,
	       "timed out after 2 s: blocked in a lock, in take_both");
	/* gdb leaves the address of the innermost frame out; C++ has names of its own. */
	evidence = timeout(
		"{\"stack\":\"#0  __GI___libc_recv (fd=3) at recv.c:28\\n#1  0x55 in net::Peer::~Peer() ()\\n\"}");
	expect(&evidence, CODE_BLOCKED_ON_SOCKET, CERTAINTY_LIKELY,
	       "timed out after 2 s: blocked on a socket, in net::Peer::~Peer");
	/* Between the calls of a library stand functions of its own; gdb tells whose they are. */
	evidence = timeout(
		"{\"stack\":\"#0  0x01 in __poll (fds=0x0) at ../sysdeps/unix/sysv/linux/poll.c:29\\n#1  0x02 in "
		"event_wait () from /usr/lib/libevent.so\\n#2  0x03 in pump () at ../nptl/poll.c:9\\n#3  0x04 in "
		"optimized () at ./nptl/pthread_join.c:24\\n#4  0x05 in wait4 () at own.c:1\\n\"}");
	expect(&evidence, CODE_WAITING_FOR_EVENT, CERTAINTY_LIKELY,
	       "timed out after 2 s: waiting for an event that did not come, in pump (../nptl/poll.c:9)");
	/* What looks like it. */
	evidence = timeout(
		"{\"stack\":\"#0 sleep\\n#1 sleep,(\\n#x 0x1 sleep\\n0 0x1 sleep\\n#\\n#2 0x1\\n#3 sleep\"}");
	expect(&evidence, CODE_HANG_IN_CALL, CERTAINTY_CERTAIN, "timed out after 2 s");
	/* The thread below is another one's. */
	evidence = timeout("{\"stack\":\"TID 7:\\n#0  0x01 work\\nTID 8:\\n#0  0x02 __poll\\n\"}");
	expect(&evidence, CODE_HANG_IN_CALL, CERTAINTY_CERTAIN, "timed out after 2 s: in work");
}

static void a_hang_has_its_measurements(void **state)
{
	(void)state;
	struct evidence evidence = timeout(
		"{\"state\":\"S\",\"wchan\":\"futex_wait_queue\",\"syscall\":\"futex\",\"cpu\":0.004,\"threads\":3}");
	expect_evidence(&evidence, "state S in futex_wait_queue (futex), 0.00 s of CPU in 0.2 s, 3 threads");
	evidence = timeout("{\"state\":\"S\",\"threads\":1}");
	expect_evidence(&evidence, "state S");
	evidence = timeout("{\"wchan\":\"ep_poll\"}");
	expect_evidence(&evidence, "in ep_poll");
	evidence = timeout("{\"syscall\":\"futex\",\"threads\":2}");
	expect_evidence(&evidence, "in futex, 2 threads");
	evidence = timeout("{\"syscall\":\"unheard\"}");
	expect_evidence(&evidence, "");
	evidence = crash(SIGSEGV);
	evidence.seen = "{\"state\":\"S\",\"cpu\":0.2,\"threads\":4}";
	expect_evidence(&evidence, "");
	evidence = timeout("{\"state\":\"S\",\"wchan\":\"futex_wait_queue\",\"cpu\":0.19}");
	expect(&evidence, CODE_BLOCKED_IN_LOCK, CERTAINTY_LIKELY,
	       "timed out after 2 s: blocked in a lock, while another thread computed");
	/* A part of a CPU is what one gets on a machine with much to do. */
	evidence = timeout("{\"state\":\"R\",\"cpu\":0.05}");
	expect(&evidence, CODE_SPINNING, CERTAINTY_LIKELY, "timed out after 2 s: spinning");
	evidence = timeout("{\"cpu\":0.15}");
	expect(&evidence, CODE_SPINNING, CERTAINTY_CERTAIN, "timed out after 2 s: spinning");
}

static void system_calls_are_known_by_number_and_name(void **state)
{
	char text[64];
	(void)state;
	snprintf(text, sizeof(text), "%d 0x7f 0x80 0x0 0x0", SYS_futex);
	assert_int_equal(call_waits_for(text), WAITING_LOCK);
	assert_string_equal(call_name(text), "futex");
	/* What waits for no descriptor sleeps, as Python did before 3.11. */
	snprintf(text, sizeof(text), "%d 0x0 0x0 0x0 0x0", SYS_pselect6);
	assert_int_equal(call_waits_for(text), WAITING_SLEEP);
	snprintf(text, sizeof(text), "%d 0x4 0x7f 0x0 0x0", SYS_pselect6);
	assert_int_equal(call_waits_for(text), WAITING_EVENT);
	snprintf(text, sizeof(text), "%d 0x7f 0x0 0x0 0x0", SYS_ppoll);
	assert_int_equal(call_waits_for(text), WAITING_SLEEP);
	/* Without arguments, or with one that only begins with it. */
	snprintf(text, sizeof(text), "%d", SYS_pselect6);
	assert_int_equal(call_waits_for(text), WAITING_EVENT);
	snprintf(text, sizeof(text), "%d 0x0f 0x0", SYS_pselect6);
	assert_int_equal(call_waits_for(text), WAITING_EVENT);
	assert_int_equal(call_waits_for("pselect6"), WAITING_EVENT);
	assert_int_equal(call_waits_for("wait4"), WAITING_CHILD);
	assert_int_equal(call_waits_for("running"), WAITING_NOT);
	assert_int_equal(call_waits_for("-1 0x7f 0x0"), WAITING_NOT);
	assert_int_equal(call_waits_for(""), WAITING_NOT);
	assert_null(call_name("99999 0x0"));
}

/* --- what did not fail --- */

static void flaky_tests_tell_their_failure(void **state)
{
	(void)state;
	struct evidence evidence = EVIDENCE_INIT;
	evidence.of = EVIDENCE_VERDICT;
	evidence.outcome = OUTCOME_PASSED;
	evidence.attempts = 3;
	evidence.message = "ConnectionError: refused\nline 2";
	expect_nothing(&evidence);
	evidence.flaky = true;
	expect(&evidence, CODE_PASSED_AFTER_FAILING, CERTAINTY_CERTAIN,
	       "failed 2 times, then passed: ConnectionError: refused");
}

static void leaks_are_named(void **state)
{
	(void)state;
	struct evidence evidence = EVIDENCE_INIT;
	evidence.outcome = OUTCOME_PASSED;
	evidence.left_over = "412 `sleep 1000`";
	evidence.pipe_held = true;
	expect(&evidence, CODE_PROCESS_LEFT_OVER, CERTAINTY_CERTAIN, "left behind 412 `sleep 1000`");
	expect_aside(&evidence, "pipe-held-open", "");
	evidence.left_over = NULL;
	expect(&evidence, CODE_PIPE_HELD_OPEN, CERTAINTY_CERTAIN,
	       "ended while something still held the pipe of its output open");
}

static void what_is_said_tells_how_sure(void **state)
{
	struct diagnosis diagnosis;
	struct str text = STR_INIT;
	(void)state;
	diagnosis_init(&diagnosis, CODE_QUARANTINE_EXPIRED, CERTAINTY_CERTAIN, "expired on 2026-11-22", NULL);
	assert_string_equal(diagnosis.code->code, "XT7001");
	diagnosis_say(&diagnosis, &text);
	assert_string_equal(text.data, "expired on 2026-11-22");
	diagnosis_fini(&diagnosis);
	diagnosis_init(&diagnosis, CODE_SLEEPING, CERTAINTY_LIKELY, "sleeping", "state S");
	str_clear(&text);
	diagnosis_say(&diagnosis, &text);
	assert_string_equal(text.data, "likely: sleeping\nstate S");
	diagnosis_fini(&diagnosis);
	diagnosis_init(&diagnosis, CODE_SLEEPING, CERTAINTY_POSSIBLE, "sleeping", "");
	str_clear(&text);
	diagnosis_say(&diagnosis, &text);
	assert_string_equal(text.data, "possibly: sleeping");
	diagnosis_fini(&diagnosis);
	str_fini(&text);
}

/* --- the manual --- */

static const char page_text[] =
	".Dd January 1, 2026\n.Sh NAME\n.Nm page\n.Nd a page\n.Sh FIRST\nNot this.\n"
	".Ss XT1 one\n"
	".\\\" A remark.\n"
	"See\n.Xr xtop 1 ,\n.Fl n\n.Cm auto\nand\n.Fl -quiet .\n"
	".Nm\nis\n.Ql \"two words\" .\n"
	".Pp\nWritten\n.Fl p\n.Cm no: Ns Ar NAME\n.Pq in brackets .\n"
	".Dl $ run -n 0\n"
	".Bl -bullet\n.It\nfirst\nitem\n.It\nsecond\n.Bd -literal -offset indent\nif a:\n    b\\ec\n.Ed\n.El\n"
	".Bl -tag -width Ds\n.It Cm tag , other\nbody\n.El\n"
	".Bl -enum -compact\n.It\nx\n.El\n"
	".Foo unknown words\n"
	".Xr page ,\n.Xr two words\n.Fl\nand \\&.x \\- y\\\n"
	".Ss XT2 two\nOther.\n";

static const char section_text[] = "XT1 one\n"
				   "\n"
				   "    See xtop(1), -n auto and --quiet. page is 'two words'.\n"
				   "\n"
				   "    Written -p no:NAME (in brackets).\n"
				   "        $ run -n 0\n"
				   "\n"
				   "    *   first item\n"
				   "\n"
				   "    *   second\n"
				   "\n"
				   "            if a:\n"
				   "                b\\c\n"
				   "\n"
				   "    tag, other\n"
				   "        body\n"
				   "    1.  x\n"
				   "    Foo unknown words page, two words - and .x - y\\\n";

static void a_section_becomes_plain_text(void **state)
{
	struct str text = STR_INIT;
	(void)state;
	assert_true(manual_section(slice_of(page_text), "XT1 one", 80, &text));
	assert_string_equal(text.data, section_text);
	str_clear(&text);
	assert_true(manual_section(slice_of(page_text), "XT2 two", 80, &text));
	assert_string_equal(text.data, "XT2 two\n\n    Other.\n");
	str_clear(&text);
	assert_false(manual_section(slice_of(page_text), "XT1", 80, &text));
	assert_false(manual_section(slice_of(""), "XT1 one", 80, &text));
	assert_int_equal(text.length, 0);
	str_fini(&text);
}

static void lines_are_filled_to_the_width(void **state)
{
	struct str text = STR_INIT;
	(void)state;
	assert_true(
		manual_section(slice_of(".Ss a\none two three four five six seven eight nine ten eleven\n"),
			       "a", 40, &text));
	assert_string_equal(text.data,
			    "a\n\n    one two three four five six seven\n    eight nine ten eleven\n");
	str_fini(&text);
}

static void broken_pages_do_no_harm(void **state)
{
	(void)state;
	static const char *const pages[] = {
		".Ss a\n.El\n.It\n.It x\n.Ed\n.\n..\n.Ql\n.Fl\n.Xr\n.Ns\n.Pq\n.Nm\n.\"x\n\\",
		".Ss a\n.Bl\n.It",
		".Ss a\n.Bd\nx\\",
		".Ss a\n.It \"open\n.Ql \"open\n.Pq ( [ .\n.Xr a\n.Ns , b",
		".Ss a",
	};
	for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
		struct str text = STR_INIT;
		assert_true(manual_section(slice_of(pages[i]), "a", 1, &text));
		assert_true(text_starts_with(text.data, "a\n"));
		str_fini(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_ascend_and_names_differ),
		cmocka_unit_test(codes_are_found_however_they_are_written),
		cmocka_unit_test(what_passes_or_fails_as_tests_do_has_no_code),
		cmocka_unit_test(a_sanitizer_that_a_passing_test_talks_of_is_no_report),
		cmocka_unit_test(signals_have_their_codes),
		cmocka_unit_test(every_signal_of_the_code_itself_is_known),
		cmocka_unit_test(a_crash_in_python_is_named_with_its_line),
		cmocka_unit_test(a_traceback_is_no_stack),
		cmocka_unit_test(an_abort_says_why),
		cmocka_unit_test(output_is_shown_and_never_obeyed),
		cmocka_unit_test(a_kill_that_nobody_owns_up_to),
		cmocka_unit_test(a_kill_by_hand_is_certain),
		cmocka_unit_test(the_kernel_killed_for_memory),
		cmocka_unit_test(memory_limits_are_told_from_the_machine),
		cmocka_unit_test(an_exit_in_the_middle_is_no_pass),
		cmocka_unit_test(a_shell_tells_what_it_ran),
		cmocka_unit_test(a_fork_that_came_back),
		cmocka_unit_test(stacks_that_were_used_up),
		cmocka_unit_test(sanitizers_report),
		cmocka_unit_test(a_lost_connection),
		cmocka_unit_test(a_process_that_never_was_ready),
		cmocka_unit_test(no_crash_is_without_a_code),
		cmocka_unit_test(workers_and_collections),
		cmocka_unit_test(a_plan_that_was_not_kept),
		cmocka_unit_test(leaks_in_the_evidence),
		cmocka_unit_test(native_stacks_of_python),
		cmocka_unit_test(hangs_by_what_the_kernel_says),
		cmocka_unit_test(hangs_that_are_certain),
		cmocka_unit_test(what_else_is_the_matter_stands_aside),
		cmocka_unit_test(python_names_what_it_waits_for),
		cmocka_unit_test(native_stacks_name_what_they_wait_for),
		cmocka_unit_test(a_hang_has_its_measurements),
		cmocka_unit_test(system_calls_are_known_by_number_and_name),
		cmocka_unit_test(flaky_tests_tell_their_failure),
		cmocka_unit_test(leaks_are_named),
		cmocka_unit_test(what_is_said_tells_how_sure),
		cmocka_unit_test(a_section_becomes_plain_text),
		cmocka_unit_test(lines_are_filled_to_the_width),
		cmocka_unit_test(broken_pages_do_no_harm),
	};
	return cmocka_run_group_tests_name("diagnose", tests, NULL, NULL);
}
