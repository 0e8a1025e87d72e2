#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/str.h"
#include "event/codec.h"
#include "event/journal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* Sanitizers reserve terabytes: no limit on memory can be set. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEMORY_HAS_NO_LIMIT 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define MEMORY_HAS_NO_LIMIT 1
#endif
#endif
#ifndef MEMORY_HAS_NO_LIMIT
#define MEMORY_HAS_NO_LIMIT 0
#endif

enum { HEADER = 12 }; /* bytes before the first record */

static char directory[] = "/tmp/xtop-test-journal-XXXXXX";
static char path[64];

static int make_directory(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/journal", directory);
	signal(SIGXFSZ, SIG_IGN);
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

static int remove_file(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

/* Event number n of the tests: its message is n letters and more. */
static void make_event(struct event *event, unsigned n)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

	event_init(event, EVENT_LOG);
	event->t = n;
	event_put(event, level, LEVEL_NOTE);
	event_put(event, message, ((struct event_text){ .data = letters, .length = n % 26 }));
}

static void assert_is_event(const struct event *event, unsigned n)
{
	struct event expected;

	make_event(&expected, n);
	assert_int_equal(event->type, expected.type);
	assert_int_equal(event->t, n);
	assert_int_equal(event->has, expected.has);
	assert_int_equal(event->message.length, expected.message.length);
	assert_memory_equal(event->message.data, expected.message.data, expected.message.length);
}

static struct journal_writer *create(void)
{
	struct error error = ERROR_INIT;
	struct journal_writer *writer = journal_create(path, &error);

	assert_string_equal(error.message, "");
	assert_non_null(writer);
	return writer;
}

static void write_events(unsigned count)
{
	struct journal_writer *writer = create();
	struct event event;

	for (unsigned i = 0; i < count; i++) {
		make_event(&event, i);
		assert_int_equal(journal_append(writer, &event, NULL), 0);
	}
	assert_int_equal(journal_close(writer, NULL), 0);
}

static void read_file(struct str *bytes)
{
	char buffer[4096];
	FILE *file = fopen(path, "rb");
	size_t count;

	assert_non_null(file);
	while ((count = fread(buffer, 1, sizeof(buffer), file)) > 0)
		str_add(bytes, buffer, count);
	fclose(file);
}

static void write_file(const void *bytes, size_t length)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

/* Reads the journal, in which the events 0, 1, … are expected. How many there were, -1: it is refused. */
static int read_events(uint64_t *lost)
{
	struct journal_reader *reader = journal_open(path, NULL);
	struct event event;
	int count = 0;

	*lost = 0;
	if (!reader)
		return -1;
	while (journal_next(reader, &event) == 1)
		assert_is_event(&event, (unsigned)count++);
	assert_int_equal(journal_next(reader, &event), 0);
	*lost = journal_bytes_lost(reader);
	journal_reader_free(reader);
	return count;
}

/* Ends of the records of a journal, so ends[n] is where n whole records end. */
static unsigned find_ends(const struct str *bytes, size_t *ends, unsigned size)
{
	unsigned count = 0;
	size_t at = HEADER;

	for (;;) {
		const unsigned char *record = (const unsigned char *)bytes->data + at;

		assert_true(count < size);
		ends[count] = at;
		if (at == bytes->length)
			return count;
		at += 8 + (record[0] | (size_t)record[1] << 8 | (size_t)record[2] << 16);
		count++;
	}
}

static void assert_refused(const char *words)
{
	struct error error = ERROR_INIT;

	assert_null(journal_open(path, &error));
	if (!strstr(error.message, words) || strncmp(error.message, path, strlen(path)) != 0)
		fail_msg("expected '%s: … %s', found '%s'", path, words, error.message);
}

static void events_come_back_in_order(void **state)
{
	uint64_t lost;

	(void)state;
	write_events(20000); /* more than one buffer */
	assert_int_equal(read_events(&lost), 20000);
	assert_int_equal(lost, 0);
}

static void journal_without_events_is_empty_not_damaged(void **state)
{
	uint64_t lost;

	(void)state;
	write_events(0);
	assert_int_equal(read_events(&lost), 0);
	assert_int_equal(lost, 0);
}

static void large_events_fit(void **state)
{
	const size_t length = 5 << 20;
	char *data = malloc(length);
	struct journal_writer *writer = create();
	struct journal_reader *reader;
	struct event event;

	(void)state;
	assert_non_null(data);
	memset(data, 'x', length);
	for (unsigned i = 0; i < 3; i++) {
		make_event(&event, i);
		journal_append(writer, &event, NULL);
		event_init(&event, EVENT_TEST_OUTPUT);
		event_put(&event, data, ((struct event_text){ .data = data, .length = length }));
		assert_int_equal(journal_append(writer, &event, NULL), 0);
	}
	assert_int_equal(journal_close(writer, NULL), 0);
	reader = journal_open(path, NULL);
	assert_non_null(reader);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(journal_next(reader, &event), 1);
		assert_is_event(&event, i);
		assert_int_equal(journal_next(reader, &event), 1);
		assert_int_equal(event.data.length, length);
		assert_memory_equal(event.data.data, data, length);
	}
	assert_int_equal(journal_next(reader, &event), 0);
	assert_int_equal(journal_bytes_lost(reader), 0);
	journal_reader_free(reader);
	free(data);
}

