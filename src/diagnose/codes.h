/* The table of diagnosis codes: XT and four digits, a name, what it means, what to do.
 *
 * XT1… crashes, XT2… timeouts and hangs, XT3… flaky tests and their order, XT4… leaks and memory, XT5…
 * debugging and terminal, XT6… configuration and scheduling, XT7… quarantine and history.  A number is never
 * given to something else.
 *
 * Each code has a section of xtop-troubleshooting(7) whose heading is "XT1001 segfault";
 * tests/cli/codes_match_manual.sh holds the two together.
 */
#ifndef XTOP_DIAGNOSE_CODES_H
#define XTOP_DIAGNOSE_CODES_H

#include "xtop/event.h"

#include <stddef.h>

/* X(NAME, number, level, "name", "what it means", "what to do"): the last two are one sentence each. */
#define XTOP_CODES(X)                                                                                            \
	X(SEGFAULT, 1001, ERROR, "segfault",                                                                     \
	  "The test's process used memory that is not its own and was ended by SIGSEGV.",                        \
	  "Run the test alone under gdb, or build it with -fsanitize=address.")                                  \
	X(ABORT, 1002, ERROR, "abort",                                                                           \
	  "The test's process ended itself with SIGABRT: an assertion, a corrupt heap or the like.",             \
	  "Read the last lines of the test's output: they say what did not hold.")                               \
	X(KILLED_BY_SOMEBODY, 1003, ERROR, "killed-by-somebody",                                                 \
	  "The test's process was ended by a signal that somebody sent.",                                        \
	  "Look for a test that kills by name or process group, and for what watches the machine.")              \
	X(OUT_OF_MEMORY, 1004, ERROR, "out-of-memory",                                                           \
	  "The kernel killed the process because memory had run out.",                                           \
	  "Run fewer workers with -n, or give the machine or container more memory.")                            \
	X(MEMORY_LIMIT, 1005, ERROR, "memory-limit", "The test needed more memory than --mem-limit allows.",     \
	  "Find out what grows, or raise the limit if that much is meant.")                                      \
	X(EXIT_IN_TEST, 1006, ERROR, "exit-in-test",                                                             \
	  "The test's process left with exit code 0 in the middle of the test, which is no pass.",               \
	  "Look for os._exit(), exit() or exec in what the test calls, and let the test return instead.")        \
	X(EXIT_CODE, 1007, ERROR, "exit-code",                                                                   \
	  "The test's process left with an exit code before the test was done.",                                 \
	  "Look for os._exit() or exit() in what the test calls, also in a library that gives up that way.")     \
	X(FORK_CAME_BACK, 1008, ERROR, "fork-came-back",                                                         \
	  "A child that the test forked returned from the test instead of leaving.",                             \
	  "End the child with os._exit() in a finally block.")                                                   \
	X(STACK_OVERFLOW, 1009, ERROR, "stack-overflow",                                                         \
	  "The test's process used up its stack, mostly by a recursion without an end.",                         \
	  "Look at the frames that repeat, and stop that recursion.")                                            \
	X(SANITIZER_REPORT, 1010, ERROR, "sanitizer-report",                                                     \
	  "A sanitizer found a fault in the program and ended it.",                                              \
	  "Read the report in the test's output: it names the fault and its line.")                              \
	X(DIED_WHILE_COLLECTING, 1011, ERROR, "died-while-collecting",                                           \
	  "The process that looks for tests died while it imported them.",                                       \
	  "Collect the files one by one with xtop list FILE to find the one that does it.")                      \
	X(WORKER_DIED, 1012, ERROR, "worker-died",                                                               \
	  "A worker, xtop's own process and not the test's, died while it watched a test.",                      \
	  "Look for a test that kills its parent or every process, and for memory that ran out.")                \
	X(WORKERS_DIE_AGAIN, 1013, ERROR, "workers-die-again",                                                   \
	  "Workers died again and again without finishing a test, so the run was given up.",                     \
	  "Run with -n 0: if that works, look for what the machine does not allow so often.")                    \
	X(BUS_ERROR, 1014, ERROR, "bus-error",                                                                   \
	  "The test's process was ended by SIGBUS: a mapped file was cut short, or its disk is full.",           \
	  "Look with df at /dev/shm and the disk of the files that the test maps.")                              \
	X(FATAL_SIGNAL, 1015, ERROR, "fatal-signal",                                                             \
	  "The test's process was ended by a signal that its own code caused.",                                  \
	  "Run the test alone under gdb, which stops at the instruction.")                                       \
	X(RESOURCE_LIMIT, 1016, ERROR, "resource-limit",                                                         \
	  "The test's process passed a limit of the system for CPU time or file size.",                          \
	  "Compare with ulimit -t and ulimit -f where xtop is started.")                                         \
	X(LOST_CONNECTION, 1017, ERROR, "lost-connection",                                                       \
	  "The test broke the connection between its process and xtop.",                                         \
	  "Close only descriptors that the test has opened itself, not all of a range.")                         \
	X(NOT_READY, 1018, ERROR, "not-ready",                                                                   \
	  "The process that was to run the test ended before it could.",                                         \
	  "Run the same tests with -n 0 and read what is printed before the first one.")                         \
	X(UNEXPLAINED_END, 1019, ERROR, "unexplained-end",                                                       \
	  "The test's process is gone, and nobody saw how it ended.",                                            \
	  "Run the test alone; if it passes, look for what ends processes on this machine.")                     \
	X(BLOCKED_IN_LOCK, 2001, ERROR, "blocked-in-lock",                                                       \
	  "The test ran out of time while it waited for a lock, a condition or another thread.",                 \
	  "Compare the stacks of all threads: one of them holds what the others wait for.")                      \
	X(SLEEPING, 2002, ERROR, "sleeping", "The test ran out of time while it slept.",                         \
	  "Wait for the event itself instead of a time, or give the test a longer timeout.")                     \
	X(BLOCKED_ON_SOCKET, 2003, ERROR, "blocked-on-socket",                                                   \
	  "The test ran out of time while it waited for the other end of a connection.",                         \
	  "Give the connection a timeout of its own, and see whether the server lives and is the right one.")    \
	X(BLOCKED_READING, 2004, ERROR, "blocked-reading",                                                       \
	  "The test ran out of time while it read from a pipe, a terminal or a file that gave nothing.",         \
	  "Close the writing end of a pipe wherever it was inherited, and don't read standard input.")           \
	X(WAITING_FOR_EVENT, 2005, ERROR, "waiting-for-event",                                                   \
	  "The test ran out of time in poll, select or epoll, or waiting for a signal: nothing happened.",       \
	  "Find out who should have caused the event; in asyncio, which task was awaited.")                      \
	X(WAITING_FOR_CHILD, 2006, ERROR, "waiting-for-child",                                                   \
	  "The test ran out of time while it waited for a process that it had started.",                         \
	  "Give the wait a timeout, and look at what the child did.")                                            \
	X(SPINNING, 2007, ERROR, "spinning", "The test ran out of time while it computed.",                      \
	  "Look at the stack for a loop without an end; if the work is meant, give it a longer timeout.")        \
	X(HOLDS_INTERPRETER_LOCK, 2008, ERROR, "holds-interpreter-lock",                                         \
	  "The test ran out of time in C code that did not give the interpreter lock back.",                     \
	  "Look at the native stack; the extension should release the lock around what takes long.")             \
	X(HANG_IN_SETUP, 2009, ERROR, "hang-in-setup",                                                           \
	  "The test ran out of time in the set-up of a fixture.",                                                \
	  "Look at the fixture and what it waits for; it counts for the test that needs it first.")              \
	X(HANG_IN_TEARDOWN, 2010, ERROR, "hang-in-teardown",                                                     \
	  "The test ran out of time in the teardown of a fixture.",                                              \
	  "Look at what the fixture ends or joins after the test.")                                              \
	X(IGNORES_SIGTERM, 2011, ERROR, "ignores-sigterm",                                                       \
	  "The test ran out of time and did not end when it was told to, so it was killed.",                     \
	  "Let a handler of SIGTERM end the process, or shorten --timeout-grace.")                               \
	X(STOPPED_PROCESS, 2012, ERROR, "stopped-process",                                                       \
	  "The test ran out of time because its process was stopped and nobody continued it.",                   \
	  "Look for SIGSTOP, a read from the terminal in the background, or a debugger that was attached.")      \
	X(BLOCKED_IN_KERNEL, 2013, ERROR, "blocked-in-kernel",                                                   \
	  "The test ran out of time in the kernel, waiting for a disk or a network file system.",                \
	  "Look at the disk and the mounts of the files that the test uses.")                                    \
	X(HANG_IN_CALL, 2014, ERROR, "hang-in-call",                                                             \
	  "The test ran out of time, and what it was doing is not known.",                                       \
	  "Run it alone with a longer --timeout and look at it with gdb, py-spy or strace meanwhile.")           \
	X(BLOCKED_WRITING, 2015, ERROR, "blocked-writing",                                                       \
	  "The test ran out of time while it wrote to a pipe that nobody reads.",                                \
	  "Read what a child prints while you write to it: communicate() does both.")                            \
	X(SESSION_TIMEOUT, 2016, ERROR, "session-timeout",                                                       \
	  "The time for the whole run was over, so the rest was not run.",                                       \
	  "Raise --session-timeout, run fewer tests on a machine with --shard, or find what is slow.")           \
	X(PASSED_AFTER_FAILING, 3001, WARNING, "passed-after-failing",                                           \
	  "The test failed first and passed when it was run again.",                                             \
	  "Read the output of the failed attempt; it is a fault that was not met this time, not one that went.") \
	X(PROCESS_LEFT_OVER, 4001, WARNING, "process-left-over",                                                 \
	  "The test ended, and a process that it had started lived on.",                                         \
	  "End what the test starts, and wait for it, in a fixture's teardown or a finally block.")              \
	X(PIPE_HELD_OPEN, 4002, WARNING, "pipe-held-open",                                                       \
	  "The test ended, and something still held the pipe of its output open.",                               \
	  "Give processes that are to live longer an output of their own.")                                      \
	X(MEMORY_LOW, 4003, WARNING, "memory-low",                                                               \
	  "The machine, or the container, is about to run out of memory.", "Run fewer workers with -n.")         \
	X(BREAKPOINT_IN_PARALLEL_RUN, 5001, ERROR, "breakpoint-in-parallel-run",                                 \
	  "The test called a debugger where nobody can answer it.",                                              \
	  "Press d on it in the dashboard, or run it alone: xtop --pdb ID.")                                     \
	X(SCHEDULER_NOT_HONOURED, 6001, WARNING, "scheduler-not-honoured",                                       \
	  "A plugin of pytest's wants to schedule pytest-xdist's workers, and there are none.",                  \
	  "Use --dist loadscope or loadgroup, a rule with scope in xtop.yaml, or xtop-scheduler(3).")            \
	X(QUARANTINE_EXPIRED, 7001, WARNING, "quarantine-expired",                                               \
	  "An entry of the quarantine has expired, and the test's failures count again.",                        \
	  "Mend the test and take the entry out, or give it a later date and the reason why.")                   \
	X(QUARANTINE_EXPIRES_SOON, 7002, NOTE, "quarantine-expires-soon",                                        \
	  "An entry of the quarantine expires within a week.",                                                   \
	  "Ask its owner, before the test's failures count again.")                                              \
	X(QUARANTINE_MATCHES_NOTHING, 7003, WARNING, "quarantine-matches-nothing",                               \
	  "An entry of the quarantine names no test of this project.",                                           \
	  "Correct the id if the test was renamed, else take the entry out.")                                    \
	X(HISTORY_UNUSABLE, 7004, WARNING, "history-unusable",                                                   \
	  "The history can't be read: it is damaged or no history at all.",                                      \
	  "Remove the file; only what earlier runs did is lost.")                                                \
	X(HISTORY_NEWER, 7005, WARNING, "history-newer", "The history was written by a newer xtop.",             \
	  "Use that xtop, or name another file with --history.")                                                 \
	X(HISTORY_NOT_WRITTEN, 7006, WARNING, "history-not-written",                                             \
	  "What this run did could not be added to the history: it is read-only, or the disk is full.",          \
	  "Make the directory writable, or say --no-history.")

enum code_number {
#define X(NAME, number, level, name, text, remedy) CODE_##NAME = number,
	XTOP_CODES(X)
#undef X
};

struct code {
	enum code_number number;
	const char *code; /* "XT1001" */
	const char *name; /* "segfault" */
	enum event_level level;
	const char *text, *remedy; /* a sentence each */
};

/* In the order of their numbers. */
extern const struct code code_table[];
extern const size_t code_count;

const struct code *code_of(enum code_number number);
/* By code or name in upper or lower case, or by the four digits. NULL: there is none. */
const struct code *code_find(const char *word);
/* The one that was meant by a name with a slip in it, or by a part of it; NULL: none is near. */
const struct code *code_nearest(const char *word);

#endif
