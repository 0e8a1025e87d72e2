#include "event/codec.h"

#include "base/clock.h"
#include "base/wire.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { FIELD_T = 0 }; /* the one that every event has */

_Static_assert(FIELD_COUNT <= 64, "event.has has a bit for each field");

void event_init(struct event *event, enum event_type type)
{
	memset(event, 0, sizeof(*event));
	event->type = type;
}

const char *event_type_name(enum event_type type)
{
	switch (type) {
#define X(name, number, text)  \
	case EVENT_##name:     \
		return text;
		XTOP_EVENT_TYPES(X)
#undef X
	}
	return NULL;
}

const char *outcome_name(enum outcome outcome)
{
	switch (outcome) {
#define X(name, number, text)  \
	case OUTCOME_##name:   \
		return text;
		XTOP_OUTCOMES(X)
#undef X
	case OUTCOME_COUNT:
		break;
	}
	return NULL;
}

const char *event_level_name(int level)
{
	switch (level) {
	case LEVEL_NOTE:
		return "note";
	case LEVEL_WARNING:
		return "warning";
	case LEVEL_ERROR:
		return "error";
	default:
		return NULL;
	}
}

const char *event_stream_name(int stream)
{
	switch (stream) {
	case STREAM_STDOUT:
		return "stdout";
	case STREAM_STDERR:
		return "stderr";
	default:
		return NULL;
	}
}

/* The names of the enums by the fields that hold them. */
static const char *field_outcome_name(int value)
{
	return outcome_name((enum outcome)value);
}
#define field_stream_name event_stream_name
#define field_level_name event_level_name

bool outcome_is_failure(enum outcome outcome)
{
	return outcome == OUTCOME_FAILED || outcome == OUTCOME_ERROR || outcome == OUTCOME_TIMEOUT ||
	       outcome == OUTCOME_CRASHED;
}

const char *event_signal_name(unsigned number, char buffer[32])
{
	/* sigabbrev_np is in few libraries yet. */
	static const char *const names[] = {
#define NAME(signal) [signal] = #signal
		NAME(SIGHUP),  NAME(SIGINT),    NAME(SIGQUIT), NAME(SIGILL),  NAME(SIGTRAP), NAME(SIGABRT),
		NAME(SIGBUS),  NAME(SIGFPE),    NAME(SIGKILL), NAME(SIGUSR1), NAME(SIGSEGV), NAME(SIGUSR2),
		NAME(SIGPIPE), NAME(SIGALRM),   NAME(SIGTERM), NAME(SIGCHLD), NAME(SIGCONT), NAME(SIGSTOP),
		NAME(SIGTSTP), NAME(SIGTTIN),   NAME(SIGTTOU), NAME(SIGURG),  NAME(SIGXCPU), NAME(SIGXFSZ),
		NAME(SIGVTALRM), NAME(SIGPROF), NAME(SIGWINCH), NAME(SIGIO),  NAME(SIGPWR),  NAME(SIGSYS),
#ifdef SIGSTKFLT
		NAME(SIGSTKFLT),
#endif
#undef NAME
	};

	if (number < sizeof(names) / sizeof(names[0]) && names[number])
		return names[number];
	snprintf(buffer, 32, "signal %u", number);
	return buffer;
}

void event_encode(const struct event *event, struct str *out)
{
	str_add_char(out, (char)event->type);
	wire_put_uint(out, FIELD_T, event->t);

#define PUT_UINT(number, value) wire_put_uint(out, number, value)
#define PUT_TIME(number, value) wire_put_uint(out, number, value)
#define PUT_INT(number, value) wire_put_int(out, number, value)
#define PUT_BOOL(number, value) wire_put_uint(out, number, value)
#define PUT_ENUM(number, value) wire_put_uint(out, number, (uint64_t)(value))
#define PUT_TEXT(number, value) wire_put_bytes(out, number, (value).data, (value).length)
#define X(number, kind, name)         \
	if (event_has(event, name))   \
		PUT_##kind(number, event->name);
	XTOP_EVENT_FIELDS(X)
#undef X
}

