/* `xtop doctor`: what a run would make of this machine and this project, and why. */
#include "cli/doctor.h"

#include "adapter/pytest.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/child.h"
#include "cli/cli.h"
#include "store/history.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <uv.h>

#define PYTHON_LIMIT (20 * CLOCK_SECOND)

/* Not what lies in the current directory: pytest's tests don't get that either. */
static const char ask_python[] = "import json, platform, sys\n"
				 "sys.path[:] = [path for path in sys.path if path]\n"
				 "try:\n"
				 "    import pytest\n"
				 "    found, problem = pytest.__version__, None\n"
				 "except Exception as error:\n"
				 "    found, problem = None, '%s: %s' % (type(error).__name__, error)\n"
				 "print('\\n' + json.dumps([platform.python_version(), found, problem]))\n";

static void look_at_workers(struct doctor *doctor, uint64_t worker_memory)
{
	const struct config *config = doctor->config;
	struct rlimit limit;
	doctor->files = UINT64_MAX;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max != RLIM_INFINITY)
		doctor->files = limit.rlim_max;
	cpus_count(worker_memory, &doctor->cpus);
	unsigned workers = doctor->cpus.workers, by_files = cpus_by_files(doctor->files);
	if (config->max_workers > 0 && (unsigned)config->max_workers < workers)
		workers = (unsigned)config->max_workers;
	if (workers > XTOP_SLOTS_MAX)
		workers = XTOP_SLOTS_MAX;
	doctor->automatic = workers < by_files ? workers : by_files;
}

/* Returns what a worker took, 0: not known. */
static uint64_t look_at_history(struct doctor *doctor)
{
	const char *path = doctor->config->history_file;
	struct error error = ERROR_INIT;
	struct stat status;
	uint64_t worker_memory = 0;
	if (doctor->config->no_history || stat(path, &status) != 0)
		return 0;
	doctor->history_size = (uint64_t)status.st_size;
	struct history *history = history_open(path, true, &error);
	if (history && history_load(history, &error) == 0) {
		doctor->history_usable = true;
		doctor->history_tests = history_test_count(history);
		doctor->history_durations = history_has_durations(history);
		doctor->history_snapshot = history_is_snapshot(history);
		doctor->history_fingerprint = alloc_string(history_fingerprint(history));
		worker_memory = history_worker_memory(history);
	} else {
		doctor->history_problem = alloc_string(error.message);
	}
	history_close(history);
	return worker_memory;
}

static char *copy_at(const struct json *array, size_t index)
{
	const char *text = json_text_at(array, index);
	return text ? alloc_string(text) : NULL;
}

/* The last line that is an answer: start-up files of a Python may print as well. */
static void on_line(void *context, struct slice line)
{
	struct doctor *doctor = context;
	struct json *answer = json_parse(line, "answer", NULL);
	if (json_count(answer) == 3) {
		free(doctor->python_version);
		free(doctor->pytest_version);
		free(doctor->pytest_problem);
		doctor->python_version = copy_at(answer, 0);
		doctor->pytest_version = copy_at(answer, 1);
		doctor->pytest_problem = copy_at(answer, 2);
	}
	json_free(answer);
}

static void ask(struct doctor *doctor, struct children *children)
{
	const char *const argv[] = { doctor->python, "-c", ask_python, NULL };
	struct error error = ERROR_INIT;
	struct child_end end;
	if (child_run(children, doctor->python, argv, PYTHON_LIMIT, on_line, doctor, &end, &error) != 0) {
		doctor->pytest_problem = alloc_string(error.message);
		return;
	}
	if (!doctor->python_version && !doctor->pytest_problem) {
		if (end.late)
			error_set(&error, "it did not answer");
		else
			error_set(&error, "it ended with %s %d", end.signaled ? "signal" : "exit code",
				  end.number);
		doctor->pytest_problem = alloc_string(error.message);
	}
	child_end_fini(&end);
}

/* The Python that a run takes, by the adapter itself. */
static void look_at_python(struct doctor *doctor, struct children *children)
{
	struct suite_config suite = { .timeout = UINT64_MAX, .reruns = -1 };
	struct error error = ERROR_INIT;
	struct launch launch;
	struct pytest_arguments arguments;
	if (pytest_command(doctor->config, &suite, &launch, &arguments, &error) != 0) {
		doctor->pytest_problem = alloc_string(error.message);
		return;
	}
	doctor->python = alloc_string(launch.argv.items[0]);
	pytest_arguments_fini(&arguments);
	launch_fini(&launch);
	ask(doctor, children);
}

static void add_library(struct doctor *doctor, const char *name, const char *version)
{
	size_t length = strlen(name);
	/* Some say their name too. */
	if (version && strncmp(version, name, length) == 0 && version[length] == ' ')
		version += length + 1;
	vec_push(&doctor->libraries, alloc_string(name));
	vec_push(&doctor->libraries, version ? alloc_string(version) : NULL);
}

static void *symbol(const char *name)
{
	return dlsym(RTLD_DEFAULT, name);
}

/* Each library is used in one place only (tests/layers.txt), and that is not here: so each is asked by the
 * name of its function. In a program without shared libraries there are no names. */
static void look_at_libraries(struct doctor *doctor)
{
	static const struct {
		const char *name, *function;
	} tellers[] = {
		{ "glibc", "gnu_get_libc_version" },      { "ncurses", "curses_version" },
		{ "libyaml", "yaml_get_version_string" }, { "jansson", "jansson_version_str" },
		{ "sqlite", "sqlite3_libversion" },       { "zlib", "zlibVersion" },
	};
	add_library(doctor, "libuv", uv_version_string());
	for (size_t i = 0; i < sizeof(tellers) / sizeof(tellers[0]); i++) {
		const char *(*tell)(void);
		void *found = symbol(tellers[i].function);
		memcpy(&tell, &found, sizeof(tell));
		if (tell || i > 0) /* another C library */
			add_library(doctor, tellers[i].name, tell ? tell() : NULL);
	}
	/* pcre2api(3): 11 is PCRE2_CONFIG_VERSION, for which 24 bytes are more than enough by that page. */
	char version[128] = "";
	int (*tell)(uint32_t what, void *where);
	void *found = symbol("pcre2_config_8");
	memcpy(&tell, &found, sizeof(tell));
	add_library(doctor, "pcre2", tell && tell(11, version) > 0 ? version : NULL);
}

static void doctor_fini(struct doctor *doctor)
{
	free(doctor->history_problem);
	free(doctor->history_fingerprint);
	free(doctor->python);
	free(doctor->python_version);
	free(doctor->pytest_version);
	free(doctor->pytest_problem);
	vec_each(&doctor->libraries, it)
		free(*it);
	vec_fini(&doctor->libraries);
}

int cli_doctor(struct config *config)
{
	struct doctor doctor = { .config = config };
	struct children children;
	struct error error = ERROR_INIT;
	struct str out = STR_INIT;
	if (children_init(&children, &error) != 0)
		return cli_fail(EXIT_INTERNAL, error.message);
	look_at_workers(&doctor, look_at_history(&doctor));
	look_at_python(&doctor, &children);
	look_at_libraries(&doctor);
	int code = children.interrupted ? EXIT_INTERRUPTED : EXIT_OK;
	children_fini(&children);
	if (config->json) {
		doctor_add_json(&doctor, &out);
		str_add_char(&out, '\n');
	} else {
		doctor_add_report(&doctor, &out);
	}
	fwrite(out.data, 1, out.length, stdout);
	str_fini(&out);
	doctor_fini(&doctor);
	return cli_close_output(code);
}