static void flushed_events_can_be_read_while_the_writer_goes_on(void **state)
{
	struct journal_writer *writer = create();
	struct event event;
	uint64_t lost;

	(void)state;
	assert_int_equal(read_events(&lost), 0);
	make_event(&event, 0);
	journal_append(writer, &event, NULL);
	assert_int_equal(journal_flush(writer, NULL), 0);
	assert_int_equal(read_events(&lost), 1);
	make_event(&event, 1);
	journal_append(writer, &event, NULL);
	assert_int_equal(journal_close(writer, NULL), 0);
	assert_int_equal(read_events(&lost), 2);
}

static void an_older_file_is_replaced(void **state)
{
	uint64_t lost;

	(void)state;
	write_events(100);
	write_events(3);
	assert_int_equal(read_events(&lost), 3);
	assert_int_equal(lost, 0);
}

static void a_cut_anywhere_keeps_every_whole_record(void **state)
{
	struct str bytes = STR_INIT;
	size_t ends[64];
	unsigned count, whole = 0;
	uint64_t lost;

	(void)state;
	write_events(40);
	read_file(&bytes);
	count = find_ends(&bytes, ends, 64);
	assert_int_equal(count, 40);
	for (size_t length = 0; length <= bytes.length; length++) {
		write_file(bytes.data, length);
		if (length < HEADER) {
			assert_refused(length ? "cut off" : "empty");
			continue;
		}
		while (whole < count && ends[whole + 1] <= length)
			whole++;
		assert_int_equal(read_events(&lost), whole);
		assert_int_equal(lost, length - ends[whole]);
	}
	str_fini(&bytes);
}

static void a_flipped_bit_ends_the_journal_before_it(void **state)
{
	struct str bytes = STR_INIT;
	size_t ends[64];
	unsigned whole = 0;
	uint64_t lost;

	(void)state;
	write_events(30);
	read_file(&bytes);
	find_ends(&bytes, ends, 64);
	for (size_t at = 0; at < bytes.length; at++) {
		for (unsigned bit = 0; bit < 8; bit += at % 2 ? 3 : 5) {
			bytes.data[at] = (char)(bytes.data[at] ^ 1 << bit);
			write_file(bytes.data, bytes.length);
			bytes.data[at] = (char)(bytes.data[at] ^ 1 << bit);
			if (at < HEADER) {
				assert_int_equal(read_events(&lost), -1);
				continue;
			}
			while (ends[whole + 1] <= at)
				whole++;
			assert_int_equal(read_events(&lost), whole);
			assert_int_equal(lost, bytes.length - ends[whole]);
		}
	}
	str_fini(&bytes);
}

