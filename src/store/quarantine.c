#include "store/quarantine.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "base/yaml.h"
#include "config/values.h"
#include "store/quarantine_date.h"
#include "store/quarantine_text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct quarantine {
	char *path;
	char *name; /* what messages call it */
	uint64_t wall;
	struct quarantine_items items;
	struct map *by_test; /* id or expression → its first item; the others hang on `next` */
	VEC(struct quarantine_item *) expressions;
};

/* Reads the file; a missing one is empty. */
static int read_text(const char *path, struct str *text, struct error *error)
{
	return fs_exists(path) ? fs_read_file(path, YAML_SIZE_LIMIT, text, error) : 0;
}

static struct quarantine_item *items_of(const struct quarantine *quarantine, const char *test)
{
	return map_get(quarantine->by_test, test, strlen(test));
}

static const char *key_of(const struct quarantine_entry *entry)
{
	return entry->id ? entry->id : entry->test;
}

static void index_items(struct quarantine *quarantine)
{
	quarantine->by_test = map_new();
	vec_clear(&quarantine->expressions);
	/* From the last to the first, so that of one test the first comes first. */
	for (size_t i = quarantine->items.length; i-- > 0;) {
		struct quarantine_item *item = quarantine->items.items[i];
		const char *key = key_of(&item->entry);

		item->next = map_put(quarantine->by_test, key, strlen(key), item);
	}
	vec_each(&quarantine->items, it) {
		if ((*it)->name.filter)
			vec_push(&quarantine->expressions, *it);
	}
}

static bool same_suite(const struct quarantine_entry *a, const struct quarantine_entry *b)
{
	return a->suite && b->suite ? strcmp(a->suite, b->suite) == 0 : a->suite == b->suite;
}

/* What was noted of an entry stays true when the file is read again. */
static void keep_notes(const struct quarantine *quarantine, struct quarantine_item *item)
{
	const struct quarantine_item *old =
		quarantine->by_test ? items_of(quarantine, key_of(&item->entry)) : NULL;

	while (old && !same_suite(&old->entry, &item->entry))
		old = old->next;
	if (!old)
		return;
	item->entry.matched = old->entry.matched;
	item->told = old->told;
}

/* Replaces the entries by those of `text`; on failure they stay. */
static int take_text(struct quarantine *quarantine, const struct str *text, struct error *error)
{
	struct quarantine_items items;

	if (quarantine_text_parse((struct slice){ text->data, text->length }, quarantine->name,
				  quarantine->wall, &items, error) != 0)
		return -1;
	vec_each(&items, it)
		keep_notes(quarantine, *it);
	quarantine_items_fini(&quarantine->items);
	map_free(quarantine->by_test);
	quarantine->items = items;
	index_items(quarantine);
	return 0;
}

struct quarantine *quarantine_load(const char *path, uint64_t wall, struct error *error)
{
	struct quarantine *quarantine = ALLOC_NEW(struct quarantine);
	char *here = fs_absolute(".");
	struct str text = STR_INIT;
	int status;

	quarantine->path = fs_absolute(path);
	quarantine->name = fs_relative(quarantine->path, here);
	quarantine->wall = wall;
	free(here);
	status = read_text(quarantine->path, &text, error);
	if (status == 0)
		status = take_text(quarantine, &text, error);
	str_fini(&text);
	if (status == 0)
		return quarantine;
	quarantine_free(quarantine);
	return NULL;
}

void quarantine_free(struct quarantine *quarantine)
{
	if (!quarantine)
		return;
	quarantine_items_fini(&quarantine->items);
	map_free(quarantine->by_test);
	vec_fini(&quarantine->expressions);
	free(quarantine->path);
	free(quarantine->name);
	free(quarantine);
}

const char *quarantine_name(const struct quarantine *quarantine)
{
	return quarantine->name;
}

/* ---- asking ---- */

static bool names(const struct quarantine_item *item, const struct test_facts *facts)
{
	/* Otherwise `not quarantined()` would be true for as long as it is false. */
	struct test_facts outside = *facts;

	outside.quarantined = false;
	return quarantine_entry_is_in(&item->entry, facts->suite) &&
	       filter_matches(item->name.filter, &outside);
}

const struct quarantine_entry *quarantine_find(struct quarantine *quarantine, const struct test_facts *facts)
{
	for (const struct quarantine_item *item = items_of(quarantine, facts->id); item; item = item->next) {
		if (!item->entry.expired && quarantine_entry_is_in(&item->entry, facts->suite))
			return &item->entry;
	}
	vec_each(&quarantine->expressions, it) {
		if (!(*it)->entry.expired && names(*it, facts))
			return &(*it)->entry;
	}
	return NULL;
}

