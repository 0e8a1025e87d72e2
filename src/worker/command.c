#include "worker/command.h"

#include "base/alloc.h"
#include "base/wire.h"

#include <stdlib.h>
#include <string.h>

enum {
	FIELD_TYPE = 1,
	FIELD_TEST_NUMBER,
	FIELD_SIGNAL_NUMBER,
	FIELD_ATTEMPT_NUMBER,
	FIELD_TEST_ID,
	FIELD_ADAPTER_NAME,
	FIELD_ARGUMENT,
	FIELD_VARIABLE,
	FIELD_CWD,
	FIELD_SPLIT,
	FIELD_TIMEOUT,
	FIELD_GRACE,
	FIELD_OUTPUT_LIMIT,
	FIELD_CANCEL_REASON,
	FIELD_ID_ORDINAL,
	FIELD_SERVER,
	FIELD_MAY_RERUN,
	FIELD_STOP_ON_FAILURE,
	FIELD_LEAK,
	FIELD_MEM_LIMIT,
	FIELD_BEHIND,
	FIELD_ENOUGH_STACKS,
	FIELD_KEEP_SERVER,
	FIELD_KEEP_ID,
	FIELD_KEEP_ORDINAL,
};

void kept_test_fini(struct kept_test *keep)
{
	free(keep->server);
	free(keep->id);
	*keep = (struct kept_test){ NULL, NULL, 0 };
}

void job_free(struct job *job)
{
	if (!job)
		return;
	free(job->id);
	free(job->server);
	kept_test_fini(&job->keep);
	launch_fini(&job->launch);
	free(job);
}

static void encode_keep(const struct kept_test *keep, struct str *out)
{
	if (!keep->server)
		return;
	wire_put_text(out, FIELD_KEEP_SERVER, keep->server);
	wire_put_text(out, FIELD_KEEP_ID, keep->id);
	wire_put_uint(out, FIELD_KEEP_ORDINAL, keep->ordinal);
}

static void encode_job(const struct job *job, struct str *out)
{
	wire_put_uint(out, FIELD_TEST_NUMBER, job->test);
	wire_put_uint(out, FIELD_ATTEMPT_NUMBER, job->attempt);
	wire_put_text(out, FIELD_TEST_ID, job->id);
	wire_put_uint(out, FIELD_ID_ORDINAL, job->ordinal);
	wire_put_text(out, FIELD_SERVER, job->server);
	wire_put_uint(out, FIELD_MAY_RERUN, job->may_rerun);
	wire_put_uint(out, FIELD_STOP_ON_FAILURE, job->stop_on_failure);
	if (job->adapter)
		wire_put_text(out, FIELD_ADAPTER_NAME, job->adapter->name);
	vec_each(&job->launch.argv, argument)
		wire_put_text(out, FIELD_ARGUMENT, *argument);
	vec_each(&job->launch.environment, variable)
		wire_put_text(out, FIELD_VARIABLE, *variable);
	wire_put_text(out, FIELD_CWD, job->launch.cwd);
	wire_put_uint(out, FIELD_SPLIT, job->launch.split_streams);
	wire_put_uint(out, FIELD_TIMEOUT, job->timeout);
	wire_put_uint(out, FIELD_GRACE, job->grace);
	wire_put_uint(out, FIELD_OUTPUT_LIMIT, job->output_limit);
	wire_put_uint(out, FIELD_LEAK, job->leak);
	wire_put_uint(out, FIELD_MEM_LIMIT, job->mem_limit);
	wire_put_uint(out, FIELD_BEHIND, job->behind);
	wire_put_uint(out, FIELD_ENOUGH_STACKS, job->enough_stacks);
	encode_keep(&job->keep, out);
}

void command_encode(const struct command *command, struct str *out)
{
	size_t start = out->length;
	uint32_t length = 0;
	str_add(out, &length, sizeof(length));
	wire_put_uint(out, FIELD_TYPE, command->type);
	if (command->job)
		encode_job(command->job, out);
	else
		wire_put_uint(out, FIELD_TEST_NUMBER, command->test);
	encode_keep(&command->keep, out);
	if (command->signal)
		wire_put_uint(out, FIELD_SIGNAL_NUMBER, (uint64_t)command->signal);
	wire_put_text(out, FIELD_CANCEL_REASON, command->reason);
	length = (uint32_t)(out->length - start - sizeof(length));
	memcpy(out->data + start, &length, sizeof(length));
}

