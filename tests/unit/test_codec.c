#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/wire.h"
#include "event/codec.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const enum event_type all_types[] = {
#define X(name, number, text) EVENT_##name,
	XTOP_EVENT_TYPES(X)
#undef X
};

#define TYPE_COUNT (sizeof(all_types) / sizeof(all_types[0]))

/* One value of each kind that its coding has to get right, by the number of the field. */
#define SAMPLE_UINT(number) (UINT64_MAX - (number))
#define SAMPLE_TIME(number) (UINT64_C(1) << (number))
#define SAMPLE_INT(number) (-(int64_t)(number))
#define SAMPLE_BOOL(number) true
#define SAMPLE_ENUM(number) 2
#define SAMPLE_TEXT(number) \
	((struct event_text){ .data = &"a\0\xff text"[(number) % 4], .length = 8 - (number) % 4 })

static void fill_in(struct event *event)
{
#define X(number, kind, name) event_put(event, name, SAMPLE_##kind(number));
	XTOP_EVENT_FIELDS(X)
#undef X
	event->worker = XTOP_SLOTS_MAX - 1;
}

#define SAME_UINT(a, b) ((a) == (b))
#define SAME_TIME(a, b) ((a) == (b))
#define SAME_INT(a, b) ((a) == (b))
#define SAME_BOOL(a, b) ((a) == (b))
#define SAME_ENUM(a, b) ((a) == (b))
#define SAME_TEXT(a, b) ((a).length == (b).length && ((a).length == 0 || memcmp((a).data, (b).data, (a).length) == 0))

static void assert_same(const struct event *a, const struct event *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->t, b->t);
	assert_int_equal(a->has, b->has);
#define X(number, kind, name)                        \
	if (!SAME_##kind(a->name, b->name))          \
		fail_msg("field %s differs", #name);
	XTOP_EVENT_FIELDS(X)
#undef X
}

/* Decodes from memory of exactly that size, so that AddressSanitizer sees the first byte too many. The
 * memory is the caller's to free; the event's texts point into it. */
static int decode_exact(const void *bytes, size_t length, struct event *event, void **memory)
{
	*memory = malloc(length ? length : 1);
	assert_non_null(*memory);
	if (length)
		memcpy(*memory, bytes, length);
	return event_decode(*memory, length, event);
}

static void assert_survives(const struct event *event)
{
	struct str bytes = STR_INIT;
	struct event decoded;
	void *memory;

	event_encode(event, &bytes);
	assert_int_equal(decode_exact(bytes.data, bytes.length, &decoded, &memory), 0);
	assert_same(event, &decoded);
	free(memory);
	str_fini(&bytes);
}

static void assert_no_event(const void *bytes, size_t length)
{
	struct event decoded;
	void *memory;

	assert_int_equal(decode_exact(bytes, length, &decoded, &memory), -1);
	free(memory);
}

static void every_type_survives_with_all_fields_and_with_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < TYPE_COUNT; i++) {
		struct event event;

		event_init(&event, all_types[i]);
		assert_survives(&event);
		event.t = UINT64_MAX;
		fill_in(&event);
		assert_survives(&event);
	}
}

static void every_field_survives_alone(void **state)
{
	struct event event;

	(void)state;
#define X(number, kind, name)                                                           \
	event_init(&event, EVENT_LOG);                                                  \
	event_put(&event, name, SAMPLE_##kind(number));                                 \
	event.worker %= XTOP_SLOTS_MAX;                                                 \
	assert_survives(&event);
	XTOP_EVENT_FIELDS(X)
#undef X
}

static void extreme_values_survive(void **state)
{
	static const int64_t codes[] = { 0, 1, -1, 255, INT64_MAX, INT64_MIN };
	struct event event;

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		event_init(&event, EVENT_TEST_FINISHED);
		event_put(&event, exit_code, codes[i]);
		event_put(&event, flaky, false);
		event_put(&event, outcome, OUTCOME_NONE);
		event_put_text(&event, message, "");
		event_put_text(&event, reason, NULL);
		assert_false(event_has(&event, reason));
		assert_survives(&event);
	}
}