void quarantine_note(struct quarantine *quarantine, const struct test_facts *facts)
{
	for (struct quarantine_item *item = items_of(quarantine, facts->id); item; item = item->next)
		item->entry.matched |= quarantine_entry_is_in(&item->entry, facts->suite);
	vec_each(&quarantine->expressions, it) {
		if (!(*it)->entry.matched)
			(*it)->entry.matched = names(*it, facts);
	}
}

void quarantine_each(const struct quarantine *quarantine, const struct test_facts *facts,
		     void (*visit)(void *context, const struct quarantine_entry *entry), void *context)
{
	for (const struct quarantine_item *item = items_of(quarantine, facts->id); item; item = item->next) {
		if (quarantine_entry_is_in(&item->entry, facts->suite))
			visit(context, &item->entry);
	}
	vec_each(&quarantine->expressions, it) {
		if (names(*it, facts))
			visit(context, &(*it)->entry);
	}
}

unsigned quarantine_count(const struct quarantine *quarantine)
{
	return (unsigned)quarantine->items.length;
}

const struct quarantine_entry *quarantine_entry(const struct quarantine *quarantine, unsigned index)
{
	return &quarantine->items.items[index]->entry;
}

bool quarantine_entry_needs_collection(const struct quarantine *quarantine, unsigned index)
{
	const struct filter *filter = quarantine->items.items[index]->name.filter;

	return filter && filter_needs_collection(filter);
}

bool quarantine_gave_up(struct quarantine *quarantine, char **message)
{
	vec_each(&quarantine->expressions, it) {
		const char *pattern = filter_gave_up((*it)->name.filter);

		if (!pattern || (*it)->told)
			continue;
		(*it)->told = true;
		*message = alloc_format("%s:%d: /%s/ takes too many steps for some tests; for them it counts "
					"as no match",
					quarantine->name, (*it)->entry.line, pattern);
		return true;
	}
	return false;
}

void quarantine_add_term(struct str *out, const struct quarantine_entry *entry)
{
	int days = entry->days_left;

	if (days == INT_MAX)
		return;
	if (days == 0)
		str_add_text(out, "expired today");
	else if (days == -1)
		str_add_text(out, "expired yesterday");
	else if (days < 0)
		str_add_format(out, "expired %d days ago", -days);
	else if (days == 1)
		str_add_text(out, "expires tomorrow");
	else
		str_add_format(out, "expires in %d days", days);
}

int quarantine_read_test(const char *test, char **id, struct error *error)
{
	struct quarantine_name name;

	if (quarantine_name_parse(test, &name, error) != 0)
		return -1;
	*id = name.id;
	filter_free(name.filter);
	return 0;
}

/* ---- changing ---- */

/* Takes the lock under which the file is changed; returns its descriptor, -1: failed. The directory is
 * what is locked, because the file itself is replaced by another one and a lock file would lie about. */
static int lock(const struct quarantine *quarantine, struct error *error)
{
	char *directory = fs_directory_of(quarantine->path);
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		error_set_errno(error, errno, "%s: %s", quarantine->name, directory);
	free(directory);
	/* Some network file systems lock no directories. There a change is still whole, it only may be lost to
	 * another one of the same moment. */
	while (fd >= 0 && flock(fd, LOCK_EX) != 0 && errno == EINTR)
		;
	return fd;
}

/* An entry that names the same test, or has the same expression. */
static const struct quarantine_entry *find_same(const struct quarantine *quarantine, const char *key,
						const char *suite)
{
	for (const struct quarantine_item *item = items_of(quarantine, key); item; item = item->next) {
		if (!item->entry.expired && quarantine_entry_is_in(&item->entry, suite))
			return &item->entry;
	}
	return NULL;
}

/* Appends what the file is to have as `test`. */
static int make_test(const struct quarantine *quarantine, const struct quarantine_request *request,
		     struct str *out, struct error *error)
{
	const char *text = request->id ? request->id : request->test;
	char *id = NULL;
	int status = 0;

