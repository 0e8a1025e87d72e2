/* Reruns that wait on a worker, because its harness keeps what the test shares with others set up.
 *
 * While a delay lasts the worker is given other tests, but only such as leave that standing: those below the node (a
 * class, a file, a package; of pytest's session all) of which the harness says that something is set up.  From the
 * innermost node outwards, so that what other tests have set up meanwhile is not torn down in their midst either: a rerun
 * whose delay is over comes where its turn is in that order.  Without such tests the worker waits.
 *
 * A test whose harness keeps nothing waits for its delay without a worker (verdict.c).
 */
#include "base/alloc.h"
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

/* Whether a test, or a node, is the node or below it. */
static bool is_below(const char *id, const char *node)
{
	size_t length = strlen(node);
	return length == 0 || (strncmp(id, node, length) == 0 && strchr(":/", id[length]));
}

static void remove_at(struct slot *place, size_t index)
{
	free(place->holds.items[index].node);
	vec_remove(&place->holds, index);
}

/* A run that is stopped gives verdicts without asking here. */
static void forget_done(struct engine *engine, unsigned slot)
{
	struct slot *place = &engine->slots[slot];
	for (size_t i = place->holds.length; i-- > 0;) {
		struct entry *entry = engine_entry(engine, place->holds.items[i].test);
		bool waits = entry->state == ENTRY_DELAYED || entry->state == ENTRY_SENT;
		if (entry->home == slot && waits)
			continue;
		if (entry->home == slot)
			entry->home = NO_SLOT;
		remove_at(place, i);
	}
}

bool hold_any(struct engine *engine, unsigned slot)
{
	if (engine->slots[slot].holds.length == 0)
		return false;
	forget_done(engine, slot);
	return engine->slots[slot].holds.length > 0;
}

/* Each of them stands below the others. NULL: there is none but `besides`. */
static const struct hold *innermost(const struct slot *place, uint64_t besides)
{
	const struct hold *found = NULL;
	vec_each(&place->holds, hold)
		if (hold->test != besides && (!found || hold->alone || strlen(hold->node) > strlen(found->node)))
			found = hold;
	return found;
}

bool hold_is_open(struct engine *engine, unsigned slot)
{
	if (!hold_any(engine, slot))
		return true;
	const struct hold *inner = innermost(&engine->slots[slot], 0);
	return !inner->alone && !*inner->node;
}

bool hold_is_due(struct engine *engine, unsigned slot)
{
	uint64_t now = clock_now() - engine->epoch;
	if (hold_any(engine, slot))
		vec_each(&engine->slots[slot].holds, hold)
			if (engine_entry(engine, hold->test)->retry_at <= now)
				return true;
	return false;
}

void hold_add(struct engine *engine, unsigned slot, uint64_t test)
{
	struct slot *place = &engine->slots[slot];
	struct entry *entry = engine_entry(engine, test);
	struct hold hold = { test, alloc_string(place->standing ? place->standing : ""), place->standing_alone };
	entry->state = ENTRY_DELAYED;
	entry->home = slot;
	vec_push(&place->holds, hold);
}

void hold_started(struct engine *engine, unsigned slot, uint64_t test)
{
	struct slot *place = &engine->slots[slot];
	engine_entry(engine, test)->home = NO_SLOT;
	for (size_t i = place->holds.length; i-- > 0;)
		if (place->holds.items[i].test == test)
			remove_at(place, i);
}

/* It waits for its delay without a worker, or for any one. */
static void let_go(struct engine *engine, uint64_t test)
{
	struct entry *entry = engine_entry(engine, test);
	entry->home = NO_SLOT;
	if (entry->state != ENTRY_DELAYED)
		return; /* it is sent, and comes as any test */
	dispatch_release(engine, test, 0);
	if (entry->retry_at > clock_now() - engine->epoch)
		return;
	entry->state = ENTRY_WAITING;
	sched_again(engine->sched, test);
}

void hold_release(struct engine *engine, unsigned slot, struct slice socket)
{
	struct slot *place = &engine->slots[slot];
	hold_standing(place, NULL, false);
	for (size_t i = place->holds.length; i-- > 0;) {
		uint64_t test = place->holds.items[i].test;
		const struct server *server = server_current(engine, engine_entry(engine, test)->found.server);
		if (socket.data && server && !slice_equal_text(socket, server->socket))
			continue;
		remove_at(place, i);
		let_go(engine, test);
	}
}

void hold_standing(struct slot *place, const char *node, bool alone)
{
	free(place->standing);
	place->standing = node ? alloc_string(node) : NULL;
	place->standing_alone = node && alone;
}

