/* A real worker process on the bench: its ring and its commands in the test's hands. */
#ifndef XTOP_TESTS_WORKER_BENCH_H
#define XTOP_TESTS_WORKER_BENCH_H

#include "base/alloc.h"
#include "base/clock.h"
#include "base/vec.h"
#include "event/codec.h"
#include "event/ring.h"
#include "worker/command.h"
#include "worker/worker.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct bench_record {
	char *bytes;
	size_t length;
};

struct bench {
	struct worker_context context;
	struct ring *ring;
	int socket;
	pid_t worker;
	bool gone;                  /* its socket has closed */
	bool waits;                 /* it wants to hear of space */
	VEC(struct bench_record) records; /* all that came */
	size_t looked;              /* of them, by bench_wait */
	struct event event;         /* what bench_wait found, if it is an event */
};

static inline void bench_start(struct bench *bench, size_t lane_size, bool serial)
{
	int pair[2];
	memset(bench, 0, sizeof(*bench));
	bench->context = (struct worker_context){
		.run_id = "cafe", .epoch = clock_now(), .workers = 4, .serial = serial, .nofile = { 1024, 1024 }
	};
	bench->ring = ring_new(1, lane_size, NULL);
	assert_non_null(bench->ring);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	bench->socket = pair[0];
	bench->worker = fork();
	if (bench->worker == 0) {
		close(pair[0]);
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a red test leaves nothing behind */
		worker_main(&bench->context, bench->ring, 0, 1, pair[1]);
	}
	close(pair[1]);
}

static inline void bench_send(struct bench *bench, const struct command *command)
{
	struct str bytes = STR_INIT;
	command_encode(command, &bytes);
	assert_true(send(bench->socket, bytes.data, bytes.length, MSG_NOSIGNAL) == (ssize_t)bytes.length);
	str_fini(&bytes);
}

static inline struct job *bench_make_job(uint64_t test, const char *server, const char *id)
{
	struct job *job = ALLOC_NEW(struct job);
	launch_init(&job->launch);
	job->test = test;
	job->attempt = 1;
	job->ordinal = 1;
	job->id = alloc_string(id);
	job->server = alloc_string(server);
	job->grace = 3600 * CLOCK_SECOND;
	job->output_limit = 1 << 20;
	return job;
}

/* Takes the job. */
static inline void bench_send_job(struct bench *bench, struct job *job)
{
	struct command command = { .type = COMMAND_JOB, .job = job };
	bench_send(bench, &command);
	job_free(job);
}

static inline void bench_job(struct bench *bench, uint64_t test, const char *server, const char *id)
{
	bench_send_job(bench, bench_make_job(test, server, id));
}

static inline void bench_command(struct bench *bench, enum command_type type, uint64_t test)
{
	struct command command = { .type = type, .test = test };
	bench_send(bench, &command);
}

static inline void bench_take(void *context, unsigned lane, uint32_t incarnation, const void *bytes, size_t length)
{
	struct bench *bench = context;
	struct bench_record record = { alloc_string_n(bytes, length), length };
	(void)lane, (void)incarnation;
	vec_push(&bench->records, record);
}

static inline void bench_drain(struct bench *bench)
{
	bool waits = false;
	ring_clear_doorbell(bench->ring);
	assert_true(ring_drain(bench->ring, 0, SIZE_MAX, bench_take, bench, &waits) >= 0);
	if (waits && !bench->gone)
		bench_command(bench, COMMAND_SPACE, 0);
}

/* Waits for more records, or for the worker's end. */
static inline void bench_sleep(struct bench *bench)
{
	struct pollfd fds[2] = { { .fd = ring_doorbell(bench->ring), .events = POLLIN },
				 { .fd = bench->gone ? -1 : bench->socket, .events = POLLIN } };
	if (!ring_may_sleep(bench->ring, 1))
		return;
	poll(fds, 2, -1);
	if (fds[1].revents)
		bench->gone = true;
}

/* Waits for the next record of this first byte (an event's type, or a message's), and passes by the others. An event is
 * then in bench->event. */
static inline const struct bench_record *bench_wait(struct bench *bench, unsigned type)
{
	for (;;) {
		while (bench->looked < bench->records.length) {
			const struct bench_record *record = &bench->records.items[bench->looked++];
			if ((unsigned char)record->bytes[0] != type)
				continue;
			if (type < 0x80)
				assert_int_equal(event_decode(record->bytes, record->length, &bench->event), 0);
			return record;
		}
		if (bench->gone)
			fail_msg("the worker is gone, and no record %u came", type);
		bench_drain(bench);
		if (bench->looked == bench->records.length)
			bench_sleep(bench);
	}
}

/* The number in a message. */
static inline uint64_t bench_wait_number(struct bench *bench, unsigned type)
{
	uint64_t number;
	const struct bench_record *record = bench_wait(bench, type);
	assert_true(record->length >= 1 + sizeof(number));
	memcpy(&number, record->bytes + 1, sizeof(number));
	return number;
}

/* What a test printed so far, on one stream or (0) on both. */
static inline char *bench_output(const struct bench *bench, uint64_t test, int stream)
{
	struct str text = STR_INIT;
	vec_each(&bench->records, record) {
		struct event event;
		if (record->bytes[0] == EVENT_TEST_OUTPUT && event_decode(record->bytes, record->length, &event) == 0 &&
		    event.test == test && (!stream || event.stream == stream))
			str_add(&text, event.data.data, event.data.length);
	}
	return str_take(&text);
}

/* All log events so far, a line each. */
static inline char *bench_logs(const struct bench *bench)
{
	struct str text = STR_INIT;
	vec_each(&bench->records, record) {
		struct event event;
		if (record->bytes[0] == EVENT_LOG && event_decode(record->bytes, record->length, &event) == 0) {
			str_add_format(&text, "%s: ", event_level_name(event.level));
			str_add(&text, event.message.data, event.message.length);
			str_add_char(&text, '\n');
		}
	}
	return str_take(&text);
}

static inline unsigned bench_count(const struct bench *bench, unsigned type)
{
	unsigned count = 0;
	vec_each(&bench->records, record)
		count += (unsigned char)record->bytes[0] == type;
	return count;
}

/* Waits until all harnesses have left, so that all they had to say is there. */
static inline void bench_retire(struct bench *bench)
{
	bench_command(bench, COMMAND_RETIRE, 0);
	bench_wait(bench, MESSAGE_RETIRED);
}

/* Tells it to leave, and waits for its end: its status as of wait(2). */
static inline int bench_leave(struct bench *bench)
{
	int status;
	bench_command(bench, COMMAND_LEAVE, 0);
	while (!bench->gone) {
		bench_drain(bench);
		bench_sleep(bench);
	}
	waitpid(bench->worker, &status, 0);
	bench->worker = 0;
	bench_drain(bench);
	return status;
}

static inline void bench_end(struct bench *bench)
{
	if (bench->worker) {
		kill(bench->worker, SIGKILL);
		waitpid(bench->worker, NULL, 0);
	}
	close(bench->socket);
	ring_free(bench->ring);
	vec_each(&bench->records, record)
		free(record->bytes);
	vec_fini(&bench->records);
}

#endif
