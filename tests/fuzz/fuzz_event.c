/* Any bytes as an event: what is accepted must survive being written and read again. */
#include "event/codec.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event event, again;
	struct str first = STR_INIT, second = STR_INIT, text = STR_INIT;
	struct json *json;

	if (event_decode(data, size, &event))
		return 0;
	event_encode(&event, &first);
	if (event_decode(first.data, first.length, &again))
		abort();
	event_encode(&again, &second);
	if (first.length != second.length || memcmp(first.data, second.data, first.length) != 0)
		abort();
	json = event_to_json(&event);
	json_dump(json, &text);
	if (text.length == 0 || memchr(text.data, '\n', text.length)) /* it has to be one line of NDJSON */
		abort();
	json_free(json);
	str_fini(&text);
	str_fini(&second);
	str_fini(&first);
	return 0;
}
