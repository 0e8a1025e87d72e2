/* What is known of all tests, read at once, and the fingerprint over it. */
#include "base/alloc.h"
#include "event/codec.h"
#include "store/history_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The median: one run on a busy machine, or one that failed at its first line, doesn't move it. */
static uint64_t expected_duration(const struct history_known *known)
{
	int64_t sorted[HISTORY_SAMPLES];
	size_t count = known->timed < HISTORY_SAMPLES ? (size_t)known->timed : HISTORY_SAMPLES;

	if (count == 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		size_t at = i;
		for (; at > 0 && sorted[at - 1] > known->durations[i]; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = known->durations[i];
	}
	int64_t upper = sorted[count / 2], lower = sorted[(count - 1) / 2];
	return (uint64_t)(lower + (upper - lower) / 2);
}

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t hash_number(uint64_t hash, uint64_t number)
{
	unsigned char bytes[8];

	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(number >> (8 * i));
	return hash_bytes(hash, bytes, sizeof(bytes));
}

/* FNV-1a, 64 bits. */
static uint64_t hash_test(const char *suite, const char *id, uint32_t ordinal)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	hash = hash_bytes(hash, suite, strlen(suite) + 1);
	hash = hash_bytes(hash, id, strlen(id) + 1);
	return hash_number(hash, ordinal);
}

/* A test's part of the fingerprint. It is stirred (as splitmix64 ends), because the parts are added up: so
 * the order of the tests in the file doesn't matter, and nothing needs to be sorted. */