static void all_that_is_behind_the_damage_is_counted(void **state)
{
	struct str bytes = STR_INIT;
	uint64_t lost;

	(void)state;
	write_events(20000);
	read_file(&bytes);
	bytes.data[HEADER + 9] ^= 1;
	write_file(bytes.data, bytes.length);
	assert_int_equal(read_events(&lost), 0);
	assert_int_equal(lost, bytes.length - HEADER);
	str_fini(&bytes);
}

static void zeros_at_the_end_are_no_records(void **state)
{
	struct str bytes = STR_INIT;
	uint64_t lost;

	(void)state;
	write_events(5);
	read_file(&bytes);
	str_add(&bytes, (char[100]){ 0 }, 100); /* as some file systems leave after a power cut */
	write_file(bytes.data, bytes.length);
	assert_int_equal(read_events(&lost), 5);
	assert_int_equal(lost, 100);
	str_fini(&bytes);
}

static void a_huge_length_takes_no_memory(void **state)
{
	static const char rest[200000];
	struct str bytes = STR_INIT;
	struct rlimit old, small;
	uint64_t lost;

	(void)state;
	write_events(2);
	read_file(&bytes);
	str_add(&bytes, "\xff\xff\xff\xff\0\0\0\0", 8);
	str_add(&bytes, rest, sizeof(rest));
	write_file(bytes.data, bytes.length);
	assert_int_equal(getrlimit(RLIMIT_DATA, &old), 0);
	small = old;
	if (!MEMORY_HAS_NO_LIMIT)
		small.rlim_cur = 512 << 20;
	assert_int_equal(setrlimit(RLIMIT_DATA, &small), 0);
	assert_int_equal(read_events(&lost), 2);
	assert_int_equal(setrlimit(RLIMIT_DATA, &old), 0);
	assert_int_equal(lost, 8 + sizeof(rest));
	str_fini(&bytes);
}

static void put_u32(char *bytes, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		bytes[i] = (char)(value >> 8 * i);
}

static void events_of_a_newer_version_are_skipped(void **state)
{
	static const char payload[] = { (char)200, 0, 1 };
	struct str bytes = STR_INIT, rest = STR_INIT;
	char record[8 + sizeof(payload)];
	size_t ends[8];
	uint64_t lost;

	(void)state;
	write_events(4);
	read_file(&bytes);
	find_ends(&bytes, ends, 8);
	put_u32(record, sizeof(payload));
	memcpy(record + 8, payload, sizeof(payload));
	put_u32(record + 4, (uint32_t)crc32(crc32(0, (const Bytef *)record, 4), (const Bytef *)payload, sizeof(payload)));
	str_add(&rest, bytes.data, ends[2]);
	str_add(&rest, record, sizeof(record));
	str_add(&rest, bytes.data + ends[2], bytes.length - ends[2]);
	write_file(rest.data, rest.length);
	assert_int_equal(read_events(&lost), 4);
	assert_int_equal(lost, 0);
	str_fini(&bytes);
	str_fini(&rest);
}

static void a_newer_format_is_refused(void **state)
{
	struct str bytes = STR_INIT;

	(void)state;
	write_events(2);
	read_file(&bytes);
	put_u32(bytes.data + 8, 2);
	write_file(bytes.data, bytes.length);
	assert_refused("newer xtop (format 2, this one reads up to 1)");
	put_u32(bytes.data + 8, 0);
	write_file(bytes.data, bytes.length);
	assert_refused("damaged");
	str_fini(&bytes);
}

static void what_is_no_journal_is_refused(void **state)
{
	(void)state;
	assert_refused("No such file");
	write_file("{\"v\":1,\"type\":\"run.started\"}\n", 30);
	assert_refused("no recording");
	write_file("{", 1);
	assert_refused("no recording");
	unlink(path);
	assert_int_equal(mkdir(path, 0777), 0);
	assert_refused("directory");
	assert_int_equal(rmdir(path), 0);
}

