/* `xtop list` and `--collect-only`: the tests that a run would have, without running any. */
#include "cli/cli.h"

int cli_list(struct config *config, int argc, char *const argv[])
{
	config->collect_only = true;
	config->tui = TRISTATE_NO;
	return cli_run(config, argc, argv);
}
