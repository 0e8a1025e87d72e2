/* Events to bytes and back: the binary codec of the ring and the journal, and NDJSON.
 *
 * Binary: a record is the type (one byte), t as field 0, then the fields that are there
 * (base/wire.h), in the order of their numbers.
 */
#ifndef XTOP_EVENT_CODEC_H
#define XTOP_EVENT_CODEC_H

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "xtop/event.h"

/* All zero but for the type. */
void event_init(struct event *event, enum event_type type);

/* Names, in static memory; NULL: no such type, outcome … */
const char *event_type_name(enum event_type type); /* "test.found" */
const char *outcome_name(enum outcome outcome);    /* "passed"; "" for OUTCOME_NONE */
const char *event_level_name(int level);           /* "note" "warning" "error" */
const char *event_stream_name(int stream);         /* "stdout" "stderr" */
/* Failed, error, timeout or crashed: an outcome that makes a run fail. */
bool outcome_is_failure(enum outcome outcome);
/* A signal's name as "SIGSEGV", or "signal 77"; `buffer` is used for the latter. */
const char *event_signal_name(unsigned number, char buffer[32]);

void event_encode(const struct event *event, struct str *out); /* appends */
/* Texts are borrowed from `bytes`. -1: the bytes are no event that this version reads
 * (an unknown type or outcome is one: skip it). What it gives can be trusted: enums are ones
 * that have a name, a worker is below XTOP_SLOTS_MAX. */
int event_decode(const void *bytes, size_t length, struct event *event);

/* The event as a JSON object with v, type, t and its fields under their names; `test` is left out
 * (a caller that knows the test puts suite and id). The caller frees it. */
struct json *event_to_json(const struct event *event);

#endif
