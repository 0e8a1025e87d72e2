/* The field `evidence` of test.finished: one JSON object of what was seen of an attempt. */
#ifndef XTOP_WORKER_EVIDENCE_H
#define XTOP_WORKER_EVIDENCE_H

#include "base/json.h"
#include "base/str.h"
#include "xtop/event.h"

#include <stdbool.h>
#include <stdint.h>

/* How many processes the kernel has killed for want of memory, before an attempt and after it. */
struct kill_count {
	bool known;
	uint64_t before;
};
void kill_count_begin(struct kill_count *count, int fd); /* as of memory_open_kills */

/* Of a process that ended by itself, or by others than its runner: core, killed_by, oom. `person`: the signal that
 * somebody sent by hand, 0: none. */
void evidence_put_signal(struct json *evidence, int number, bool core_dumped, int person,
			 const struct kill_count *count, int fd);

/* Puts it into the event, unless it is empty; `text` holds it as long as the event is used. */
void evidence_put_into(struct event *event, const struct json *evidence, struct str *text);

#endif
