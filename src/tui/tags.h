/* The tests that a person tagged: a set of numbers. */
#ifndef XTOP_TUI_TAGS_H
#define XTOP_TUI_TAGS_H

#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>

/* All zero is the empty set. */
struct tags {
	VEC(uint64_t) words; /* bit n % 64 of word n / 64: number n is in it */
	uint32_t count;
};

static inline bool tags_have(const struct tags *tags, uint64_t test)
{
	return test / 64 < tags->words.length && tags->words.items[test / 64] >> test % 64 & 1;
}

static inline void tags_set(struct tags *tags, uint64_t test, bool on)
{
	const uint64_t none = 0;

	if (tags_have(tags, test) == on)
		return;
	while (tags->words.length <= test / 64)
		vec_push(&tags->words, none);
	tags->words.items[test / 64] ^= UINT64_C(1) << test % 64;
	tags->count += on ? 1u : UINT32_MAX;
}

static inline void tags_clear(struct tags *tags)
{
	vec_clear(&tags->words);
	tags->count = 0;
}

static inline void tags_fini(struct tags *tags)
{
	vec_fini(&tags->words);
	tags->count = 0;
}

#endif
