#include "worker/evidence.h"

#include "worker/memory.h"

#include <signal.h>
#include <string.h>

void kill_count_begin(struct kill_count *count, int fd)
{
	count->known = memory_read_kills(fd, &count->before);
}

void evidence_put_signal(struct json *evidence, int number, bool core_dumped, int person,
			 const struct kill_count *count, int fd)
{
	uint64_t after;
	if (core_dumped)
		json_put_bool(evidence, "core", true);
	if (number == person)
		json_put_text(evidence, "killed_by", slice_of("person"));
	if (number != SIGKILL || number == person || !count->known || !memory_read_kills(fd, &after))
		return;
	uint64_t kills = after > count->before ? after - count->before : 0;
	json_put_int(evidence, "oom", (int64_t)kills);
	if (kills)
		json_put_text(evidence, "killed_by", slice_of("kernel"));
}

void evidence_put_into(struct event *event, const struct json *evidence, struct str *text)
{
	json_dump(evidence, text);
	if (text->length > strlen("{}"))
		event_put_text(event, evidence, text->data);
}
