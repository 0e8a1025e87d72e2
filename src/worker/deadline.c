#include "worker/deadline.h"

void deadline_set(struct deadline *deadline, uint64_t at, uint64_t now)
{
	deadline->at = at;
	if (deadline->held_since)
		deadline->held_since = now;
}

void deadline_hold(struct deadline *deadline, bool held, uint64_t now)
{
	if (held && !deadline->held_since) {
		deadline->held_since = now;
	} else if (!held && deadline->held_since) {
		if (deadline->at != DEADLINE_NEVER)
			deadline->at += now - deadline->held_since;
		deadline->held_since = 0;
	}
}

uint64_t deadline_wake_at(const struct deadline *deadline)
{
	return deadline->held_since ? DEADLINE_NEVER : deadline->at;
}
