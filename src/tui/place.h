/* Where in the sources a test failed, as its message or its output says.
 *
 * Understood: "FILE:LINE" as pytest, compilers and most libraries write it, Python's `File "FILE", line LINE`, and a shell's
 * "FILE: line LINE:". The last of them counts whose file is there and below the run's root, but not in what was
 * installed below it: the innermost call in the user's own code.
 */
#ifndef XTOP_TUI_PLACE_H
#define XTOP_TUI_PLACE_H

#include "base/str.h"
#include "model/model.h"
#include "tui/host.h"

#include <stdbool.h>
#include <stdint.h>

struct place {
	char *path;      /* absolute */
	char *shown;     /* relative to the root */
	uint32_t line;   /* from 1; 0: not known */
	bool failed;     /* false: only where the test is defined */
	struct str text; /* of the file */
};

/* `attempt` may be NULL. False: no file is known, or it can't be read; nothing is to be freed. */
bool place_find(const struct host *host, const char *root, const struct test *test, const struct attempt *attempt,
		struct place *out);
void place_fini(struct place *place);
/* A line of the file, without its end; empty where there is none. */
struct slice place_line(const struct place *place, uint32_t line);

#endif