/* Cut between two fields it is a shorter event, cut within one it is none. */
static void events_cut_within_a_field_are_refused(void **state)
{
	struct event event, decoded;
	struct str bytes = STR_INIT, again = STR_INIT;
	unsigned accepted = 0;
	void *memory;

	(void)state;
	event_init(&event, EVENT_TEST_VERDICT);
	event.t = 123456789;
	fill_in(&event);
	event_encode(&event, &bytes);
	for (size_t length = 0; length < bytes.length; length++) {
		if (decode_exact(bytes.data, length, &decoded, &memory) == 0 && length > 1) {
			str_clear(&again);
			event_encode(&decoded, &again);
			assert_int_equal(again.length, length);
			assert_memory_equal(again.data, bytes.data, length);
			accepted++;
		}
		free(memory);
	}
	assert_int_equal(accepted, FIELD_COUNT - 1);
	str_fini(&again);
	str_fini(&bytes);
}

static void fields_of_a_newer_version_are_skipped(void **state)
{
	struct event event, decoded;
	struct str bytes = STR_INIT;

	(void)state;
	event_init(&event, EVENT_LOG);
	event_put_text(&event, message, "hello");
	event_encode(&event, &bytes);
	wire_put_uint(&bytes, 63, 5);
	wire_put_text(&bytes, 64, "from the future");
	wire_put_uint(&bytes, FIELD_COUNT, UINT64_MAX);
	assert_int_equal(event_decode(bytes.data, bytes.length, &decoded), 0);
	assert_same(&event, &decoded);
	str_fini(&bytes);
}

static void what_is_no_event_is_refused(void **state)
{
	struct str bytes = STR_INIT;

	(void)state;
	assert_no_event("", 0);
	assert_no_event("\0", 1);
	assert_no_event("\xff", 1);
	str_add_char(&bytes, (char)(EVENT_WORKER_LEFT + 1));
	assert_no_event(bytes.data, bytes.length);
	str_fini(&bytes);
}

/* A LOG with one field of this number and kind. */
static void assert_field_refused(unsigned number, const char *text, uint64_t value)
{
	struct str bytes = STR_INIT;

	str_add_char(&bytes, EVENT_LOG);
	if (text)
		wire_put_text(&bytes, number, text);
	else
		wire_put_uint(&bytes, number, value);
	assert_no_event(bytes.data, bytes.length);
	str_fini(&bytes);
}

static void fields_of_the_wrong_kind_are_refused(void **state)
{
	(void)state;
	assert_field_refused(0, "t", 0);
	assert_field_refused(FIELD_line, "7", 0);
	assert_field_refused(FIELD_duration, "7", 0);
	assert_field_refused(FIELD_exit_code, "7", 0);
	assert_field_refused(FIELD_flaky, "", 0);
	assert_field_refused(FIELD_outcome, "passed", 0);
	assert_field_refused(FIELD_message, NULL, 1);
}

static void values_out_of_range_are_refused(void **state)
{
	(void)state;
	assert_field_refused(FIELD_flaky, NULL, 2);
	assert_field_refused(FIELD_outcome, NULL, OUTCOME_COUNT);
	assert_field_refused(FIELD_outcome, NULL, UINT64_C(1) << 32);
	assert_field_refused(FIELD_outcome, NULL, UINT64_MAX);
	assert_field_refused(FIELD_stream, NULL, 0);
	assert_field_refused(FIELD_stream, NULL, 3);
	assert_field_refused(FIELD_level, NULL, 4);
	assert_field_refused(FIELD_worker, NULL, XTOP_SLOTS_MAX);
}

static void names_are_those_of_the_schema(void **state)
{
	char buffer[32];

	(void)state;
	assert_string_equal(event_type_name(EVENT_RUN_STARTED), "run.started");
	assert_string_equal(event_type_name(EVENT_RUN_FINISHED), "run.finished");
	assert_null(event_type_name((enum event_type)0));
	assert_string_equal(outcome_name(OUTCOME_XPASSED), "xpassed");
	assert_string_equal(outcome_name(OUTCOME_NONE), "");
	assert_null(outcome_name(OUTCOME_COUNT));
	assert_string_equal(event_level_name(LEVEL_WARNING), "warning");
	assert_null(event_level_name(0));
	assert_string_equal(event_stream_name(STREAM_STDERR), "stderr");
	assert_null(event_stream_name(0));
	assert_string_equal(event_signal_name(SIGSEGV, buffer), "SIGSEGV");
	assert_string_equal(event_signal_name(SIGKILL, buffer), "SIGKILL");
	assert_string_equal(event_signal_name(0, buffer), "signal 0");
	assert_string_equal(event_signal_name(UINT_MAX, buffer), "signal 4294967295");
}

