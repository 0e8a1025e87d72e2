/* The mode that a user brings along: a shared object with the functions of include/xtop/scheduler.h.
 *
 * A plugin is told of units, by the number of each one's first test, and is not believed: what it returns
 * must be a unit that waits.  Nothing it does can lose a test, but it lives in this process, so it can
 * end it.
 */
#include "sched/policy.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/vec.h"
#include "xtop/scheduler.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SYMBOL "xtop_scheduler"
#define NAME_MAX_BYTES 64
#define REASON_MAX_BYTES 500

/* What the plugin knows of a unit, in unit.flags. */
enum { NOT_TOLD, WAITS, TAKEN, ENDED, KNOWN_STATE = 3, CAME_BACK = 4 };

/* What a unit is to the plugin. */
struct known {
	uint64_t test; /* the number that it is called by; 0: not told yet */
	size_t id;     /* of that test, for messages: where it begins in `ids` */
};

struct plugin {
	struct xtop_scheduler_host host; /* first: the plugin gives it back to us */
	struct xtop_scheduler functions;
	struct sched *sched;
	char *file;
	char *name;
	void *library;
	void *context;
	char *refusal;           /* what it said while it was made */
	VEC(struct known) known; /* by unit */
	struct str ids;          /* each with a NUL behind it */
};

/* A plugin's text goes to terminals and reports. */
static char *printable(const char *text, size_t most)
{
	size_t length = strnlen(text, most);
	char *copy = alloc_string_n(text, length);

	for (size_t i = 0; i < length; i++)
		if ((unsigned char)copy[i] < ' ' || copy[i] == 0x7f)
			copy[i] = ' ';
	return copy;
}

static bool is_waiting(const struct unit *unit)
{
	return (unit->flags & KNOWN_STATE) == WAITS;
}

static const char *id_of(const struct plugin *plugin, const struct known *known)
{
	return plugin->ids.data + known->id;
}

static void fail(const struct xtop_scheduler_host *host, const char *text)
{
	/* The host is the plugin's first member, and was not const when it was made. */
	struct plugin *plugin = (struct plugin *)(uintptr_t)host;
	char *reason = printable(text && text[0] ? text : "it failed without saying why", REASON_MAX_BYTES);

	if (plugin->context) {
		sched_fail(plugin->sched, "%s: %s", plugin->file, reason);
		free(reason);
	} else {
		free(plugin->refusal);
		plugin->refusal = reason;
	}
}

static int open_library(struct plugin *plugin, struct error *error)
{
	struct stat status;

	if (stat(plugin->file, &status) != 0)
		return error_set_errno(error, errno, "%s: the scheduler plugin can't be loaded",
				       plugin->file);
	/* The loader would wait for a pipe's other end. */
	if (!S_ISREG(status.st_mode))
		return error_set(error, "%s: the scheduler plugin can't be loaded: it is not a file",
				 plugin->file);
	plugin->library = dlopen(plugin->file, RTLD_NOW | RTLD_LOCAL);
	if (plugin->library)
		return 0;
	const char *reason = dlerror();
	size_t length = strlen(plugin->file);
	if (!reason)
		reason = "the loader does not say why";
	else if (strncmp(reason, plugin->file, length) == 0 && strncmp(reason + length, ": ", 2) == 0)
		reason += length + 2;
	return error_set(error, "%s: the scheduler plugin can't be loaded: %s", plugin->file, reason);
}

static int check_functions(struct plugin *plugin, struct error *error)
{
	const struct xtop_scheduler *functions = &plugin->functions;
	const struct {
		const char *name;
		bool there;
	} needed[] = {
		{ "init", functions->init },
		{ "fini", functions->fini },
		{ "test_added", functions->test_added },
		{ "test_again", functions->test_again },
		{ "next_for", functions->next_for },
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!needed[i].there)
			return error_set(error,
					 "%s: the scheduler plugin has no function %s (xtop-scheduler(3))",
					 plugin->file, needed[i].name);
	if (!functions->name || !functions->name[0])
		return error_set(error, "%s: the scheduler plugin has no name (xtop-scheduler(3))",
				 plugin->file);
	plugin->name = printable(functions->name, NAME_MAX_BYTES);
	return 0;
}

