/* A map from byte strings to pointers, over uthash.
 *
 * The map copies its keys and borrows its values.  Lookup is O(1) on average;
 * iteration goes in the order of insertion; a value put in another's place keeps that place.
 * A key is shorter than 4 GiB.
 */
#ifndef XTOP_BASE_MAP_H
#define XTOP_BASE_MAP_H

#include <stddef.h>

struct map;

struct map *map_new(void);
void map_free(struct map *map); /* NULL is fine; the values are the caller's */
/* Returns the value that was there (NULL: none) and puts `value` in its place. value must not be NULL. */
void *map_put(struct map *map, const void *key, size_t key_length, void *value);
void *map_get(const struct map *map, const void *key, size_t key_length); /* NULL: not there */
void *map_remove(struct map *map, const void *key, size_t key_length);    /* the value, NULL: not there */
size_t map_count(const struct map *map);
/* Calls `visit` for each entry in order of insertion; it must not change the map. */
void map_each(const struct map *map,
	      void (*visit)(void *context, const void *key, size_t key_length, void *value), void *context);

#endif