static void numbers_and_names_are_unique(void **state)
{
	static const char *const names[] = {
#define X(number, kind, name) #name,
		XTOP_EVENT_FIELDS(X)
#undef X
	};
	const size_t count = sizeof(names) / sizeof(names[0]);

	(void)state;
	/* The compiler refuses a number that is there twice (event_decode's switch); this one finds gaps. */
	assert_int_equal(count, FIELD_COUNT - 1);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(names[i], names[j]);
	for (size_t i = 0; i < TYPE_COUNT; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(event_type_name(all_types[i]), event_type_name(all_types[j]));
}

static void only_failures_are_failures(void **state)
{
	(void)state;
	for (enum outcome outcome = OUTCOME_NONE; outcome < OUTCOME_COUNT; outcome++) {
		const char *name = outcome_name(outcome);
		bool expected = !strcmp(name, "failed") || !strcmp(name, "error") || !strcmp(name, "timeout") ||
				!strcmp(name, "crashed");

		assert_int_equal(outcome_is_failure(outcome), expected);
	}
}

static void assert_json(const struct event *event, const char *expected)
{
	struct str text = STR_INIT;
	struct json *json = event_to_json(event);

	json_dump(json, &text);
	assert_string_equal(text.data, expected);
	json_free(json);
	str_fini(&text);
}

static void json_has_words_and_seconds(void **state)
{
	struct event event;

	(void)state;
	event_init(&event, EVENT_TEST_FINISHED);
	event.t = UINT64_C(1500000000);
	event_put(&event, worker, 3);
	event_put(&event, test, 12); /* an internal number, left out */
	event_put(&event, attempt, 2);
	event_put(&event, outcome, OUTCOME_CRASHED);
	event_put(&event, flaky, false);
	event_put(&event, duration, 250000000);
	event_put(&event, exit_code, -1);
	event_put_text(&event, message, "no \"luck\"\n");
	event_put(&event, stream, STREAM_STDOUT);
	event_put(&event, level, LEVEL_NOTE);
	assert_json(&event, "{\"v\":1,\"type\":\"test.finished\",\"t\":1.5,\"worker\":3,\"attempt\":2,"
			    "\"outcome\":\"crashed\",\"flaky\":false,\"duration\":0.25,\"exit_code\":-1,"
			    "\"message\":\"no \\\"luck\\\"\\n\",\"stream\":\"stdout\",\"level\":\"note\"}");
}

static void json_keeps_counts_that_fit_no_int64(void **state)
{
	struct event event;

	(void)state;
	event_init(&event, EVENT_WORKER_SAMPLE);
	event_put(&event, rss, UINT64_MAX);
	assert_json(&event, "{\"v\":1,\"type\":\"worker.sample\",\"t\":0.0,\"rss\":9223372036854775807}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_survives_with_all_fields_and_with_none),
		cmocka_unit_test(every_field_survives_alone),
		cmocka_unit_test(extreme_values_survive),
		cmocka_unit_test(events_cut_within_a_field_are_refused),
		cmocka_unit_test(fields_of_a_newer_version_are_skipped),
		cmocka_unit_test(what_is_no_event_is_refused),
		cmocka_unit_test(fields_of_the_wrong_kind_are_refused),
		cmocka_unit_test(values_out_of_range_are_refused),
		cmocka_unit_test(names_are_those_of_the_schema),
		cmocka_unit_test(numbers_and_names_are_unique),
		cmocka_unit_test(only_failures_are_failures),
		cmocka_unit_test(json_has_words_and_seconds),
		cmocka_unit_test(json_keeps_counts_that_fit_no_int64),
	};

	return cmocka_run_group_tests_name("codec", tests, NULL, NULL);
}