static void an_unwritable_place_is_known_at_once(void **state)
{
	struct error error = ERROR_INIT;
	char missing[128];

	(void)state;
	snprintf(missing, sizeof(missing), "%s/missing/journal", directory);
	assert_null(journal_create(missing, &error));
	assert_non_null(strstr(error.message, missing));
	assert_non_null(strstr(error.message, "No such file"));
	assert_null(journal_create(directory, &error));
	if (access("/dev/full", W_OK) == 0) {
		assert_null(journal_create("/dev/full", &error));
		assert_non_null(strstr(error.message, "/dev/full: "));
		assert_non_null(strstr(error.message, "No space left"));
		assert_int_equal(access("/dev/full", W_OK), 0);
	}
}

static struct rlimit limit_files_to(size_t size)
{
	struct rlimit old, small;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	return old;
}

static void no_room_for_the_header_leaves_no_file(void **state)
{
	struct rlimit old = limit_files_to(5);
	struct error error = ERROR_INIT;
	struct journal_writer *writer = journal_create(path, &error);

	(void)state;
	setrlimit(RLIMIT_FSIZE, &old);
	assert_null(writer);
	assert_non_null(strstr(error.message, "File too large"));
	assert_int_equal(access(path, F_OK), -1);
}

static void a_full_disk_is_said_once_and_leaves_whole_records(void **state)
{
	/* Around the end of a record, and around a buffer's. */
	static const size_t limits[] = { HEADER + 1, 300, 301, 302, 303, 304, 305, 65536, 65536 + HEADER, 200000 };

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct journal_writer *writer = create();
		struct rlimit old = limit_files_to(limits[i]);
		struct error error = ERROR_INIT;
		struct event event;
		struct stat status;
		int failures = 0, count;
		uint64_t lost;

		for (unsigned n = 0; n < 20000; n++) {
			make_event(&event, n);
			failures += journal_append(writer, &event, &error) != 0;
		}
		failures += journal_flush(writer, &error) != 0;
		failures += journal_close(writer, &error) != 0;
		setrlimit(RLIMIT_FSIZE, &old);
		assert_int_equal(failures, 1);
		assert_non_null(strstr(error.message, path));
		assert_non_null(strstr(error.message, "File too large"));
		count = read_events(&lost);
		assert_int_equal(lost, 0);
		assert_int_equal(stat(path, &status), 0);
		assert_true((size_t)status.st_size <= limits[i]);
		assert_true(count >= 0 && limits[i] - (size_t)status.st_size < 60); /* no more than the cut record is gone */
	}
}

static void nothing_is_done_for_null(void **state)
{
	(void)state;
	assert_int_equal(journal_close(NULL, NULL), 0);
	journal_reader_free(NULL);
}

#define JOURNAL_TEST(name) cmocka_unit_test_teardown(name, remove_file)

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOURNAL_TEST(events_come_back_in_order),
		JOURNAL_TEST(journal_without_events_is_empty_not_damaged),
		JOURNAL_TEST(large_events_fit),
		JOURNAL_TEST(flushed_events_can_be_read_while_the_writer_goes_on),
		JOURNAL_TEST(an_older_file_is_replaced),
		JOURNAL_TEST(a_cut_anywhere_keeps_every_whole_record),
		JOURNAL_TEST(a_flipped_bit_ends_the_journal_before_it),
		JOURNAL_TEST(all_that_is_behind_the_damage_is_counted),
		JOURNAL_TEST(zeros_at_the_end_are_no_records),
		JOURNAL_TEST(a_huge_length_takes_no_memory),
		JOURNAL_TEST(events_of_a_newer_version_are_skipped),
		JOURNAL_TEST(a_newer_format_is_refused),
		JOURNAL_TEST(what_is_no_journal_is_refused),
		JOURNAL_TEST(an_unwritable_place_is_known_at_once),
		JOURNAL_TEST(no_room_for_the_header_leaves_no_file),
		JOURNAL_TEST(a_full_disk_is_said_once_and_leaves_whole_records),
		JOURNAL_TEST(nothing_is_done_for_null),
	};

	return cmocka_run_group_tests_name("journal", tests, make_directory, remove_directory);
}
