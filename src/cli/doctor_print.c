#include "cli/doctor.h"

#include "base/json.h"
#include "base/utf8.h"
#include "report/style.h"

#include <math.h>
#include <string.h>
#include <sys/utsname.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

/* A line: what it is about, what was found, and where from (NULL: that needs no words). Takes what is in
 * `value`. */
static void add_line(struct str *out, const char *name, struct str *value, const char *source)
{
	str_add_format(out, "  %-22s", name);
	utf8_add_visible(out, value->data, value->length, false);
	if (source && *source) {
		size_t width = utf8_text_width(value->data, value->length);
		str_add_format(out, "%*s", width < 12 ? (int)(12 - width) : 2, "");
		utf8_add_visible(out, source, strlen(source), false);
	}
	str_add_char(out, '\n');
	str_clear(value);
}

static void add_text(struct str *out, const char *name, const char *value, const char *source)
{
	struct str text = STR_INIT;
	str_add_text(&text, value);
	add_line(out, name, &text, source);
	str_fini(&text);
}

static void add_number(struct str *out, const char *name, uint64_t value, const char *source)
{
	struct str text = STR_INIT;
	str_add_format(&text, "%llu", (unsigned long long)value);
	add_line(out, name, &text, source);
	str_fini(&text);
}

static void add_memory(const struct cpus_count *cpus, struct str *out)
{
	struct str text = STR_INIT;
	if (*cpus->memory_file)
		style_add_size(&text, cpus->memory);
	else
		str_add_text(&text, "not known");
	add_line(out, "memory to be had", &text, cpus->memory_file);
	if (cpus->worker_memory)
		style_add_size(&text, cpus->worker_memory);
	else
		str_add_text(&text, "not known");
	add_line(out, "a worker took", &text, cpus->worker_memory ? "history" : "the history does not tell");
	if (cpus->by_memory)
		add_number(out, "for so many it is", cpus->by_memory, NULL);
	str_fini(&text);
}

static void add_workers(const struct doctor *doctor, struct str *out)
{
	const struct cpus_count *cpus = &doctor->cpus;
	const struct config *config = doctor->config;
	struct str text = STR_INIT;
	str_add_format(out, "workers: -n auto means %u (and never more than there are tests)\n",
		       doctor->automatic);
	if (cpus->told)
		add_number(out, "told", cpus->told, "PYTEST_XDIST_AUTO_NUM_WORKERS, instead of what follows");
	add_number(out, "CPUs", cpus->online, "/sys/devices/system/cpu/online");
	add_number(out, "for this process", cpus->affinity, "sched_getaffinity(2)");
	if (cpus->quota < INFINITY)
		str_add_format(&text, "%.3g", cpus->quota);
	else
		str_add_text(&text, "none");
	add_line(out, "quota", &text, cpus->quota_file);
	add_memory(cpus, out);
	if (doctor->files == UINT64_MAX)
		add_text(out, "open files", "no limit", NULL);
	else {
		str_add_format(&text, "ulimit -n, for %u worker%s", cpus_by_files(doctor->files),
			       cpus_by_files(doctor->files) == 1 ? "" : "s");
		add_number(out, "open files", doctor->files, text.data);
	}
	if (config->max_workers > 0)
		add_number(out, "at most", (uint64_t)config->max_workers, "--maxprocesses");
	if (config->workers >= 0)
		add_number(out, "configured", (uint64_t)config->workers, "-n, instead of auto");
	str_fini(&text);
}

static void describe_history(const struct doctor *doctor, struct str *out)
{
	if (doctor->config->no_history) {
		str_add_text(out, "none: --no-history");
	} else if (!doctor->history_size) {
		str_add_text(out, "none yet; the first run begins it");
	} else if (!doctor->history_usable) {
		str_add_format(out, "can't be used: %s", doctor->history_problem);
	} else {
		style_add_count(out, doctor->history_tests, "test");
		str_add_text(out, ", ");
		style_add_size(out, doctor->history_size);
		str_add_format(out, "%s, fingerprint %s",
			       doctor->history_snapshot ? ", a snapshot that is only read" : "",
			       doctor->history_fingerprint);
	}
}

/* What a run that says nothing of --dist takes. */
static const char *mode_of(const struct doctor *doctor)
{
	if (doctor->config->dist)
		return doctor->config->dist;
	return doctor->history_durations ? "duration" : "load";
}

static const char *why_mode(const struct doctor *doctor)
{
	if (doctor->config->dist)
		return "--dist";
	return doctor->history_durations ? "the history knows how long tests take"
					 : "the history does not know how long tests take";
}

static void add_project(const struct doctor *doctor, struct str *out)
{
	const struct config *config = doctor->config;
	struct str text = STR_INIT;
	str_add_text(out, "\nproject\n");
	add_text(out, "root", config->root, NULL);
	add_text(out, "configuration", config->config_file ? config->config_file : "none", NULL);
	add_text(out, "history file", config->history_file, NULL);
	describe_history(doctor, &text);
	add_line(out, "history", &text, NULL);
	add_text(out, "distribution", mode_of(doctor), why_mode(doctor));
	str_fini(&text);
}

