#include "model/output.h"

#include "base/alloc.h"

#include <stdlib.h>

void output_init(struct output *output)
{
	*output = (struct output){ .head = STR_INIT, .tail = STR_INIT };
}

void output_fini(struct output *output)
{
	str_fini(&output->head);
	str_fini(&output->tail);
	free(output->path);
	output_init(output);
}

void output_add(struct output *output, const char *bytes, size_t length)
{
	size_t room;

	output->total += length;
	if (output->discarded || !length)
		return;
	room = OUTPUT_HEAD - output->head.length;
	if (room) {
		size_t first = length < room ? length : room;

		str_add(&output->head, bytes, first);
		bytes += first;
		length -= first;
	}
	if (length > OUTPUT_TAIL) {
		bytes += length - OUTPUT_TAIL;
		length = OUTPUT_TAIL;
		str_clear(&output->tail);
	}
	str_add(&output->tail, bytes, length);
	if (output->tail.length >= 2 * OUTPUT_TAIL)
		str_cut_front(&output->tail, output->tail.length - OUTPUT_TAIL);
}

uint64_t output_gap(const struct output *output)
{
	return output->total - output->head.length - output_tail(output).length;
}

struct slice output_tail(const struct output *output)
{
	size_t extra = output->tail.length > OUTPUT_TAIL ? output->tail.length - OUTPUT_TAIL : 0;

	return (struct slice){ output->tail.data + extra, output->tail.length - extra };
}

size_t output_memory(const struct output *output)
{
	return output->head.capacity + output->tail.capacity;
}

void output_discard(struct output *output)
{
	str_fini(&output->head);
	str_fini(&output->tail);
	output->discarded = true;
}

static void shrink(struct str *str)
{
	if (str->capacity > str->length + 1) {
		str->data = alloc_resized(str->data, str->length + 1, 1);
		str->capacity = str->length + 1;
	}
}

void output_compact(struct output *output)
{
	if (output->tail.length > OUTPUT_TAIL)
		str_cut_front(&output->tail, output->tail.length - OUTPUT_TAIL);
	shrink(&output->head);
	shrink(&output->tail);
}
