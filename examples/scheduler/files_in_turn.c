/* A scheduler for xtop that gives every file a turn: the first test of each file, then the second of each,
 * and so on; in a file the shortest first. So what is broken shows early, whichever file it is in.
 *
 *     make
 *     xtop scheduler check ./files_in_turn.so
 *     xtop --dist ./files_in_turn.so
 */
#include <xtop/scheduler.h>

#include <stdlib.h>
#include <string.h>

struct waiting {
	uint64_t number;
	uint64_t expected;
};

struct file {
	char *name;
	struct waiting *tests; /* those from `taken` on wait */
	size_t count, capacity, taken;
	struct file *next;  /* whose turn is after it; NULL: none of its tests waits */
	struct file *older; /* all files, the newest first */
};

struct turns {
	const struct xtop_scheduler_host *host;
	struct file *newest;
	struct file *last; /* had its turn; the one after it is next. NULL: no test waits */
	uint64_t *again;   /* these come before all others */
	size_t again_count, again_capacity;
};

/* Makes room for one more element. NULL: there is no memory, and xtop ends the run; what was there stays. */
static void *grow(struct turns *turns, void *array, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return array;
	size_t wanted = *capacity ? *capacity * 2 : 16;
	void *grown = realloc(array, wanted * size);
	if (grown)
		*capacity = wanted;
	else
		turns->host->fail(turns->host, "out of memory");
	return grown;
}

/* Tests of a file are found one after the other, so it is nearly always the newest. */
static struct file *find_file(struct turns *turns, const char *name)
{
	for (struct file *file = turns->newest; file; file = file->older)
		if (strcmp(file->name, name) == 0)
			return file;
	struct file *file = calloc(1, sizeof(*file));
	char *copy = strdup(name); /* a text of xtop's ends with the call */
	if (!file || !copy) {
		turns->host->fail(turns->host, "out of memory");
		free(file);
		free(copy);
		return NULL;
	}
	file->name = copy;
	file->older = turns->newest;
	turns->newest = file;
	return file;
}

static void *init(const struct xtop_scheduler_host *host)
{
	struct turns *turns = calloc(1, sizeof(*turns));
	if (turns)
		turns->host = host;
	else
		host->fail(host, "out of memory");
	return turns;
}

static void fini(void *context)
{
	struct turns *turns = context;
	while (turns->newest) {
		struct file *file = turns->newest;
		turns->newest = file->older;
		free(file->tests);
		free(file->name);
		free(file);
	}
	free(turns->again);
	free(turns);
}

static void test_added(void *context, const struct xtop_scheduler_test *test)
{
	struct turns *turns = context;
	struct file *file = find_file(turns, test->file ? test->file : "");
	if (!file)
		return;
	struct waiting *tests = grow(turns, file->tests, file->count, &file->capacity, sizeof(*tests));
	if (!tests)
		return;
	file->tests = tests;
	tests[file->count++] = (struct waiting){ .number = test->number, .expected = test->expected };
	if (file->next)
		return;
	/* Its turn comes after all others'. */
	file->next = turns->last ? turns->last->next : file;
	if (turns->last)
		turns->last->next = file;
	turns->last = file;
}

static void test_again(void *context, uint64_t test)
{
	struct turns *turns = context;
	uint64_t *again =
		grow(turns, turns->again, turns->again_count, &turns->again_capacity, sizeof(*again));
	if (!again)
		return;
	turns->again = again;
	again[turns->again_count++] = test;
}

/* Equal ones stay as they were found. */
static int shortest_first(const void *left, const void *right)
{
	const struct waiting *a = left, *b = right;
	if (a->expected != b->expected)
		return a->expected < b->expected ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

static void collected(void *context, uint32_t workers)
{
	struct turns *turns = context;
	(void)workers;
	for (struct file *file = turns->newest; file; file = file->older)
		if (file->count > file->taken)
			qsort(file->tests + file->taken, file->count - file->taken, sizeof(*file->tests),
			      shortest_first);
}

static uint64_t next_for(void *context, uint32_t worker)
{
	struct turns *turns = context;
	(void)worker; /* any worker may run any test, so nothing is set aside for one that may leave */
	if (turns->again_count > 0)
		return turns->again[--turns->again_count];
	if (!turns->last)
		return 0;
	struct file *file = turns->last->next;
	uint64_t number = file->tests[file->taken++].number;
	if (file->taken < file->count) {
		turns->last = file;
		return number;
	}
	if (file == turns->last)
		turns->last = NULL;
	else
		turns->last->next = file->next;
	file->next = NULL;
	return number;
}

const struct xtop_scheduler xtop_scheduler = {
	.abi = XTOP_SCHEDULER_ABI,
	.size = sizeof(struct xtop_scheduler),
	.name = "files in turn",
	.init = init,
	.fini = fini,
	.test_added = test_added,
	.test_again = test_again,
	.collected = collected,
	.next_for = next_for,
};
