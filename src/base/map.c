#include "base/map.h"

#include "base/alloc.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define uthash_malloc(size) alloc_bytes(size)
#define uthash_fatal(message) alloc_failed(0)
#include <uthash.h>

struct entry {
	UT_hash_handle hh;
	void *value;
	char key[];
};

struct map {
	struct entry *head;
};

struct map *map_new(void)
{
	return ALLOC_NEW(struct map);
}

void map_free(struct map *map)
{
	struct entry *entry, *next;

	if (!map)
		return;
	HASH_ITER(hh, map->head, entry, next) {
		HASH_DEL(map->head, entry);
		free(entry);
	}
	free(map);
}

static struct entry *find(const struct map *map, const void *key, size_t key_length)
{
	struct entry *entry;

	assert(key_length <= UINT_MAX); /* uthash counts in unsigned */
	HASH_FIND(hh, map->head, key, (unsigned)key_length, entry);
	return entry;
}

void *map_put(struct map *map, const void *key, size_t key_length, void *value)
{
	const void *bytes = key_length ? key : "";
	struct entry *entry = find(map, bytes, key_length);

	assert(value);
	if (entry) {
		void *old = entry->value;

		entry->value = value;
		return old;
	}
	entry = alloc_bytes(sizeof(*entry) + key_length);
	memset(entry, 0, sizeof(*entry));
	entry->value = value;
	memcpy(entry->key, bytes, key_length);
	HASH_ADD_KEYPTR(hh, map->head, entry->key, (unsigned)key_length, entry);
	return NULL;
}

void *map_get(const struct map *map, const void *key, size_t key_length)
{
	struct entry *entry = find(map, key_length ? key : "", key_length);

	return entry ? entry->value : NULL;
}

void *map_remove(struct map *map, const void *key, size_t key_length)
{
	struct entry *entry = find(map, key_length ? key : "", key_length);
	void *value;

	if (!entry)
		return NULL;
	value = entry->value;
	HASH_DEL(map->head, entry);
	free(entry);
	return value;
}

size_t map_count(const struct map *map)
{
	return HASH_COUNT(map->head);
}

void map_each(const struct map *map,
	      void (*visit)(void *context, const void *key, size_t key_length, void *value), void *context)
{
	for (struct entry *entry = map->head; entry; entry = entry->hh.next)
		visit(context, entry->key, entry->hh.keylen, entry->value);
}