static uint64_t hash_fact(uint64_t hash, const struct history_fact *fact)
{
	hash = hash_number(hash, fact->expected);
	hash = hash_number(hash,
			   (uint64_t)fact->outcome << 2 | (uint64_t)fact->flaky << 1 | fact->in_last_run);
	hash = hash_number(hash, fact->position);
	hash = (hash ^ (hash >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	hash = (hash ^ (hash >> 27)) * UINT64_C(0x94d049bb133111eb);
	return hash ^ (hash >> 31);
}

static void forget_facts(struct history *history)
{
	vec_clear(&history->entries);
	str_clear(&history->names);
	free(history->table);
	history->table = NULL;
	history->loaded = history->durations = false;
	history->worker_memory = 0;
}

/* The folded hash, so that its upper half counts in the table too. */
static uint32_t fold(uint64_t hash)
{
	return (uint32_t)(hash ^ (hash >> 32));
}

/* The names are in blocks of their own, so the hash is compared first: most tests of another name need no
 * look at them. */
static bool is_entry(const struct history *history, const struct history_entry *entry, uint32_t hash,
		     const char *suite, const char *id, uint32_t ordinal)
{
	return entry->hash == hash && entry->ordinal == ordinal &&
	       strcmp(history->names.data + entry->id, id) == 0 &&
	       strcmp(history->names.data + entry->suite, suite) == 0;
}

static void build_table(struct history *history)
{
	size_t size = 16;

	while (size < 2 * history->entries.length)
		size *= 2;
	history->table = alloc_zeroed(size, sizeof(*history->table));
	history->table_mask = size - 1;
	for (size_t i = 0; i < history->entries.length; i++) {
		size_t at = history->entries.items[i].hash & history->table_mask;
		while (history->table[at])
			at = (at + 1) & history->table_mask;
		history->table[at] = (uint32_t)i + 1;
	}
}

/* A number that a query of one row gives, 0 without a row. */
static int read_number(struct history *history, enum history_statement which, uint64_t *number,
		       struct error *error)
{
	sqlite3_stmt *statement = history_statement(history, which, error);
	int status = statement ? history_step(history, statement, error) : -1;

	if (status < 0)
		return -1;
	*number = status == 1 ? history_column_uint(statement, 0) : 0;
	sqlite3_reset(statement);
	return 0;
}

static size_t keep_name(struct history *history, const char *name)
{
	size_t at = history->names.length;

	str_add(&history->names, name, strlen(name) + 1);
	return at;
}

static void take_fact(struct history *history, sqlite3_stmt *row, uint64_t newest, uint64_t *sum)
{
	const char *suite = history_column_text(row, 0), *id = history_column_text(row, 1);
	struct history_entry entry = { .ordinal = history_column_uint32(row, 2) };
	struct history_fact *fact = &entry.fact;
	struct history_known known;

	if (!suite || !id)
		return;
	history_known_get(row, 3, &known);
	fact->expected = expected_duration(&known);
	fact->outcome = known.outcome;
	fact->flaky = known.flaky;
	fact->in_last_run = (uint64_t)known.run == newest;
	fact->position = fact->in_last_run ? (uint32_t)known.position : 0;
	fact->runs = (uint32_t)known.runs;
	uint64_t hash = hash_test(suite, id, entry.ordinal);
	*sum += hash_fact(hash, fact);
	entry.hash = fold(hash);
	/* Tests of one suite mostly come together. */
	size_t count = history->entries.length;
	size_t last = count ? history->entries.items[count - 1].suite : 0;
	entry.suite =
		count && strcmp(history->names.data + last, suite) == 0 ? last : keep_name(history, suite);
	entry.id = keep_name(history, id);
	vec_push(&history->entries, entry);
	history->durations |= fact->expected > 0;
}

static int read_facts(struct history *history, struct error *error)
{
	uint64_t newest, sum = 0;

	if (read_number(history, STATEMENT_NEWEST_RUN, &newest, error) != 0 ||
	    read_number(history, STATEMENT_WORKER_MEMORY, &history->worker_memory, error) != 0)
		return -1;
	sqlite3_stmt *rows = history_statement(history, STATEMENT_ALL_KNOWN, error);
	if (!rows)
		return -1;
	int status;
	while ((status = history_step(history, rows, error)) == 1)
		take_fact(history, rows, newest, &sum);
	build_table(history);
	snprintf(history->fingerprint, sizeof(history->fingerprint), "%016" PRIx64, sum);
	return status;
}

/* Shards rely on a snapshot being the same everywhere; one that was changed since has lost what it is for. */
static int check_snapshot(struct history *history, struct error *error)
{
	sqlite3_stmt *statement;
	bool same = false;
	int code = sqlite3_prepare_v2(history->db, "SELECT 1 FROM snapshot WHERE fingerprint = ?", -1,
				      &statement, NULL);

	if (code == SQLITE_OK) {
		history_bind_text(statement, 1, history->fingerprint);
		code = sqlite3_step(statement);
		same = code == SQLITE_ROW;
	}
	sqlite3_finalize(statement);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return history_complain(history, code, error);
	return same ? 0
		    : error_set(error, "%s: was changed after `xtop history export` made it: make it again",
				history->name);
}

int history_load(struct history *history, struct error *error)
{
	forget_facts(history);
	/* One transaction: another run may be writing between two statements. */
	if (history_execute(history, STATEMENT_BEGIN, error) != 0)
		return -1;
	int status = read_facts(history, error);
	if (status == 0 && history->snapshot)
		status = check_snapshot(history, error);
	if (history_execute(history, status == 0 ? STATEMENT_COMMIT : STATEMENT_ROLLBACK,
			    status == 0 ? error : NULL) != 0)
		status = -1;
	if (status != 0)
		forget_facts(history);
	history->loaded = status == 0;
	return status;
}

const struct history_fact *history_find(const struct history *history, const char *suite, const char *id,
					uint32_t ordinal)
{
	if (!history->table)
		return NULL;
	uint32_t hash = fold(hash_test(suite, id, ordinal));
	for (size_t at = hash & history->table_mask; history->table[at];
	     at = (at + 1) & history->table_mask) {
		const struct history_entry *entry = &history->entries.items[history->table[at] - 1];
		if (is_entry(history, entry, hash, suite, id, ordinal))
			return &entry->fact;
	}
	return NULL;
}

size_t history_test_count(const struct history *history)
{
	return history->entries.length;
}

size_t history_failure_count(const struct history *history)
{
	size_t count = 0;
	for (size_t i = 0; i < history->entries.length; i++)
		count += outcome_is_failure(history->entries.items[i].fact.outcome) ? 1 : 0;
	return count;
}

bool history_has_durations(const struct history *history)
{
	return history->durations;
}

uint64_t history_worker_memory(const struct history *history)
{
	return history->worker_memory;
}

const char *history_fingerprint(struct history *history)
{
	if (!history->loaded && history_load(history, NULL) != 0)
		return "0000000000000000";
	return history->fingerprint;
}