static int read_symbol(struct plugin *plugin, struct error *error)
{
	const struct xtop_scheduler *theirs = dlsym(plugin->library, SYMBOL);

	if (!theirs)
		return error_set(error,
				 "%s: is no scheduler plugin: it has no symbol " SYMBOL
				 " (xtop-scheduler(3))", plugin->file);
	if (theirs->abi != XTOP_SCHEDULER_ABI)
		return error_set(error,
				 "%s: the scheduler plugin is made for version %u of xtop/scheduler.h, but "
				 "this is xtop %s with version %d: build it with that",
				 plugin->file, (unsigned)theirs->abi, PACKAGE_VERSION, XTOP_SCHEDULER_ABI);
	/* Fields that came behind those of the first version would be taken where they are there. */
	if (theirs->size < sizeof(plugin->functions))
		return error_set(error,
				 "%s: the size of the scheduler plugin's struct " SYMBOL " is %u bytes, but "
				 "version %d of xtop/scheduler.h has %zu",
				 plugin->file, (unsigned)theirs->size, XTOP_SCHEDULER_ABI,
				 sizeof(plugin->functions));
	plugin->functions = *theirs;
	return check_functions(plugin, error);
}

static int start(struct plugin *plugin, struct error *error)
{
	void *context = plugin->functions.init(&plugin->host);

	if (context && !plugin->refusal) {
		plugin->context = context;
		return 0;
	}
	if (context)
		plugin->functions.fini(context);
	return error_set(error, "%s: the scheduler plugin '%s' refuses: %s", plugin->file, plugin->name,
			 plugin->refusal ? plugin->refusal : "its init returned NULL and did not say why");
}

static void plugin_free(void *state)
{
	struct plugin *plugin = state;

	if (plugin->context) {
		void *context = plugin->context;
		plugin->context = NULL; /* the run is over: what fails now fails nothing */
		plugin->functions.fini(context);
	}
	if (plugin->library)
		dlclose(plugin->library);
	vec_fini(&plugin->known);
	str_fini(&plugin->ids);
	free(plugin->refusal);
	free(plugin->name);
	free(plugin->file);
	free(plugin);
}

static void *plugin_new(struct sched *sched, const struct sched_options *options, struct error *error)
{
	struct plugin *plugin = ALLOC_NEW(struct plugin);

	plugin->host = (struct xtop_scheduler_host){
		.size = sizeof(plugin->host),
		.abi = XTOP_SCHEDULER_ABI,
		.xtop_version = PACKAGE_VERSION,
		.fail = fail,
	};
	plugin->sched = sched;
	plugin->file = alloc_string(options->mode);
	str_init(&plugin->ids);
	if (open_library(plugin, error) == 0 && read_symbol(plugin, error) == 0 && start(plugin, error) == 0)
		return plugin;
	plugin_free(plugin);
	return NULL;
}

