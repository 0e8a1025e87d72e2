#include "worker/keeper_link.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void keeper_link_init(struct keeper_link *link)
{
	lines_init(&link->lines, -1, LINES_LIMIT);
}

void keeper_link_close(struct keeper_link *link)
{
	lines_fini(&link->lines);
}

bool keeper_link_is_open(const struct keeper_link *link)
{
	return link->lines.fd >= 0;
}

/* Anybody may listen on an abstract name once it is free: what is sent there is only for processes of this user. */
static bool is_ours(int fd)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == geteuid();
}

enum keeper_link_result keeper_link_open(struct keeper_link *link, const char *server,
					 const struct protocol_keep *keep)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(server);
	if (length > sizeof(address.sun_path) - 1)
		return KEEPER_LINK_UNREACHABLE;
	memcpy(address.sun_path + 1, server, length);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return KEEPER_LINK_UNREACHABLE;
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
	if (connect(fd, (const struct sockaddr *)&address, size) != 0) {
		int number = errno;
		close(fd);
		return number == EAGAIN || number == EINTR ? KEEPER_LINK_BUSY : KEEPER_LINK_UNREACHABLE;
	}
	if (!is_ours(fd)) {
		close(fd);
		return KEEPER_LINK_UNREACHABLE;
	}
	lines_init(&link->lines, fd, LINES_LIMIT);
	struct str line = STR_INIT;
	protocol_put_keep(&line, keep);
	lines_send(&link->lines, (struct slice){ line.data, line.length }, NULL, 0);
	str_fini(&line);
	return KEEPER_LINK_OPEN;
}

void keeper_link_start(struct keeper_link *link, const int fds[3])
{
	struct str line = STR_INIT;
	protocol_put_start(&line);
	lines_send(&link->lines, (struct slice){ line.data, line.length }, fds, 3);
	str_fini(&line);
}

void keeper_link_kill(struct keeper_link *link, int number)
{
	struct str line = STR_INIT;
	protocol_put_kill(&line, number);
	lines_send(&link->lines, (struct slice){ line.data, line.length }, NULL, 0);
	str_fini(&line);
}