bool hold_put_kept(struct engine *engine, unsigned slot, uint64_t besides, struct kept_test *keep)
{
	if (!hold_any(engine, slot))
		return false;
	const struct hold *hold = innermost(&engine->slots[slot], besides);
	const struct entry *entry = hold ? engine_entry(engine, hold->test) : NULL;
	const struct server *server = entry ? server_current(engine, entry->found.server) : NULL;
	if (!server)
		return false;
	*keep = (struct kept_test){ alloc_string(server->socket), alloc_string(entry->found.id),
				    entry->found.ordinal };
	return true;
}

void hold_fini(struct slot *place)
{
	while (place->holds.length > 0)
		remove_at(place, place->holds.length - 1);
	vec_fini(&place->holds);
	hold_standing(place, NULL, false);
}

/* The rerun below this node whose delay was over first, if it may begin. */
static uint64_t take_due(struct engine *engine, unsigned slot, const char *level, bool ahead)
{
	const struct slot *place = &engine->slots[slot];
	uint64_t now = clock_now() - engine->epoch, found = 0, first = UINT64_MAX;
	vec_each(&place->holds, hold) {
		const struct entry *entry = engine_entry(engine, hold->test);
		if (entry->state == ENTRY_DELAYED && entry->retry_at <= now && entry->retry_at < first &&
		    is_below(entry->found.id, level)) {
			found = hold->test;
			first = entry->retry_at;
		}
	}
	return found && sched_take(engine->sched, slot, found, ahead) ? found : 0;
}

static bool is_candidate(const struct engine *engine, size_t index, const struct found_test *like, const char *level)
{
	const struct found_test *found = &engine->entries.items[index].found;
	return found->suite == like->suite && is_below(found->id, level);
}

static bool take_one(struct engine *engine, unsigned slot, size_t index, bool ahead)
{
	return engine->entries.items[index].state == ENTRY_WAITING &&
	       sched_take(engine->sched, slot, index + 1, ahead);
}

/* A test that waits, the next one behind `test` in the order in which they were found, which has those of a node in one
 * row. */
static uint64_t take_near(struct engine *engine, unsigned slot, uint64_t test, const char *level, bool ahead)
{
	const struct found_test *like = &engine_entry(engine, test)->found;
	size_t begin = (size_t)test - 1;
	for (size_t i = begin + 1; i < engine->entries.length && is_candidate(engine, i, like, level); i++)
		if (take_one(engine, slot, i, ahead))
			return i + 1;
	for (size_t i = begin; i-- > 0 && is_candidate(engine, i, like, level);)
		if (take_one(engine, slot, i, ahead))
			return i + 1;
	return 0;
}

static uint64_t take_below(struct engine *engine, unsigned slot, const struct hold *inner, const char *level,
			   bool ahead)
{
	const struct slot *place = &engine->slots[slot];
	const struct entry *kept = engine_entry(engine, inner->test), *last = engine_entry(engine, place->last);
	if (place->resting)
		return 0;
	if (!*level)
		return sched_next(engine->sched, slot, ahead);
	if (last && last->found.suite == kept->found.suite && is_below(last->found.id, level))
		return take_near(engine, slot, place->last, level, ahead);
	return is_below(kept->found.id, level) ? take_near(engine, slot, inner->test, level, ahead) : 0;
}

/* What the tests that were run meanwhile may have set up: nothing outside of their own scope. */
static char *first_level(const struct engine *engine, const struct slot *place, const struct hold *inner)
{
	const char *level = place->standing;
	if (place->running)
		level = engine->entries.items[place->running - 1].found.scope;
	return alloc_string(level && is_below(level, inner->node) ? level : inner->node);
}

/* From a node to the one around it, down to `last`. */
static void widen(char *level, const char *last)
{
	char *cut = NULL;
	for (char *at = level; (at = strstr(at, "::")); at += 2)
		cut = at;
	if (!cut)
		cut = strrchr(level, '/');
	*(cut ? cut : level) = '\0';
	if (strlen(level) < strlen(last))
		strcpy(level, last); /* it was longer, and began so */
}

uint64_t hold_next(struct engine *engine, unsigned slot)
{
	const struct slot *place = &engine->slots[slot];
	const struct hold *inner = innermost(place, 0);
	bool ahead = place->running && !place->wants;
	char *level = first_level(engine, place, inner);
	uint64_t test = 0;
	for (;;) {
		test = take_due(engine, slot, inner->alone ? engine_entry(engine, inner->test)->found.id : level, ahead);
		if (!test && !inner->alone)
			test = take_below(engine, slot, inner, level, ahead);
		if (test || inner->alone || strcmp(level, inner->node) == 0)
			break;
		widen(level, inner->node);
	}
	free(level);
	return test;
}
