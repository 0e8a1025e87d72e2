#include "diagnose/text.h"

#include <string.h>

bool text_next_line(struct slice *rest, struct slice *line)
{
	if (rest->length == 0)
		return false;
	const char *end = memchr(rest->data, '\n', rest->length);
	size_t length = end ? (size_t)(end - rest->data) : rest->length;
	*line = (struct slice){ rest->data, length };
	length += end != NULL;
	*rest = (struct slice){ rest->data + length, rest->length - length };
	return true;
}