static void take_field(struct command *command, struct job *job, const struct wire_field *field)
{
	struct slice bytes = field->bytes;
	switch (field->number) {
	case FIELD_TYPE:
		command->type = (enum command_type)field->value;
		break;
	case FIELD_TEST_NUMBER:
		command->test = job->test = field->value;
		break;
	case FIELD_SIGNAL_NUMBER:
		command->signal = (int)field->value;
		break;
	case FIELD_CANCEL_REASON:
		free(command->reason);
		command->reason = alloc_string_n(bytes.data, bytes.length);
		break;
	case FIELD_ATTEMPT_NUMBER:
		job->attempt = (uint32_t)field->value;
		break;
	case FIELD_TEST_ID:
		free(job->id);
		job->id = alloc_string_n(bytes.data, bytes.length);
		break;
	case FIELD_ID_ORDINAL:
		job->ordinal = (uint32_t)field->value;
		break;
	case FIELD_SERVER:
		free(job->server);
		job->server = alloc_string_n(bytes.data, bytes.length);
		break;
	case FIELD_STOP_ON_FAILURE:
		job->stop_on_failure = field->value != 0;
		break;
	case FIELD_MAY_RERUN:
		job->may_rerun = field->value != 0;
		break;
	case FIELD_ADAPTER_NAME: {
		char *name = alloc_string_n(bytes.data, bytes.length);
		job->adapter = adapter_find(name);
		free(name);
		break;
	}
	case FIELD_ARGUMENT:
		vec_push(&job->launch.argv, alloc_string_n(bytes.data, bytes.length));
		break;
	case FIELD_VARIABLE:
		vec_push(&job->launch.environment, alloc_string_n(bytes.data, bytes.length));
		break;
	case FIELD_CWD:
		free(job->launch.cwd);
		job->launch.cwd = alloc_string_n(bytes.data, bytes.length);
		break;
	case FIELD_SPLIT:
		job->launch.split_streams = field->value != 0;
		break;
	case FIELD_TIMEOUT:
		job->timeout = field->value;
		break;
	case FIELD_GRACE:
		job->grace = field->value;
		break;
	case FIELD_OUTPUT_LIMIT:
		job->output_limit = field->value;
		break;
	case FIELD_LEAK:
		job->leak = field->value <= LEAK_IGNORE ? (enum leak_mode)field->value : LEAK_REPORT;
		break;
	case FIELD_BEHIND:
		job->behind = field->value;
		break;
	case FIELD_ENOUGH_STACKS:
		job->enough_stacks = field->value != 0;
		break;
	case FIELD_MEM_LIMIT:
		job->mem_limit = field->value;
		break;
	case FIELD_KEEP_SERVER:
		free(job->keep.server);
		job->keep.server = alloc_string_n(bytes.data, bytes.length);
		break;
	case FIELD_KEEP_ID:
		free(job->keep.id);
		job->keep.id = alloc_string_n(bytes.data, bytes.length);
		break;
	case FIELD_KEEP_ORDINAL:
		job->keep.ordinal = (uint32_t)field->value;
		break;
	default:
		break;
	}
}

int command_decode(struct str *in, struct command *command)
{
	uint32_t length;
	if (in->length < sizeof(length))
		return 0;
	memcpy(&length, in->data, sizeof(length));
	if (in->length - sizeof(length) < length)
		return 0;

	memset(command, 0, sizeof(*command));
	struct job *job = ALLOC_NEW(struct job);
	launch_init(&job->launch);
	struct wire_reader reader;
	struct wire_field field;
	wire_reader_init(&reader, in->data + sizeof(length), length);
	while (wire_next(&reader, &field))
		take_field(command, job, &field);
	str_cut_front(in, sizeof(length) + length);

	if (job->keep.server && !job->keep.id)
		reader.bad = true;
	if (command->type != COMMAND_JOB) {
		command->keep = job->keep;
		job->keep = (struct kept_test){ NULL, NULL, 0 };
		if (command->type == COMMAND_KEEP && !command->keep.server)
			reader.bad = true;
		job_free(job);
	} else {
		command->job = job;
		if (!job->id || (!job->server && (!job->adapter || job->launch.argv.length == 0)))
			reader.bad = true;
	}
	if (command->type < COMMAND_JOB || command->type > COMMAND_LOOK)
		reader.bad = true;
	if (reader.bad) {
		command_fini(command);
		return -1;
	}
	return 1;
}

void command_fini(struct command *command)
{
	job_free(command->job);
	free(command->reason);
	kept_test_fini(&command->keep);
	command->job = NULL;
	command->reason = NULL;
}
