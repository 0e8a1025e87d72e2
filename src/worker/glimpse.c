#include "worker/glimpse.h"

#include "event/codec.h"
#include "worker/evidence.h"

#include <string.h>

void glimpse_fini(struct glimpse *glimpse)
{
	hang_fini(&glimpse->hang);
	glimpse->active = false;
}

void glimpse_begin(struct glimpse *glimpse, const struct job *job, pid_t root, bool alone, bool with_stack, uint64_t now)
{
	if (glimpse->active)
		return;
	hang_begin(&glimpse->hang, job, root, alone, with_stack, now);
	/* What is rationed where hundreds hang is not for whoever asks. */
	glimpse->hang.enough = false;
	glimpse->hang.grace = UINT64_MAX;
	glimpse->active = true;
}

static void tell(const struct glimpse *glimpse, void (*emit)(void *context, struct event *event), void *context)
{
	struct json *evidence = json_new_object();
	struct str message = STR_INIT, text = STR_INIT;
	struct event event;
	event_init(&event, EVENT_LOG);
	hang_put(&glimpse->hang, "stack", evidence);
	evidence_put_into(&event, evidence, &text);
	hang_describe(&glimpse->hang, &message);
	/* "; it was blocked …" */
	if (message.length > 2)
		str_cut_front(&message, 2);
	event_put(&event, level, LEVEL_NOTE);
	event_put(&event, message, ((struct event_text){ message.data, message.length }));
	if (message.length)
		emit(context, &event);
	str_fini(&message);
	str_fini(&text);
	json_free(evidence);
}

void glimpse_go_on(struct glimpse *glimpse, const struct runner_host *host, uint64_t now,
		   void (*emit)(void *context, struct event *event), void *context)
{
	if (!glimpse->active || !hang_go_on(&glimpse->hang, host, now))
		return;
	glimpse->active = false;
	tell(glimpse, emit, context);
	glimpse_fini(glimpse);
}

bool glimpse_has_tool(const struct glimpse *glimpse)
{
	return glimpse->active && glimpse->hang.stack;
}

unsigned glimpse_poll_fds(const struct glimpse *glimpse, struct pollfd *fds)
{
	return glimpse->active ? hang_poll_fds(&glimpse->hang, fds) : 0;
}

uint64_t glimpse_wake_at(const struct glimpse *glimpse)
{
	return glimpse->active ? hang_wake_at(&glimpse->hang) : UINT64_MAX;
}