/* Reading a field by its kind. False: it is not of that kind, or out of range. */
static bool get_uint(const struct wire_field *field, uint64_t *value)
{
	*value = field->value;
	return !field->is_bytes;
}

static bool get_int(const struct wire_field *field, int64_t *value)
{
	*value = wire_zigzag(field->value);
	return !field->is_bytes;
}

static bool get_bool(const struct wire_field *field, bool *value)
{
	*value = field->value == 1;
	return !field->is_bytes && field->value <= 1;
}

static bool get_enum(const struct wire_field *field, const char *(*name)(int), int *value)
{
	if (field->is_bytes || field->value > INT_MAX || !name((int)field->value))
		return false;
	*value = (int)field->value;
	return true;
}

static bool get_text(const struct wire_field *field, struct event_text *value)
{
	*value = (struct event_text){ .data = field->bytes.data, .length = field->bytes.length };
	return field->is_bytes;
}

int event_decode(const void *bytes, size_t length, struct event *event)
{
	const unsigned char *record = bytes;
	struct wire_reader reader;
	struct wire_field field;

	if (length == 0 || !event_type_name((enum event_type)record[0]))
		return -1;
	event_init(event, (enum event_type)record[0]);
	wire_reader_init(&reader, record + 1, length - 1);
	while (wire_next(&reader, &field)) {
		bool good = true;

		switch (field.number) {
		case FIELD_T:
			good = get_uint(&field, &event->t);
			break;
#define GET_UINT(name) get_uint(&field, &event->name)
#define GET_TIME(name) get_uint(&field, &event->name)
#define GET_INT(name) get_int(&field, &event->name)
#define GET_BOOL(name) get_bool(&field, &event->name)
#define GET_ENUM(name) get_enum(&field, field_##name##_name, &event->name)
#define GET_TEXT(name) get_text(&field, &event->name)
#define X(number, kind, name)                                \
	case FIELD_##name:                                   \
		good = GET_##kind(name);                     \
		event->has |= UINT64_C(1) << FIELD_##name;   \
		break;
			XTOP_EVENT_FIELDS(X)
#undef X
		default: /* of a newer version */
			break;
		}
		if (!good)
			return -1;
	}
	if (reader.bad || event->worker >= XTOP_SLOTS_MAX)
		return -1;
	return 0;
}

static void put_count(struct json *object, const char *key, uint64_t value)
{
	json_put_int(object, key, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

/* JSON already; what is none is kept as text. */
static void put_json(struct json *object, const char *name, const struct event_text *text)
{
	struct slice slice = { .data = text->data, .length = text->length };
	struct json *value = json_parse(slice, name, NULL);

	if (value)
		json_put(object, name, value);
	else
		json_put_text(object, name, slice);
}

struct json *event_to_json(const struct event *event)
{
	struct json *object = json_new_object();

	json_put_int(object, "v", XTOP_EVENT_VERSION);
	json_put_text(object, "type", slice_of(event_type_name(event->type)));
	json_put_real(object, "t", clock_seconds(event->t));

#define JSON_UINT(name) put_count(object, #name, event->name)
#define JSON_TIME(name) json_put_real(object, #name, clock_seconds(event->name))
#define JSON_INT(name) json_put_int(object, #name, event->name)
#define JSON_BOOL(name) json_put_bool(object, #name, event->name)
#define JSON_ENUM(name) json_put_text(object, #name, slice_of(field_##name##_name(event->name)))
#define JSON_TEXT(name) \
	json_put_text(object, #name, (struct slice){ .data = event->name.data, .length = event->name.length })
#define X(number, kind, name)                                                                    \
	if (FIELD_##name != FIELD_test && FIELD_##name != FIELD_properties && FIELD_##name != FIELD_evidence && \
	    event_has(event, name))                                                              \
		JSON_##kind(name);
	XTOP_EVENT_FIELDS(X)
#undef X
	if (event_has(event, properties))
		put_json(object, "properties", &event->properties);
	if (event_has(event, evidence))
		put_json(object, "evidence", &event->evidence);
	return object;
}
