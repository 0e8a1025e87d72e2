/* `xtop history TEST`; `xtop history export FILE` and `xtop history import FILE…`, for the caches of CI and for
 * shards. */
#include "store/history.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/history_show.h"

#include <stdio.h>
#include <string.h>

#define USAGE "expected `xtop history TEST`, `xtop history export FILE` or `xtop history import FILE...`"

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

/* Takes the object. */
static void print_json(struct json *object)
{
	struct str out = STR_INIT;

	json_dump(object, &out);
	puts(out.data);
	str_fini(&out);
	json_free(object);
}

static void tell_exported(struct history *snapshot, const char *file, bool as_json)
{
	size_t tests = history_test_count(snapshot);

	if (!as_json) {
		printf("xtop: wrote the history of %zu test%s to %s (fingerprint %s)\n", tests, plural(tests), file,
		       history_fingerprint(snapshot));
		return;
	}
	struct json *object = json_new_object();
	json_put_int(object, "v", 1);
	json_put_text(object, "file", slice_of(file));
	json_put_int(object, "tests", (int64_t)tests);
	json_put_text(object, "fingerprint", slice_of(history_fingerprint(snapshot)));
	print_json(object);
}

static void tell_imported(size_t runs, size_t files, bool as_json)
{
	if (!as_json) {
		printf("xtop: added %zu run%s of %zu file%s to the history\n", runs, plural(runs), files,
		       plural(files));
		return;
	}
	struct json *object = json_new_object();
	json_put_int(object, "v", 1);
	json_put_int(object, "runs", (int64_t)runs);
	json_put_int(object, "files", (int64_t)files);
	print_json(object);
}

static int export_to(struct history *history, const char *file, bool as_json, struct error *error)
{
	if (history_export(history, file, error) != 0)
		return -1;
	/* Read again as a shard will: another run may have gone on writing meanwhile. */
	struct history *snapshot = history_open(file, true, error);
	int status = snapshot ? history_load(snapshot, error) : -1;
	if (status == 0)
		tell_exported(snapshot, file, as_json);
	history_close(snapshot);
	return status;
}

static int import_all(struct history *history, char *const *files, size_t count, bool as_json,
		      struct error *error)
{
	size_t runs = 0;

	for (size_t i = 0; i < count; i++) {
		size_t added;
		if (history_import(history, files[i], &added, error) != 0)
			return -1;
		runs += added;
	}
	tell_imported(runs, count, as_json);
	return 0;
}

int cli_history(struct config *config, char *const *operands, size_t count)
{
	struct error error = ERROR_INIT;
	bool export = count > 0 && strcmp(operands[0], "export") == 0;
	bool import = count > 0 && strcmp(operands[0], "import") == 0;

	if (count == 1 && !export && !import)
		return cli_history_show(config, operands[0]);
	if (!(export && count == 2) && !(import && count >= 2))
		return cli_fail(EXIT_USAGE, USAGE);
	/* What is only read isn't made: there is nothing to tell of a history that no run has begun. */
	struct history *history = history_open(config->history_file, export, &error);
	int status = -1;
	if (history)
		status = export ? export_to(history, operands[1], config->json, &error)
				: import_all(history, operands + 1, count - 1, config->json, &error);
	history_close(history);
	return status == 0 ? cli_close_output(EXIT_OK) : cli_fail(EXIT_USAGE, error.message);
}
