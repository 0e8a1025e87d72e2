/* From suites and arguments to tests: which programs there are and which adapter each has, and which suites are
 * pytest's.
 *
 * Nothing is executed here.  An entry of a suite's `programs` is, below the suite's cwd or, if there is
 * nothing of that name, below the root directory:
 *   - a file: it is taken, whatever it is called;
 *   - a directory: whatever in it and below it looks like a test (programs.h says what that is);
 *   - a pattern (fs_glob): the regular files that match.
 * What no adapter recognises is run by exec.  The entries of a suite of pytest's are paths, patterns or node ids,
 * and may be none: then pytest decides what is collected.
 */
#ifndef XTOP_ADAPTER_COLLECT_H
#define XTOP_ADAPTER_COLLECT_H

#include "adapter/adapter.h"
#include "config/config.h"

/* One test that was found. Strings are the caller's to free (found_test_fini). */
struct found_test {
	const struct suite_config *suite; /* borrowed from the config */
	const struct adapter *adapter;
	char *id;      /* for exec and tap the program, relative to the root directory */
	char *program; /* absolute path; NULL: it has no program of its own */
	char *file;    /* relative to the root directory where it is below it */
	uint32_t ordinal; /* among equal ids, from 1; 0: not counted yet */
	uint32_t line;    /* 1-based; 0: not known */
	/* What a mark of the test's own says, which is stronger than any option. */
	uint64_t timeout;      /* ns, 0: none; UINT64_MAX: not marked */
	int reruns;            /* -1: not marked */
	uint64_t reruns_delay; /* ns; UINT64_MAX: not marked */
	double reruns_delay_factor; /* of each delay to the one before it; below 0: not marked */
	bool serial;           /* runs while nothing else does */
	char *group;           /* tests of one group share a worker; NULL: none */
	char *scope;           /* class, module or the like that it belongs to; NULL: not known */
	char *marks;           /* names of its marks, comma separated; NULL: none */
	enum outcome outcome;  /* known without running it (a module that is skipped as a whole); NONE: it is to be run */
	char *reason;          /* of that outcome; NULL: none */
	char *quarantine;      /* why its failure does not count, "" without a reason; NULL: not marked */
	unsigned server;       /* number of the server that found it and runs it; 0: a process of its own */
};
void found_test_init(struct found_test *test); /* nothing is known and nothing marked */
void found_test_fini(struct found_test *test);

/* Whether the tests of a suite are found and run by a server that the engine starts (adapter/pytest.h); never
 * where the suite is left out. */
bool suite_has_server(const struct suite_config *suite);

struct collector {
	/* A test; takes its strings. */
	void (*found)(void *context, struct found_test *test);
	/* A program of a suite that can't be a test (not executable, its interpreter is missing …): `id`
	 * under which it gets the verdict error, and why. Borrowed. */
	void (*broken)(void *context, const struct suite_config *suite, const char *id, const char *message);
	/* Something worth a line: files that were passed over, say. Borrowed. */
	void (*note)(void *context, const char *message);
	void *context;
};

/* Before collecting: turns arguments into suites where there are any (config->suites changes), or recognises
 * what the root directory holds where neither arguments nor suites say anything: programs (the suite
 * "default"), tests of pytest's (the suite "pytest") or both. An argument that names nothing is an error
 * (exit 4): a path that isn't there, an id that no suite has. With arguments and suites both, arguments
 * choose among the suites' tests (by id, by file, by directory) and what belongs to no suite (a file that
 * none has, a directory in which none has anything) is a suite of its own. */
int collect_prepare(struct config *config, struct error *error);

/* The arguments and the lines of @FILEs in their order, each as the path (relative to the root directory where it is below
 * it) with the id that stood behind it. -1: an @FILE can't be read. Strings are the caller's to free. */
struct given_texts { /* a VEC */
	char **items;
	size_t length;
	size_t capacity;
};
int collect_given(const struct config *config, struct given_texts *out, struct error *error);

/* Finds every test of the suites without a server, in a fixed order (suites as written, then their entries or
 * the arguments as written, what one of these stands for sorted bytewise), each program once a suite. Returns
 * how many, broken ones included; -1: usage error, among them an entry that matches nothing, and a program
 * that an argument names and that can't be started. */
long collect_tests(const struct config *config, const struct collector *collector, struct error *error);

/* The launch of a found test: argv, environment, cwd. */
int collect_launch(const struct config *config, const struct found_test *test, struct launch *launch,
		   struct error *error);

#endif