static void add_pytest(const struct doctor *doctor, struct str *out)
{
	str_add_text(out, "\npytest\n");
	if (doctor->python)
		add_text(out, "Python", doctor->python_version ? doctor->python_version : "not known",
			 doctor->python);
	if (doctor->pytest_version)
		add_text(out, "pytest", doctor->pytest_version, NULL);
	if (doctor->pytest_problem)
		add_text(out, doctor->python ? "pytest" : "Python", doctor->pytest_problem, NULL);
}

static void add_libraries(const struct doctor *doctor, struct str *out)
{
	str_add_text(out, "\nlibraries\n");
	for (size_t i = 0; i < doctor->libraries.length; i += 2) {
		const char *version = doctor->libraries.items[i + 1];
		add_text(out, doctor->libraries.items[i], version ? version : "not known", NULL);
	}
}

void doctor_add_report(const struct doctor *doctor, struct str *out)
{
	struct utsname name;
	str_add_format(out, "xtop %s", PACKAGE_VERSION);
	if (uname(&name) == 0)
		str_add_format(out, ", %s %s, %s", name.sysname, name.release, name.machine);
	str_add_text(out, "\n\n");
	add_workers(doctor, out);
	add_project(doctor, out);
	add_pytest(doctor, out);
	add_libraries(doctor, out);
}

static void put_text(struct json *object, const char *key, const char *text)
{
	if (text && *text)
		json_put_text(object, key, slice_of(text));
	else
		json_put_null(object, key);
}

static void put_number(struct json *object, const char *key, uint64_t number, bool known)
{
	if (known && number <= INT64_MAX)
		json_put_int(object, key, (int64_t)number);
	else
		json_put_null(object, key);
}

static struct json *workers_of(const struct doctor *doctor)
{
	const struct cpus_count *cpus = &doctor->cpus;
	const struct config *config = doctor->config;
	struct json *workers = json_new_object();
	json_put_int(workers, "auto", doctor->automatic);
	put_number(workers, "told", cpus->told, cpus->told);
	json_put_int(workers, "online", cpus->online);
	json_put_int(workers, "affinity", cpus->affinity);
	json_put_real(workers, "quota", cpus->quota);
	put_text(workers, "quota_file", cpus->quota_file);
	put_number(workers, "memory", cpus->memory, *cpus->memory_file);
	put_text(workers, "memory_file", cpus->memory_file);
	put_number(workers, "worker_memory", cpus->worker_memory, cpus->worker_memory);
	put_number(workers, "by_memory", cpus->by_memory, cpus->by_memory);
	put_number(workers, "files", doctor->files, doctor->files != UINT64_MAX);
	put_number(workers, "by_files", cpus_by_files(doctor->files), doctor->files != UINT64_MAX);
	put_number(workers, "maxprocesses", (uint64_t)config->max_workers, config->max_workers > 0);
	put_number(workers, "configured", (uint64_t)config->workers, config->workers >= 0);
	return workers;
}

static struct json *history_of(const struct doctor *doctor)
{
	struct json *history = json_new_object();
	put_text(history, "file", doctor->config->no_history ? NULL : doctor->config->history_file);
	json_put_bool(history, "usable", doctor->history_usable);
	put_text(history, "problem", doctor->history_problem);
	json_put_int(history, "size", (int64_t)doctor->history_size);
	json_put_int(history, "tests", (int64_t)doctor->history_tests);
	json_put_bool(history, "durations", doctor->history_durations);
	json_put_bool(history, "snapshot", doctor->history_snapshot);
	put_text(history, "fingerprint", doctor->history_fingerprint);
	return history;
}

static struct json *pytest_of(const struct doctor *doctor)
{
	struct json *pytest = json_new_object();
	put_text(pytest, "python", doctor->python);
	put_text(pytest, "python_version", doctor->python_version);
	put_text(pytest, "version", doctor->pytest_version);
	put_text(pytest, "problem", doctor->pytest_problem);
	return pytest;
}

void doctor_add_json(const struct doctor *doctor, struct str *out)
{
	struct json *object = json_new_object(), *libraries = json_new_object();
	json_put_int(object, "v", 1);
	json_put_text(object, "version", slice_of(PACKAGE_VERSION));
	json_put(object, "workers", workers_of(doctor));
	put_text(object, "root", doctor->config->root);
	put_text(object, "configuration", doctor->config->config_file);
	json_put(object, "history", history_of(doctor));
	put_text(object, "distribution", mode_of(doctor));
	json_put(object, "pytest", pytest_of(doctor));
	for (size_t i = 0; i < doctor->libraries.length; i += 2)
		put_text(libraries, doctor->libraries.items[i], doctor->libraries.items[i + 1]);
	json_put(object, "libraries", libraries);
	json_dump(object, out);
	json_free(object);
}
