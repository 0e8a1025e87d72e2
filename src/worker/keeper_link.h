/* A worker's connection to a fork server, which becomes its keeper's: where harnesses are ordered from.
 *
 * Nothing here waits. Events of the keeper are read line by line by the owner (`lines`,
 * keeper_event_parse).
 */
#ifndef XTOP_WORKER_KEEPER_LINK_H
#define XTOP_WORKER_KEEPER_LINK_H

#include "adapter/protocol.h"
#include "base/err.h"
#include "base/lines.h"

#include <stdbool.h>

struct keeper_link {
	struct lines lines; /* fd -1: closed */
};

enum keeper_link_result { KEEPER_LINK_OPEN, KEEPER_LINK_BUSY, KEEPER_LINK_UNREACHABLE };

void keeper_link_init(struct keeper_link *link);
void keeper_link_close(struct keeper_link *link); /* the keeper then kills its harness and exits */
bool keeper_link_is_open(const struct keeper_link *link);

/* Connects to an abstract socket of this user and says what is to be kept. BUSY: the server has too many connections
 * waiting, try again soon. */
enum keeper_link_result keeper_link_open(struct keeper_link *link, const char *server,
					 const struct protocol_keep *keep);

/* Asks for a harness with these as its socket, stdout and stderr; they are taken. */
void keeper_link_start(struct keeper_link *link, const int fds[3]);
/* A signal to the harness' process group; SIGKILL goes to everything below the keeper. */
void keeper_link_kill(struct keeper_link *link, int number);

#endif
