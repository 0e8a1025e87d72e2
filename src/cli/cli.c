#include "cli/cli.h"

#include "base/str.h"

#include <stdio.h>

char *cli_command_line(int argc, char *const argv[])
{
	struct str line = STR_INIT;
	str_add_text(&line, "xtop");
	for (int i = 1; i < argc; i++) {
		str_add_char(&line, ' ');
		str_add_shell_quoted(&line, argv[i]);
	}
	return str_take(&line);
}

int cli_fail(int code, const char *message)
{
	fflush(stdout);
	fprintf(stderr, "xtop: %s\n", message);
	return code;
}
