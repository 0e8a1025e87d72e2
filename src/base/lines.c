#include "base/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE ((size_t)64 << 10)
#define KEPT_CAPACITY ((size_t)1 << 20) /* of an empty buffer */

void lines_init(struct lines *lines, int fd, size_t limit)
{
	memset(lines, 0, sizeof(*lines));
	lines->fd = fd;
	lines->limit = limit;
	str_init(&lines->in);
	str_init(&lines->out);
	if (fd >= 0) {
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
}

static void close_all(const int *fds, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		close(fds[i]);
}

static void drop_unsent(struct lines *lines)
{
	close_all(lines->descriptors, lines->descriptor_count);
	lines->descriptor_count = 0;
	str_fini(&lines->out);
}

void lines_close(struct lines *lines)
{
	if (lines->fd >= 0)
		close(lines->fd);
	lines->fd = -1;
	drop_unsent(lines);
}

void lines_fini(struct lines *lines)
{
	lines_close(lines);
	str_fini(&lines->in);
	lines->taken = lines->looked = lines->unfinished = 0;
}

/* What was handed out makes room before the next bytes come, not line by line: that would move the rest as often. */
static void drop_taken(struct lines *lines)
{
	str_cut_front(&lines->in, lines->taken);
	lines->looked -= lines->taken;
	lines->unfinished -= lines->taken;
	lines->taken = 0;
	if (!lines->in.length && lines->in.capacity > KEPT_CAPACITY)
		str_fini(&lines->in);
}

/* Watches the length of lines. A piece is never longer than the limit and one byte, so only the line that was
 * unfinished before it can be too long. */
static int accept_piece(struct lines *lines, size_t length, struct error *error)
{
	struct str *in = &lines->in;
	const char *piece = in->data + in->length;
	const char *first = memchr(piece, '\n', length);
	size_t end = first ? (size_t)(first - in->data) : in->length + length;
	if (end - lines->unfinished > lines->limit) {
		in->length = lines->unfinished;
		in->data[in->length] = '\0';
		if (lines->looked > in->length)
			lines->looked = in->length;
		return error_set(error, "a line is longer than %zu bytes", lines->limit);
	}
	if (first) {
		const char *last = memrchr(piece, '\n', length);
		lines->unfinished = (size_t)(last - in->data) + 1;
	}
	in->length += length;
	in->data[in->length] = '\0';
	return 1;
}

int lines_read(struct lines *lines, struct error *error)
{
	if (lines->fd < 0)
		return -1;
	drop_taken(lines);
	size_t size = lines->limit < READ_SIZE ? lines->limit + 1 : READ_SIZE;
	str_reserve(&lines->in, size);
	ssize_t length = recv(lines->fd, lines->in.data + lines->in.length, size, MSG_DONTWAIT);
	if (length > 0)
		return accept_piece(lines, (size_t)length, error);
	return length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) ? 0 : -1;
}

bool lines_next(struct lines *lines, struct slice *line)
{
	const struct str *in = &lines->in;
	const char *newline = memchr(in->data + lines->looked, '\n', in->length - lines->looked);
	if (!newline) {
		lines->looked = in->length;
		return false;
	}
	size_t end = (size_t)(newline - in->data);
	*line = (struct slice){ in->data + lines->taken, end - lines->taken };
	lines->taken = lines->looked = end + 1;
	return true;
}

bool lines_has_backlog(const struct lines *lines)
{
	return lines->out.length > 0;
}

/* Once, up to where other descriptors go along. */
static ssize_t send_piece(struct lines *lines)
{
	union {
		char bytes[CMSG_SPACE(LINES_DESCRIPTORS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part = { .iov_base = lines->out.data, .iov_len = lines->out.length };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	bool with_descriptors = lines->descriptor_count && lines->descriptors_at == 0;
	if (with_descriptors) {
		size_t size = lines->descriptor_count * sizeof(int);
		memset(&control, 0, sizeof(control));
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(size);
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(header), lines->descriptors, size);
	} else if (lines->descriptor_count) {
		part.iov_len = lines->descriptors_at;
	}
	ssize_t length = sendmsg(lines->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (length > 0 && with_descriptors) {
		close_all(lines->descriptors, lines->descriptor_count);
		lines->descriptor_count = 0;
	}
	return length;
}

int lines_flush(struct lines *lines)
{
	if (lines->fd < 0)
		return -1;
	while (lines->out.length) {
		ssize_t length = send_piece(lines);
		if (length < 0) {
			if (errno == EINTR)
				continue;
			if (errno == EAGAIN || errno == EWOULDBLOCK)
				return 0;
			/* Not the socket too: the last words of the other end may still be in it. */
			drop_unsent(lines);
			return -1;
		}
		str_cut_front(&lines->out, (size_t)length);
		if (lines->descriptor_count)
			lines->descriptors_at -= (size_t)length;
	}
	return 0;
}

int lines_send(struct lines *lines, struct slice bytes, const int *fds, unsigned fd_count)
{
	if (lines->fd < 0 || (fd_count && lines->descriptor_count)) {
		close_all(fds, fd_count);
		return -1;
	}
	if (fd_count) {
		memcpy(lines->descriptors, fds, fd_count * sizeof(*fds));
		lines->descriptor_count = fd_count;
		lines->descriptors_at = lines->out.length;
	}
	str_add(&lines->out, bytes.data, bytes.length);
	return lines_flush(lines);
}
