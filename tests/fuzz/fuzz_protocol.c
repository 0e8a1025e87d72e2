/* Any line from a server, a keeper or a harness is an event whose parts can be read, or is refused with a message; and
 * lines come out of a stream as they went in. */
#include "adapter/protocol.h"
#include "base/lines.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void try_server(struct slice line)
{
	struct error error = ERROR_INIT;
	struct server_event event;

	if (server_event_parse(line, &event, &error) != 0) {
		require(error.message[0] != '\0');
		return;
	}
	require(event.name != NULL);
	require(event.type != SERVER_FOUND || (event.id && event.ordinal >= 1));
	require((event.type != SERVER_FAILED && event.type != SERVER_LOG && event.type != SERVER_COLLECT_ERROR) ||
		event.message);
	require(event.type != SERVER_KEEPER || (event.slot < XTOP_SLOTS_MAX && event.pid > 0));
	for (size_t i = 0; i < json_count(event.files) + json_count(event.why); i++)
		(void)json_text_at(event.files ? event.files : event.why, i);
	server_event_fini(&event);
}

static void try_keeper(struct slice line)
{
	struct error error = ERROR_INIT;
	struct keeper_event event;

	if (keeper_event_parse(line, &event, &error) != 0) {
		require(error.message[0] != '\0');
		return;
	}
	require(event.type == KEEPER_OTHER || event.pid > 0);
	require(event.type != KEEPER_ENDED || (event.number >= 0 && event.number <= 255));
	keeper_event_fini(&event);
}

static void try_harness(struct slice line)
{
	struct error error = ERROR_INIT;
	struct harness_event event;
	struct harness_output output;
	struct harness_point point;
	size_t i;

	if (harness_event_parse(line, &event, &error) != 0) {
		require(error.message[0] != '\0');
		return;
	}
	require(event.type != HARNESS_FINISHED || event.outcome != OUTCOME_NONE);
	for (i = 0; harness_event_output(&event, i, &output); i++)
		require(output.text.length == 0 || output.text.data);
	require(i == json_count(event.output));
	for (i = 0; harness_event_point(&event, i, &point); i++)
		require(point.outcome < OUTCOME_COUNT);
	harness_event_fini(&event);
}

/* A test's id that goes to a harness is one line, and can be read again. */
static void try_to_send(const uint8_t *data, size_t size)
{
	struct str out = STR_INIT, id = STR_INIT;
	struct json *json;

	str_add(&id, data, size);
	protocol_put_run(&out, id.data, 1, 1, NULL, 0);
	require(memchr(out.data, '\n', out.length) == out.data + out.length - 1);
	json = json_parse((struct slice){ out.data, out.length }, "run", NULL);
	require(json && json_get_text(json, "test"));
	json_free(json);
	str_fini(&id);
	str_fini(&out);
}

static void try_stream(const uint8_t *data, size_t size)
{
	enum { LIMIT = 100 };
	const uint8_t *at = data;
	struct lines lines;
	struct slice line;
	int pair[2], result;

	require(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	lines_init(&lines, pair[0], LIMIT);
	require(size > 32768 || write(pair[1], data, size > 32768 ? 0 : size) == (ssize_t)size);
	close(pair[1]);
	do {
		result = lines_read(&lines, NULL);
		while (lines_next(&lines, &line)) {
			require(line.length <= LIMIT && memcmp(line.data, at, line.length) == 0);
			at += line.length;
			require(*at++ == '\n');
		}
	} while (result > 0);
	require(result < 0);
	lines_fini(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice line = { (const char *)data, size };

	try_server(line);
	try_keeper(line);
	try_harness(line);
	try_to_send(data, size);
	try_stream(data, size);
	return 0;
}
