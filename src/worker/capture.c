#include "worker/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define READ_SIZE ((size_t)64 << 10)
#define TAIL_SIZE ((size_t)16 << 10)

void capture_init(struct capture *capture, const struct capture_host *host, uint64_t limit)
{
	memset(capture, 0, sizeof(*capture));
	capture->host = *host;
	capture->limit = limit;
	capture->pipes[0] = (struct capture_pipe){ -1, STREAM_STDOUT };
	capture->pipes[1] = (struct capture_pipe){ -1, STREAM_STDERR };
	str_init(&capture->tail);
}

static void close_pipe(struct capture_pipe *end)
{
	if (end->fd >= 0)
		close(end->fd);
	end->fd = -1;
}

void capture_fini(struct capture *capture)
{
	close_pipe(&capture->pipes[0]);
	close_pipe(&capture->pipes[1]);
	str_fini(&capture->tail);
}

void capture_renew(struct capture *capture, uint64_t limit)
{
	capture->limit = limit;
	capture->printed = capture->kept = capture->dropped = 0;
	str_clear(&capture->tail);
	capture->last_line[0] = '\0';
	capture->line_length = 0;
	capture->in_epilogue = false;
}

int capture_open(struct capture *capture, bool split, int child_fds[3], struct error *error)
{
	child_fds[1] = child_fds[2] = -1;
	for (int i = 0; i <= (split ? 1 : 0); i++) {
		int ends[2];
		if (pipe2(ends, O_CLOEXEC) != 0)
			return error_set_errno(error, errno, "cannot make a pipe for the test's output");
		fcntl(ends[0], F_SETFL, O_NONBLOCK);
		capture->pipes[i].fd = ends[0];
		child_fds[i + 1] = ends[1];
	}
	if (!split)
		child_fds[2] = child_fds[1];
	return 0;
}

static void end_line(struct capture *capture)
{
	capture->line[capture->line_length] = '\0';
	if (capture->epilogue && text_starts_with(capture->line, capture->epilogue))
		capture->in_epilogue = true;
	if (!capture->in_epilogue && strspn(capture->line, " \t\r") < capture->line_length)
		memcpy(capture->last_line, capture->line, capture->line_length + 1);
	capture->line_length = 0;
}

static void watch_lines(struct capture *capture, const char *bytes, size_t length)
{
	/* Only the end can matter, the newest line that is not blank, unless an epilogue begins before. */
	if (length > 2 * CAPTURE_LINE_SIZE && !capture->epilogue) {
		bytes += length - 2 * CAPTURE_LINE_SIZE;
		length = 2 * CAPTURE_LINE_SIZE;
	}
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == '\n')
			end_line(capture);
		else if (capture->line_length < CAPTURE_LINE_SIZE - 1)
			capture->line[capture->line_length++] = bytes[i] ? bytes[i] : ' ';
	}
}

static void take(struct capture *capture, enum event_stream stream, const char *bytes, size_t length)
{
	capture->printed += length;
	watch_lines(capture, bytes, length);
	capture->host.read(capture->host.context, stream, bytes, length);
	uint64_t room = capture->limit - capture->kept;
	size_t now = length < room ? length : (size_t)room;
	if (now) {
		capture->kept += now;
		capture->host.keep(capture->host.context, stream, (struct slice){ bytes, now }, 0);
	}
	if (now < length) {
		capture->dropped += length - now;
		str_add(&capture->tail, bytes + now, length - now);
		if (capture->tail.length > 4 * TAIL_SIZE)
			str_cut_front(&capture->tail, capture->tail.length - TAIL_SIZE);
	}
}

void capture_add(struct capture *capture, enum event_stream stream, struct slice bytes)
{
	if (bytes.length)
		take(capture, stream, bytes.data, bytes.length);
}

/* Reads once. True: there may be more. */
static bool read_pipe(struct capture *capture, struct capture_pipe *end)
{
	char buffer[READ_SIZE];
	ssize_t length = read(end->fd, buffer, sizeof(buffer));
	if (length > 0) {
		take(capture, end->stream, buffer, (size_t)length);
		return true;
	}
	if (length == 0 || (errno != EAGAIN && errno != EINTR))
		close_pipe(end);
	return false;
}

unsigned capture_poll_fds(const struct capture *capture, struct pollfd fds[2])
{
	unsigned count = 0;
	for (int i = 0; i < 2 && !capture->held; i++)
		if (capture->pipes[i].fd >= 0)
			fds[count++] = (struct pollfd){ .fd = capture->pipes[i].fd, .events = POLLIN };
	return count;
}

void capture_read_ready(struct capture *capture, const struct pollfd *fds, unsigned count)
{
	for (unsigned k = 0; k < count; k++) {
		if (!fds[k].revents)
			continue;
		for (int i = 0; i < 2; i++)
			if (capture->pipes[i].fd == fds[k].fd && !capture->held)
				read_pipe(capture, &capture->pipes[i]);
	}
}

bool capture_read_rest(struct capture *capture)
{
	for (int i = 0; i < 2; i++) {
		struct capture_pipe *end = &capture->pipes[i];
		int waiting = 0;
		if (end->fd < 0 || ioctl(end->fd, FIONREAD, &waiting) != 0)
			continue;
		for (uint64_t until = capture->printed + (uint64_t)waiting;
		     capture->printed < until && !capture->held && read_pipe(capture, end);)
			continue;
	}
	return !capture->held;
}

bool capture_is_open(const struct capture *capture)
{
	for (int i = 0; i < 2; i++) {
		struct pollfd end = { .fd = capture->pipes[i].fd, .events = POLLIN };
		if (end.fd >= 0 && poll(&end, 1, 0) >= 0 && !(end.revents & POLLHUP))
			return true;
	}
	return false;
}

void capture_end(struct capture *capture)
{
	if (!capture->dropped)
		return;
	if (capture->tail.length > TAIL_SIZE)
		str_cut_front(&capture->tail, capture->tail.length - TAIL_SIZE);
	capture->host.keep(capture->host.context, STREAM_STDOUT,
			   (struct slice){ capture->tail.data, capture->tail.length },
			   capture->dropped - capture->tail.length);
	capture->dropped = 0;
}

const char *capture_last_line(struct capture *capture)
{
	if (capture->line_length)
		end_line(capture);
	return capture->last_line;
}