	if (!request->id && quarantine_read_test(text, &id, error) != 0)
		return -1;
	const struct quarantine_entry *there = find_same(quarantine, id ? id : text, request->suite);
	char *quoted = value_quoted(text);
	if (*text == '\0' || !utf8_is_valid(text, strlen(text)))
		status = error_set(error, "%s: expected an id in UTF-8, found %s", quarantine->name, quoted);
	else if (there)
		status = error_set(error, "%s:%d: %s is quarantined already", quarantine->name, there->line,
				   quoted);
	else if (request->id)
		quarantine_name_add_id(out, text);
	else
		str_add_text(out, text);
	free(quoted);
	free(id);
	return status;
}

static int refuse_expiry(const struct quarantine *quarantine, const char *expires, struct error *error)
{
	int64_t day;

	if (!expires || !*expires ||
	    (quarantine_date_read(expires, &day) && day > quarantine_date_of(quarantine->wall)))
		return 0;
	return error_set(error, "expires: expected a date after today such as 2026-11-22, found '%s'",
			 expires);
}

/* An empty text would be read back as one that was not given. */
static char *clean(const char *text)
{
	struct str valid = STR_INIT;

	if (!text || !*text)
		return NULL;
	utf8_add_valid(&valid, text, strlen(text));
	return str_take(&valid);
}

static int make_entry(const struct quarantine *quarantine, const struct quarantine_request *request,
		      const struct str *old, struct str *out, struct error *error)
{
	struct str test = STR_INIT;
	char today[16];

	if (make_test(quarantine, request, &test, error) != 0 ||
	    refuse_expiry(quarantine, request->expires, error) != 0) {
		str_fini(&test);
		return -1;
	}
	char *texts[] = { clean(request->suite), clean(request->reason), clean(request->owner),
			  clean(request->issue), clean(request->evidence) };
	struct quarantine_entry entry = {
		.test = test.data,
		.suite = texts[0],
		.reason = texts[1],
		.owner = texts[2],
		.issue = texts[3],
		.evidence = texts[4],
		.since = today,
		.expires = request->expires && *request->expires ? request->expires : NULL,
	};
	quarantine_date_write(quarantine_date_of(quarantine->wall), today);
	int status = quarantine_text_add((struct slice){ old->data, old->length }, quarantine->name, &entry,
					 out, error);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(texts[i]);
	str_fini(&test);
	return status;
}

/* Adds what is requested or, without a request, takes out what `suite` and `test` say. */
static int change(struct quarantine *quarantine, const struct quarantine_request *request, const char *suite,
		  const char *test, struct error *error)
{
	struct str old = STR_INIT;
	struct str new = STR_INIT;
	int status = -1;
	int fd = lock(quarantine, error);

	if (fd < 0)
		return -1;
	if (read_text(quarantine->path, &old, error) != 0 || take_text(quarantine, &old, error) != 0)
		goto out;
	if (request)
		status = make_entry(quarantine, request, &old, &new, error);
	else
		status = quarantine_text_remove((struct slice){ old.data, old.length }, quarantine->name,
						suite, test, &new, error);
	if (status == 0)
		status = fs_write_atomically(quarantine->path, new.data, new.length, error);
	if (status == 0)
		status = take_text(quarantine, &new, error);
out:
	close(fd);
	str_fini(&new);
	str_fini(&old);
	return status;
}

int quarantine_add(struct quarantine *quarantine, const struct quarantine_request *request,
		   struct error *error)
{
	return change(quarantine, request, NULL, NULL, error);
}

int quarantine_remove(struct quarantine *quarantine, const char *suite, const char *test, struct error *error)
{
	return change(quarantine, NULL, suite, test, error);
}

/* The days that "30d" or "2w" says; 0: it says something else. */
static int64_t read_days(const char *text)
{
	char *unit;
	long count = *text >= '0' && *text <= '9' ? strtol(text, &unit, 10) : 0;

	if (count <= 0 || count > 36500 || (*unit != 'd' && *unit != 'w') || unit[1])
		return 0;
	return *unit == 'w' ? 7 * count : count;
}

int quarantine_expiry(const char *text, uint64_t wall, char date[16], struct error *error)
{
	int64_t today = quarantine_date_of(wall);
	int64_t days = read_days(text);
	int64_t day;

	if (days > 0)
		day = today + days;
	else if (!quarantine_date_read(text, &day) || day <= today) {
		char *quoted = value_quoted(text);

		error_set(error,
			  "expected a date after today such as 2026-11-22, or days or weeks such as 30d or "
			  "2w, found %s",
			  quoted);
		free(quoted);
		return -1;
	}
	quarantine_date_write(day, date);
	return 0;
}
