/* What one run was like, by the events that it prints (xtop-events(5)). */
#ifndef XTOP_CLI_BENCH_EVENTS_H
#define XTOP_CLI_BENCH_EVENTS_H

#include "base/str.h"
#include "cli/bench_numbers.h"

struct bench_events;

struct bench_events *bench_events_new(void);
void bench_events_free(struct bench_events *events); /* NULL is fine */
/* Takes a line. It costs next to nothing while the run goes on: lines are read later, in
 * bench_events_conclude. */
void bench_events_add(struct bench_events *events, struct slice line);
/* Fills all of `run` that events tell (all but wall, cpu and largest_process). false: the run did not come
 * to its end, or these are no events. */
bool bench_events_conclude(struct bench_events *events, struct bench_run *run);

#endif
