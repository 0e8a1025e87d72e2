/* Datagrams with a descriptor: how controller and guardian talk.
 *
 * Source: unix(7), SCM_RIGHTS; cmsg(3).
 */
#ifndef XTOP_WORKER_MESSAGE_H
#define XTOP_WORKER_MESSAGE_H

#include <stddef.h>
#include <sys/types.h>

/* Sends one datagram, and `fd` with it where that is ≥ 0; waits where the socket is full. -1 with errno: the other
 * end is gone, say. */
int message_send(int socket, const void *bytes, size_t length, int fd);

/* Receives one, without waiting; *fd is the descriptor that came along (close-on-exec, the caller's to close) or -1.
 * The length; 0: the other end is gone; -1 with errno, EAGAIN where there is none. */
ssize_t message_receive(int socket, void *bytes, size_t size, int *fd);

#endif
