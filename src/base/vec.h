/* A typed array that grows.
 *
 *     VEC(struct test *) tests = VEC_INIT;
 *     vec_push(&tests, test);
 *     vec_each(&tests, it) use(*it);
 *     vec_fini(&tests);
 *
 * Elements move when it grows: hold indexes, or make the elements pointers.
 * Allocation failure aborts (alloc.h).
 */
#ifndef XTOP_BASE_VEC_H
#define XTOP_BASE_VEC_H

#include "base/alloc.h"

#include <stdlib.h>

#define VEC(type)                \
	struct {                 \
		type *items;     \
		size_t length;   \
		size_t capacity; \
	}

#define VEC_INIT { NULL, 0, 0 }

/* clang-format off */
#define vec_reserve(vec, wanted) do { \
	if ((wanted) > (vec)->capacity) { \
		size_t vec_capacity_ = (vec)->capacity ? (vec)->capacity : 8; \
		while (vec_capacity_ < (wanted)) \
			vec_capacity_ += vec_capacity_ / 2 + 1; \
		(vec)->items = alloc_resized((vec)->items, vec_capacity_, sizeof(*(vec)->items)); \
		(vec)->capacity = vec_capacity_; \
	} } while (0)

#define vec_push(vec, item) do { \
	vec_reserve((vec), (vec)->length + 1); \
	(vec)->items[(vec)->length] = (item); \
	(vec)->length++; \
	} while (0)

#define vec_remove(vec, index) do { \
	size_t vec_index_ = (index); \
	for (size_t vec_i_ = vec_index_ + 1; vec_i_ < (vec)->length; vec_i_++) \
		(vec)->items[vec_i_ - 1] = (vec)->items[vec_i_]; \
	(vec)->length--; \
	} while (0)

#define vec_each(vec, it) \
	for (__typeof__((vec)->items[0]) *it = (vec)->items; it && it < (vec)->items + (vec)->length; it++)

#define vec_clear(vec) ((void)((vec)->length = 0))

#define vec_fini(vec) do { \
	free((vec)->items); \
	(vec)->items = NULL; \
	(vec)->length = (vec)->capacity = 0; \
	} while (0)
/* clang-format on */

#endif
