/* `xtop history export FILE` and `xtop history import FILE…`: for the caches of CI, and for shards. */
#include "store/history.h"
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#define USAGE "expected `xtop history export FILE` or `xtop history import FILE...`"

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static int export_to(struct history *history, const char *file, struct error *error)
{
	if (history_export(history, file, error) != 0)
		return -1;
	/* Read again as a shard will: another run may have gone on writing meanwhile. */
	struct history *snapshot = history_open(file, true, error);
	int status = snapshot ? history_load(snapshot, error) : -1;
	if (status == 0) {
		size_t tests = history_test_count(snapshot);
		printf("xtop: wrote the history of %zu test%s to %s (fingerprint %s)\n", tests, plural(tests),
		       file, history_fingerprint(snapshot));
	}
	history_close(snapshot);
	return status;
}

static int import_all(struct history *history, char *const *files, size_t count, struct error *error)
{
	size_t runs = 0;

	for (size_t i = 0; i < count; i++) {
		size_t added;
		if (history_import(history, files[i], &added, error) != 0)
			return -1;
		runs += added;
	}
	printf("xtop: added %zu run%s of %zu file%s to the history\n", runs, plural(runs), count,
	       plural(count));
	return 0;
}

int cli_history(struct config *config, char *const *operands, size_t count)
{
	struct error error = ERROR_INIT;
	bool export = count > 0 && strcmp(operands[0], "export") == 0;
	bool import = count > 0 && strcmp(operands[0], "import") == 0;

	if (!(export && count == 2) && !(import && count >= 2))
		return cli_fail(EXIT_USAGE, USAGE);
	/* What is only read isn't made: there is nothing to tell of a history that no run has begun. */
	struct history *history = history_open(config->history_file, export, &error);
	int status = -1;
	if (history)
		status = export ? export_to(history, operands[1], &error)
				: import_all(history, operands + 1, count - 1, &error);
	history_close(history);
	return status == 0 ? cli_close_output(EXIT_OK) : cli_fail(EXIT_USAGE, error.message);
}
