#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Our end is `lines`, the other one a plain socket. */
static int make_pair(struct lines *lines, size_t limit)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	lines_init(lines, pair[0], limit);
	return pair[1];
}

static void put(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void expect_line(struct lines *lines, const char *expected)
{
	struct slice line;

	assert_true(lines_next(lines, &line));
	assert_int_equal(line.length, strlen(expected));
	assert_memory_equal(line.data, expected, line.length);
}

static void expect_none(struct lines *lines)
{
	struct slice line;

	assert_false(lines_next(lines, &line));
}

static void lines_come_whole_however_they_are_cut(void **state)
{
	struct lines lines;
	struct error error = ERROR_INIT;
	int other = make_pair(&lines, LINES_LIMIT);

	(void)state;
	assert_int_equal(lines_read(&lines, &error), 0);
	put(other, "one\n\ntw");
	assert_int_equal(lines_read(&lines, &error), 1);
	expect_line(&lines, "one");
	expect_line(&lines, "");
	expect_none(&lines);
	expect_none(&lines);
	put(other, "o");
	assert_int_equal(lines_read(&lines, &error), 1);
	expect_none(&lines);
	put(other, "\nthree\nrest");
	assert_int_equal(lines_read(&lines, &error), 1);
	expect_line(&lines, "two");
	put(other, "\n"); /* while one is still to be taken */
	assert_int_equal(lines_read(&lines, &error), 1);
	expect_line(&lines, "three");
	expect_line(&lines, "rest");
	expect_none(&lines);
	assert_int_equal(lines_read(&lines, &error), 0);
	close(other);
	lines_fini(&lines);
}

static void end_leaves_what_came_before_it(void **state)
{
	struct lines lines;
	struct error error = ERROR_INIT;
	int other = make_pair(&lines, LINES_LIMIT);

	(void)state;
	put(other, "last\nunfinished");
	close(other);
	assert_int_equal(lines_read(&lines, &error), 1);
	assert_int_equal(lines_read(&lines, &error), -1);
	assert_string_equal(error.message, "");
	lines_close(&lines);
	assert_int_equal(lines_read(&lines, &error), -1);
	expect_line(&lines, "last");
	expect_none(&lines);
	lines_fini(&lines);
	assert_int_equal(lines.fd, -1);
}

static void line_up_to_the_limit_passes_and_a_longer_one_ends_it(void **state)
{
	struct lines lines;
	struct error error = ERROR_INIT;
	int other = make_pair(&lines, 8);

	(void)state;
	put(other, "12345678\n12345678\na\nb\n");
	while (lines_read(&lines, &error) > 0)
		continue;
	assert_string_equal(error.message, "");
	expect_line(&lines, "12345678");
	expect_line(&lines, "12345678");
	expect_line(&lines, "a");
	put(other, "123456789\nc\n");
	while (lines_read(&lines, &error) > 0)
		continue;
	assert_string_equal(error.message, "a line is longer than 8 bytes");
	expect_line(&lines, "b");
	expect_none(&lines);
	close(other);
	lines_fini(&lines);
}

static void line_without_an_end_is_refused_as_soon_as_it_is_too_long(void **state)
{
	struct lines lines;
	struct error error = ERROR_INIT;
	int other = make_pair(&lines, 8);

	(void)state;
	put(other, "ok\n1234");
	assert_int_equal(lines_read(&lines, &error), 1);
	expect_line(&lines, "ok");
	expect_none(&lines);
	put(other, "5678");
	assert_int_equal(lines_read(&lines, &error), 1);
	expect_none(&lines);
	put(other, "9");
	assert_int_equal(lines_read(&lines, &error), -1);
	assert_string_equal(error.message, "a line is longer than 8 bytes");
	expect_none(&lines);
	close(other);
	lines_fini(&lines);
}

/* What the socket does not take waits, and arrives in its order. */
static void full_socket_keeps_a_backlog(void **state)
{
	struct lines lines, back;
	struct error error = ERROR_INIT;
	struct str text = STR_INIT;
	struct slice line;
	int other = make_pair(&lines, LINES_LIMIT);
	size_t count = 0, total = 4000;

	(void)state;
	lines_init(&back, other, LINES_LIMIT);
	for (size_t i = 0; i < total; i++) {
		str_clear(&text);
		str_add_format(&text, "%zu:%0500d\n", i, 0);
		assert_int_equal(lines_send(&lines, (struct slice){ text.data, text.length }, NULL, 0), 0);
	}
	assert_true(lines_has_backlog(&lines));
	while (count < total) {
		assert_true(lines_read(&back, &error) >= 0);
		for (; lines_next(&back, &line); count++) {
			str_clear(&text);
			str_add_format(&text, "%zu:%0500d", count, 0);
			assert_true(slice_equal_text(line, text.data));
		}
		assert_int_equal(lines_flush(&lines), 0);
	}
	assert_false(lines_has_backlog(&lines));
	lines_fini(&back);
	lines_fini(&lines);
	str_fini(&text);
}

static ssize_t receive(int socket, char *bytes, size_t size, int fds[LINES_DESCRIPTORS_MAX], unsigned *count)
{
	union {
		char bytes[CMSG_SPACE(LINES_DESCRIPTORS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part = { .iov_base = bytes, .iov_len = size };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	ssize_t length = recvmsg(socket, &message, 0);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	*count = 0;
	if (header) {
		*count = (unsigned)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(header), *count * sizeof(int));
	}
	return length;
}

static void descriptors_go_with_the_first_byte_of_their_line(void **state)
{
	struct lines lines;
	int pipes[2], fds[LINES_DESCRIPTORS_MAX], other = make_pair(&lines, LINES_LIMIT);
	unsigned count;
	char bytes[64];

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(lines_send(&lines, slice_of("before\n"), NULL, 0), 0);
	assert_int_equal(lines_send(&lines, slice_of("start\n"), &pipes[1], 1), 0);
	assert_int_equal(fcntl(pipes[1], F_GETFD), -1); /* it was taken */
	assert_int_equal(lines_send(&lines, slice_of("after\n"), NULL, 0), 0);
	assert_int_equal(receive(other, bytes, 7, fds, &count), 7);
	assert_int_equal(count, 0);
	assert_int_equal(receive(other, bytes, 1, fds, &count), 1);
	assert_int_equal(bytes[0], 's');
	assert_int_equal(count, 1);
	put(fds[0], "x");
	assert_int_equal(read(pipes[0], bytes, 1), 1);
	close(fds[0]);
	close(pipes[0]);
	close(other);
	lines_fini(&lines);
}

static void descriptors_wait_behind_a_backlog(void **state)
{
	struct lines lines;
	struct str filler = STR_INIT;
	int pipes[2], fds[LINES_DESCRIPTORS_MAX], other = make_pair(&lines, LINES_LIMIT);
	unsigned count, seen = 0;
	size_t total = 0, at = 0;
	char bytes[65536];

	(void)state;
	for (int i = 0; i < (4 << 20); i++)
		str_add_char(&filler, 'x');
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(lines_send(&lines, (struct slice){ filler.data, filler.length }, NULL, 0), 0);
	assert_true(lines_has_backlog(&lines));
	assert_int_equal(lines_send(&lines, slice_of("START\n"), &pipes[1], 1), 0);
	assert_true(fcntl(pipes[1], F_GETFD) != -1); /* still here */
	while (total < filler.length + 6) {
		ssize_t length = receive(other, bytes, sizeof(bytes), fds, &count);
		assert_true(length > 0);
		if (count) {
			seen += count;
			at = total + (size_t)((char *)memchr(bytes, 'S', (size_t)length) - bytes);
			close(fds[0]);
		}
		total += (size_t)length;
		assert_int_equal(lines_flush(&lines), 0);
	}
	assert_int_equal(seen, 1);
	assert_int_equal(at, filler.length);
	assert_int_equal(fcntl(pipes[1], F_GETFD), -1);
	close(pipes[0]);
	close(other);
	lines_fini(&lines);
	str_fini(&filler);
}

static void sending_to_one_that_is_gone_fails_and_keeps_its_last_words(void **state)
{
	struct lines lines;
	struct error error = ERROR_INIT;
	int pipes[2], other = make_pair(&lines, LINES_LIMIT);

	(void)state;
	put(other, "farewell\n");
	close(other);
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(lines_send(&lines, slice_of("x\n"), &pipes[1], 1), -1);
	assert_int_equal(fcntl(pipes[1], F_GETFD), -1);
	assert_false(lines_has_backlog(&lines));
	assert_int_equal(lines_read(&lines, &error), 1);
	expect_line(&lines, "farewell");
	close(pipes[0]);
	lines_fini(&lines);
	assert_int_equal(lines_send(&lines, slice_of("x\n"), NULL, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_come_whole_however_they_are_cut),
		cmocka_unit_test(end_leaves_what_came_before_it),
		cmocka_unit_test(line_up_to_the_limit_passes_and_a_longer_one_ends_it),
		cmocka_unit_test(line_without_an_end_is_refused_as_soon_as_it_is_too_long),
		cmocka_unit_test(full_socket_keeps_a_backlog),
		cmocka_unit_test(descriptors_go_with_the_first_byte_of_their_line),
		cmocka_unit_test(descriptors_wait_behind_a_backlog),
		cmocka_unit_test(sending_to_one_that_is_gone_fails_and_keeps_its_last_words),
	};

	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
