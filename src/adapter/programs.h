/* The programs of one suite.
 *
 * In a directory these look like tests, hidden files and directories and editors' backups left out:
 *   - *.t and *.bats;
 *   - executable scripts and binaries called test-* test_* test.* *-test *_test *-test.* *_test.* *.test
 *     check-* check_*.
 * Where the suite has an adapter, every executable file does.
 */
#ifndef XTOP_ADAPTER_PROGRAMS_H
#define XTOP_ADAPTER_PROGRAMS_H

#include "adapter/adapter.h"
#include "base/vec.h"
#include "config/config.h"

struct program {
	char *path; /* absolute */
	const struct adapter *adapter;
	bool named; /* the entry was this very file */
};

struct programs {
	VEC(struct program) list;
	VEC(char *) notes; /* lines worth showing: what was passed over */
};
void programs_init(struct programs *programs);
void programs_fini(struct programs *programs);

enum {
	PROGRAMS_FLAT = 1,        /* directories without those below them */
	PROGRAMS_MAY_BE_NONE = 2, /* an entry that matches nothing is no error */
	PROGRAMS_NO_PYTHON = 4,   /* what pytest takes for tests in a directory is none, nor worth a note */
};

/* Whether --suite and the arguments ask for it; what no file wrote is always wanted. */
bool suite_is_wanted(const struct config *config, const struct suite_config *suite);

/* Whether programs that look like tests are in a directory or, unless flat, below it. Those that are pytest's
 * don't count. */
bool programs_are_in(const struct config *config, const char *directory, unsigned flags);

/* Finds the programs of `suite`, each once. */
int programs_find(const struct config *config, const struct suite_config *suite, unsigned flags,
		  struct programs *programs, struct error *error);

#endif
