/* Records that can be told apart: what record number n of an incarnation looks like is computed from the
 * two numbers, so a consumer can tell that it has the right one, and all of it. */
#ifndef XTOP_TEST_RING_RECORDS_H
#define XTOP_TEST_RING_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t record_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static inline uint64_t record_seed(uint32_t incarnation, uint64_t number)
{
	uint64_t state = ((uint64_t)incarnation << 40) + number * UINT64_C(0x9e3779b97f4a7c15) + 1;

	record_random(&state);
	return record_random(&state) | 1;
}

/* Mostly small, as events are; one in eight of any size up to `longest`. */
static inline size_t record_length(uint32_t incarnation, uint64_t number, size_t longest)
{
	uint64_t state = record_seed(incarnation, number);

	return record_random(&state) % 8 ? record_random(&state) % 80 : record_random(&state) % (longest + 1);
}

static inline void record_fill(unsigned char *bytes, size_t length, uint32_t incarnation, uint64_t number)
{
	uint64_t state = record_seed(incarnation, number);

	for (size_t i = 0; i < length; i += sizeof(state)) {
		record_random(&state);
		memcpy(bytes + i, &state, length - i < sizeof(state) ? length - i : sizeof(state));
	}
}

static inline bool record_is(const unsigned char *bytes, size_t length, uint32_t incarnation, uint64_t number)
{
	uint64_t state = record_seed(incarnation, number);

	for (size_t i = 0; i < length; i += sizeof(state)) {
		record_random(&state);
		if (memcmp(bytes + i, &state, length - i < sizeof(state) ? length - i : sizeof(state)) != 0)
			return false;
	}
	return true;
}

#endif
