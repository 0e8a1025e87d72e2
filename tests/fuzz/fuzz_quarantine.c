/* The text of a quarantine.yaml: it is refused, or an entry can be added and taken out again without a change to
 * the others, where the file can be edited at all. */
#include "base/vec.h"
#include "store/quarantine_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char name[] = "quarantine.yaml";
static const char id[] = "an id: that nobody\nhas";

/* Takes out what the first entry names; what goes on to match must be gone. */
static void remove_first(struct slice text, const struct quarantine_entry *first, size_t count)
{
	struct quarantine_items items;
	struct str out = STR_INIT;
	struct error error = ERROR_INIT;

	if (quarantine_text_remove(text, name, first->suite, first->test, &out, &error) == 0) {
		if (quarantine_text_parse((struct slice){ out.data, out.length }, name, 0, &items, NULL) != 0)
			abort();
		if (items.length >= count)
			abort();
		vec_each (&items, it) {
			if (quarantine_entry_says(&(*it)->entry, first->test) &&
			    (!first->suite || quarantine_entry_is_in(&(*it)->entry, first->suite)))
				abort();
		}
		quarantine_items_fini(&items);
	} else if (!error.message[0]) {
		abort();
	}
	str_fini(&out);
}

static void add_and_remove(struct slice text, size_t count)
{
	const struct quarantine_entry entry = {
		.test = id, .suite = "s", .reason = "[why]", .since = "2026-11-22"
	};
	struct str more = STR_INIT;
	struct str less = STR_INIT;
	struct quarantine_items items;

	if (quarantine_text_add(text, name, &entry, &more, NULL) == 0) {
		/* All that was there is still there, byte for byte. */
		if (more.length < text.length ||
		    (text.length && memcmp(more.data, text.data, text.length) != 0))
			abort();
		if (quarantine_text_remove((struct slice){ more.data, more.length }, name, "s", id, &less,
					   NULL) != 0)
			abort();
		if (quarantine_text_parse((struct slice){ less.data, less.length }, name, 0, &items, NULL) !=
		    0)
			abort();
		if (items.length != count)
			abort();
		quarantine_items_fini(&items);
	}
	str_fini(&less);
	str_fini(&more);
}

/* Each is an id, which is written so that it is read as itself, or an expression. */
static void ask_items(const struct quarantine_items *items)
{
	const struct test_facts facts = { .suite = "s", .id = id, .duration = UINT64_MAX };

	vec_each (items, it) {
		struct quarantine_name again;
		struct str text = STR_INIT;

		if (!(*it)->name.id == !(*it)->name.filter)
			abort();
		if ((*it)->name.filter)
			filter_matches((*it)->name.filter, &facts);
		quarantine_name_add_id(&text, (*it)->entry.test);
		if (quarantine_name_parse(text.data, &again, NULL) != 0 || !again.id ||
		    strcmp(again.id, (*it)->entry.test) != 0)
			abort();
		quarantine_name_fini(&again);
		str_fini(&text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	struct error error = ERROR_INIT;
	struct quarantine_items items;

	if (quarantine_text_parse(text, name, UINT64_C(1795305600000000000), &items, &error) != 0) {
		if (!text_starts_with(error.message, "quarantine.yaml:"))
			abort();
		return 0;
	}
	if (items.length > 0)
		remove_first(text, &items.items[0]->entry, items.length);
	add_and_remove(text, items.length);
	ask_items(&items);
	quarantine_items_fini(&items);
	return 0;
}
