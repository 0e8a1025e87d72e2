/* What the text of an entry's `test` means; quarantine.h has the rule. Private to store/ and its tests. */
#ifndef XTOP_STORE_QUARANTINE_NAME_H
#define XTOP_STORE_QUARANTINE_NAME_H

#include "base/err.h"
#include "base/str.h"
#include "select/filter.h"

struct quarantine_name {
	char *id;              /* owned; NULL: it is an expression */
	struct filter *filter; /* owned; NULL: it is an id */
};

/* -1: it was to be an expression, and is none: the message as filter_parse's, and what to write if it is
 * an id. */
int quarantine_name_parse(const char *text, struct quarantine_name *out, struct error *error);
void quarantine_name_fini(struct quarantine_name *name);

/* Appends a text that means this id and nothing else: mostly the id as it is. */
void quarantine_name_add_id(struct str *out, const char *id);

#endif
