#include "worker/message.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

union control {
	char bytes[CMSG_SPACE(MESSAGE_FDS * sizeof(int))];
	struct cmsghdr align;
};

int message_send(int socket, const void *bytes, size_t length, const int fds[MESSAGE_FDS])
{
	/* sendmsg only reads it, whatever its type says. */
	struct iovec part = { .iov_len = length };
	memcpy(&part.iov_base, &bytes, sizeof(bytes));
	union control control;
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	int given[MESSAGE_FDS];
	size_t count = 0;
	for (int i = 0; fds && i < MESSAGE_FDS; i++)
		if (fds[i] >= 0)
			given[count++] = fds[i];
	if (count > 0) {
		memset(&control, 0, sizeof(control));
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(header), given, count * sizeof(int));
	}
	while (sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
		if (errno == EAGAIN || errno == EWOULDBLOCK) {
			struct pollfd wait = { .fd = socket, .events = POLLOUT };
			poll(&wait, 1, -1);
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

ssize_t message_receive(int socket, void *bytes, size_t size, int fds[MESSAGE_FDS])
{
	struct iovec part = { .iov_base = bytes, .iov_len = size };
	union control control;
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	for (int i = 0; i < MESSAGE_FDS; i++)
		fds[i] = -1;
	ssize_t length;
	do
		length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	while (length < 0 && errno == EINTR);
	struct cmsghdr *header = length > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
		memcpy(fds, CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
	return length;
}