static struct known *known_of(struct plugin *plugin, uint32_t unit)
{
	while (plugin->known.length <= unit)
		vec_push(&plugin->known, (struct known){ .test = 0 });
	return &plugin->known.items[unit];
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static void tell_added(struct plugin *plugin, struct known *known, const struct sched_test *test)
{
	const char *id = or_empty(test->id);
	const struct xtop_scheduler_test told = {
		.size = sizeof(told),
		.weight = test->weight ? test->weight : 1,
		.number = test->number,
		.suite = or_empty(test->suite),
		.id = id,
		.file = test->file,
		.scope = test->scope,
		.group = test->group,
		.expected = test->expected,
		.priority = test->priority,
	};

	known->test = test->number;
	known->id = plugin->ids.length;
	str_add(&plugin->ids, id, strlen(id) + 1);
	plugin->functions.test_added(plugin->context, &told);
}

static void test_added(void *state, const struct sched_test *test)
{
	struct plugin *plugin = state;
	uint32_t unit = sched_items(plugin->sched)[test->number - 1].unit;
	struct known *known = known_of(plugin, unit);

	/* The others of a unit that a rule made come along with its first. */
	if (known->test)
		return;
	sched_units(plugin->sched)[unit].flags = WAITS;
	tell_added(plugin, known, test);
}

static void unit_ready(void *state, uint32_t unit, bool first)
{
	struct plugin *plugin = state;
	struct unit *there = &sched_units(plugin->sched)[unit];

	(void)first; /* whatever is ready again was taken before */
	/* It has just been told, or still has one whose tests were dropped in the meantime. */
	if (is_waiting(there))
		return;
	there->flags = (there->flags & KNOWN_STATE) == TAKEN ? WAITS | CAME_BACK : WAITS;
	plugin->functions.test_again(plugin->context, known_of(plugin, unit)->test);
}

static void collected(void *state, unsigned workers)
{
	struct plugin *plugin = state;

	if (plugin->functions.collected)
		plugin->functions.collected(plugin->context, workers);
}

static void worker_added(void *state, unsigned worker)
{
	struct plugin *plugin = state;

	if (plugin->functions.worker_added)
		plugin->functions.worker_added(plugin->context, worker);
}

static void worker_gone(void *state, unsigned worker)
{
	struct plugin *plugin = state;

	if (plugin->functions.worker_gone)
		plugin->functions.worker_gone(plugin->context, worker);
}

/* The unit that a number stands for, NO_UNIT: none. */
static uint32_t unit_called(struct plugin *plugin, uint64_t number)
{
	if (number == 0 || number > sched_item_count(plugin->sched))
		return NO_UNIT;
	uint32_t unit = sched_items(plugin->sched)[number - 1].unit;
	if (unit >= plugin->known.length || plugin->known.items[unit].test != number)
		return NO_UNIT;
	return unit;
}

static uint32_t wrong(struct plugin *plugin, unsigned worker, uint64_t number, uint32_t unit)
{
	const char *file = plugin->file;
	unsigned long long test = number;

	if (unit == NO_UNIT)
		sched_fail(plugin->sched,
			   "%s: next_for(worker %u) returned %llu, the number of no test that it was told of",
			   file, worker, test);
	else
		sched_fail(plugin->sched, "%s: next_for(worker %u) returned test %llu a second time: %s",
			   file, worker, test, id_of(plugin, &plugin->known.items[unit]));
	return NO_UNIT;
}

static uint32_t next(void *state, unsigned worker)
{
	struct plugin *plugin = state;
	uint64_t number = plugin->functions.next_for(plugin->context, worker);

	if (number == 0 || sched_failure(plugin->sched))
		return NO_UNIT;
	uint32_t unit = unit_called(plugin, number);
	if (unit == NO_UNIT || !is_waiting(&sched_units(plugin->sched)[unit]))
		return wrong(plugin, worker, number, unit);
	/* It was not told of what was dropped: the scheduler passes over that, and we are called again. */
	sched_units(plugin->sched)[unit].flags ^= WAITS ^ TAKEN;
	return unit;
}

static void test_done(void *state, unsigned worker, uint64_t test, uint64_t duration)
{
	struct plugin *plugin = state;
	uint32_t unit = sched_items(plugin->sched)[test - 1].unit;
	struct unit *there = &sched_units(plugin->sched)[unit];

	if (!is_waiting(there))
		there->flags = ENDED;
	if (!plugin->functions.test_done)
		return;
	const struct xtop_scheduler_done done = {
		.size = sizeof(done),
		.worker = worker,
		.test = known_of(plugin, unit)->test,
		.duration = duration,
	};
	plugin->functions.test_done(plugin->context, &done);
}

/* A plugin may mean a test for one worker, and would get it back again and again while another is idle. */
static bool movable(void *state, uint32_t unit)
{
	struct plugin *plugin = state;

	return !(sched_units(plugin->sched)[unit].flags & CAME_BACK);
}

/* Names what it was told of and did not return; where there is nothing, the fault is not its. */
static void stuck(void *state)
{
	struct plugin *plugin = state;
	const struct known *first = NULL;
	size_t count = 0;

	for (uint32_t i = 0; i < plugin->known.length; i++) {
		const struct unit *unit = &sched_units(plugin->sched)[i];
		if (!is_waiting(unit) || unit->waiting == 0)
			continue;
		first = first ? first : &plugin->known.items[i];
		count += unit->waiting;
	}
	if (first)
		sched_fail(plugin->sched,
			   "%s: held back %zu test%s, %s%s: next_for returned 0 for every worker, and none "
			   "runs a test",
			   plugin->file, count, count == 1 ? "" : "s", count == 1 ? "" : "the first of them ",
			   id_of(plugin, first));
}

static size_t memory(const void *state)
{
	const struct plugin *plugin = state;

	return sizeof(*plugin) + plugin->known.capacity * sizeof(plugin->known.items[0]) +
	       plugin->ids.capacity;
}

static const char *title(const void *state)
{
	const struct plugin *plugin = state;

	return plugin->name;
}

const struct policy_ops policy_plugin = {
	.name = "plugin",
	.new = plugin_new,
	.free = plugin_free,
	.test_added = test_added,
	.collected = collected,
	.worker_added = worker_added,
	.worker_gone = worker_gone,
	.unit_ready = unit_ready,
	.next = next,
	.test_done = test_done,
	.movable = movable,
	.stuck = stuck,
	.memory = memory,
	.title = title,
};
