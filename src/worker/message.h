/* Datagrams with descriptors: how controller and guardian talk.
 *
 * Source: unix(7), SCM_RIGHTS; cmsg(3).
 */
#ifndef XTOP_WORKER_MESSAGE_H
#define XTOP_WORKER_MESSAGE_H

#include <stddef.h>
#include <sys/types.h>

#define MESSAGE_FDS 2 /* descriptors that may travel with one datagram */

/* Sends one datagram, and with it those of `fds` that are ≥ 0 (NULL: none); waits where the socket is full. -1 with
 * errno: the other end is gone, say. */
int message_send(int socket, const void *bytes, size_t length, const int fds[MESSAGE_FDS]);

/* Receives one, without waiting; fds are the descriptors that came along (close-on-exec, the caller's to close), -1
 * for those that did not. The length; 0: the other end is gone; -1 with errno, EAGAIN where there is none. */
ssize_t message_receive(int socket, void *bytes, size_t size, int fds[MESSAGE_FDS]);

#endif
