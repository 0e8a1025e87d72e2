/* The text of quarantine.yaml: read into entries, and edited without touching anything else in it.
 * Private to store/ and its tests.
 */
#ifndef XTOP_STORE_QUARANTINE_TEXT_H
#define XTOP_STORE_QUARANTINE_TEXT_H

#include "base/err.h"
#include "base/str.h"
#include "store/quarantine.h"
#include "store/quarantine_name.h"

#include <stddef.h>
#include <stdint.h>

struct quarantine_item {
	struct quarantine_entry entry; /* the texts belong to the item */
	struct quarantine_name name;   /* what entry.test means */
	int end_line;                  /* 1-based, the last that belongs to it */
	struct quarantine_item *next;  /* a further one of the same test; for who puts them into a map */
	bool told;                     /* that a regular expression in it gave up */
};

struct quarantine_items { /* a VEC */
	struct quarantine_item **items;
	size_t length;
	size_t capacity;
	int column; /* 1-based, where the list begins; 0: there is none */
};

/* `name` is what messages call the file. On failure there is nothing to free. */
int quarantine_text_parse(struct slice text, const char *name, uint64_t wall, struct quarantine_items *out,
			  struct error *error);
void quarantine_items_fini(struct quarantine_items *items);

/* Whether it counts for tests of a suite; NULL: for those of any. */
bool quarantine_entry_is_in(const struct quarantine_entry *entry, const char *suite);
/* Whether its `test` is this id or, as it is written, this expression. */
bool quarantine_entry_says(const struct quarantine_entry *entry, const char *test);

/* Each puts the changed text into `out`, after it was read back and found to say what it should: a file that
 * can't be edited by lines is an error. */
int quarantine_text_add(struct slice text, const char *name, const struct quarantine_entry *entry,
			struct str *out, struct error *error);
int quarantine_text_remove(struct slice text, const char *name, const char *suite, const char *test,
			   struct str *out, struct error *error);

#endif
