#include "cli/bench_print.h"

#include "base/json.h"

#include <math.h>

/* A number that is not known is null. */
static void put_known(struct json *object, const char *key, double value, bool known)
{
	json_put_real(object, key, known ? value : NAN);
}

static void put_bytes(struct json *object, const char *key, uint64_t bytes)
{
	if (bytes)
		json_put_int(object, key, (int64_t)bytes);
	else
		json_put_null(object, key);
}

static void put_asked(const struct bench *bench, struct json *object, const char *key, int index)
{
	if (index >= 0)
		json_put_int(object, key, bench->counts.items[index].asked);
	else
		json_put_null(object, key);
}

static struct json *runs_of(const struct bench_count *count)
{
	struct json *runs = json_new_array();
	vec_each(&count->runs, it) {
		struct json *run = json_new_object();
		json_put_real(run, "wall", it->wall);
		json_put_real(run, "cpu", it->cpu);
		json_put_int(run, "workers", it->workers);
		json_put_int(run, "tests", (int64_t)it->tests);
		json_put_int(run, "failed", (int64_t)it->failed);
		json_put_int(run, "notrun", (int64_t)it->notrun);
		json_push(runs, run);
	}
	return runs;
}

static struct json *counts_of(const struct bench *bench)
{
	struct json *counts = json_new_array();
	vec_each(&bench->counts, it) {
		if (!it->runs.length)
			continue;
		struct json *count = json_new_object();
		json_put_int(count, "n", it->asked);
		json_put_real(count, "wall", it->wall);
		json_put_real(count, "min", it->least);
		json_put_real(count, "max", it->most);
		put_known(count, "speedup", it->speedup, it->speedup > 0);
		put_known(count, "efficiency", it->efficiency, it->efficiency > 0);
		json_put(count, "runs", runs_of(it));
		json_push(counts, count);
	}
	return counts;
}

static struct json *longest(const char *key, const char *name, double seconds)
{
	struct json *object = json_new_object();
	json_put_text(object, key, slice_of(name));
	json_put_real(object, "duration", seconds);
	return object;
}

static struct json *held_back(const struct bench *bench)
{
	const struct bench_count *count = &bench->counts.items[bench->largest];
	const struct bench_run *run = bench_typical(count);
	double contention = bench_contention(bench);
	struct json *object = json_new_object();
	json_put_int(object, "n", count->asked);
	json_put_real(object, "wall", run->wall);
	json_put_real(object, "collection", run->first);
	json_put_real(object, "end", fmax(0, run->wall - run->last));
	json_put_real(object, "tail", run->tail);
	json_put_real(object, "tail_idle", run->idle);
	if (run->longest_test)
		json_put(object, "longest_test", longest("id", run->longest_test, run->longest_test_time));
	if (run->longest_scope)
		json_put(object, "longest_scope",
			 longest("scope", run->longest_scope, run->longest_scope_time));
	put_known(object, "contention", contention, contention > 0);
	put_known(object, "cpus_busy", run->cpu / run->wall, run->wall > 0);
	put_bytes(object, "rss", run->rss);
	put_bytes(object, "largest_process", run->largest_process);
	return object;
}

void bench_add_json(const struct bench *bench, struct str *out)
{
	struct json *object = json_new_object();
	json_put_int(object, "v", 1);
	json_put_int(object, "cpus", bench->cpus);
	put_bytes(object, "memory", bench->memory);
	json_put_int(object, "runs", bench->wanted_runs);
	json_put_bool(object, "interrupted", bench->interrupted);
	json_put(object, "counts", counts_of(bench));
	put_asked(bench, object, "baseline", bench->baseline);
	put_known(object, "serial_share", bench->serial, bench->serial >= 0);
	if (bench->largest >= 0)
		json_put(object, "held_back", held_back(bench));
	else
		json_put_null(object, "held_back");
	put_asked(bench, object, "best", bench->best);
	put_asked(bench, object, "advice", bench->advised);
	json_dump(object, out);
	json_free(object);
}
