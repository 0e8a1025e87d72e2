#include "store/quarantine.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "base/yaml.h"
#include "config/values.h"
#include "store/quarantine_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

struct quarantine {
	char *path;
	char *name; /* what messages call it */
	uint64_t wall;
	struct quarantine_items items;
	struct map *by_test; /* id → its first item; the others hang on `next` */
};

/* Reads the file; a missing one is empty. */
static int read_text(const char *path, struct str *text, struct error *error)
{
	return fs_exists(path) ? fs_read_file(path, YAML_SIZE_LIMIT, text, error) : 0;
}

/* Replaces the entries by those of `text`; on failure they stay. */
static int take_text(struct quarantine *quarantine, const struct str *text, struct error *error)
{
	struct quarantine_items items;

	if (quarantine_text_parse((struct slice){ text->data, text->length }, quarantine->name,
				  quarantine->wall, &items, error) != 0)
		return -1;
	quarantine_items_fini(&quarantine->items);
	map_free(quarantine->by_test);
	quarantine->items = items;
	quarantine->by_test = map_new();
	vec_each (&items, it)
		(*it)->next = map_put(quarantine->by_test, (*it)->entry.test, strlen((*it)->entry.test), *it);
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
	free(quarantine->path);
	free(quarantine->name);
	free(quarantine);
}

const struct quarantine_entry *quarantine_find(const struct quarantine *quarantine, const char *suite,
					       const char *id)
{
	const struct quarantine_item *item = map_get(quarantine->by_test, id, strlen(id));

	for (; item; item = item->next) {
		if (!item->entry.expired && quarantine_entry_matches(&item->entry, suite, id))
			return &item->entry;
	}
	return NULL;
}

unsigned quarantine_count(const struct quarantine *quarantine)
{
	return (unsigned)quarantine->items.length;
}

const struct quarantine_entry *quarantine_entry(const struct quarantine *quarantine, unsigned index)
{
	return &quarantine->items.items[index]->entry;
}

/* Takes the lock under which the file is changed; returns its descriptor, -1: failed. The directory is what is
 * locked, because the file itself is replaced by another one and a lock file would lie about. */
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

/* What is asked of `change`. */
struct request {
	const char *suite, *id, *reason;
	bool add;
};

static int refuse_entry(const struct quarantine *quarantine, const struct request *request,
			struct error *error)
{
	const struct quarantine_entry *there = quarantine_find(quarantine, request->suite, request->id);
	char *quoted = value_quoted(request->id);
	int status = 0;

	if (there)
		status = error_set(error, "%s:%d: %s is quarantined already", quarantine->name, there->line,
				   quoted);
	else if (*request->id == '\0' || !utf8_is_valid(request->id, strlen(request->id)))
		status = error_set(error, "%s: expected an id in UTF-8, found %s", quarantine->name, quoted);
	free(quoted);
	return status;
}

static int make_entry(const struct quarantine *quarantine, const struct request *request,
		      const struct str *old, struct str *out, struct error *error)
{
	time_t seconds = (time_t)(quarantine->wall / CLOCK_SECOND);
	struct str reason = STR_INIT;
	struct tm day;
	char today[32];
	/* An empty text would be read back as one that was not given. */
	struct quarantine_entry entry = {
		.test = request->id,
		.suite = request->suite && *request->suite ? request->suite : NULL,
		.since = today,
	};
	int status;

	if (refuse_entry(quarantine, request, error) != 0)
		return -1;
	if (request->reason && *request->reason) {
		utf8_add_valid(&reason, request->reason, strlen(request->reason));
		entry.reason = reason.data;
	}
	gmtime_r(&seconds, &day);
	strftime(today, sizeof(today), "%Y-%m-%d", &day);
	status = quarantine_text_add((struct slice){ old->data, old->length }, quarantine->name, &entry, out,
				     error);
	str_fini(&reason);
	return status;
}

static int change(struct quarantine *quarantine, const struct request *request, struct error *error)
{
	struct str old = STR_INIT;
	struct str new = STR_INIT;
	int status = -1;
	int fd = lock(quarantine, error);

	if (fd < 0)
		return -1;
	if (read_text(quarantine->path, &old, error) != 0 || take_text(quarantine, &old, error) != 0)
		goto out;
	if (request->add)
		status = make_entry(quarantine, request, &old, &new, error);
	else
		status = quarantine_text_remove((struct slice){ old.data, old.length }, quarantine->name,
						request->suite, request->id, &new, error);
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

int quarantine_add(struct quarantine *quarantine, const char *suite, const char *id, const char *reason,
		   struct error *error)
{
	struct request request = { .suite = suite, .id = id, .reason = reason, .add = true };

	return change(quarantine, &request, error);
}

int quarantine_remove(struct quarantine *quarantine, const char *suite, const char *id, struct error *error)
{
	struct request request = { .suite = suite, .id = id };

	return change(quarantine, &request, error);
}
