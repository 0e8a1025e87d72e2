/* What `xtop bench` prints. */
#ifndef XTOP_CLI_BENCH_PRINT_H
#define XTOP_CLI_BENCH_PRINT_H

#include "base/str.h"
#include "cli/bench_numbers.h"

/* As text with a bar for each count. Bars and names end at `width` columns; `ascii`: nothing beyond ASCII. */
void bench_add_report(const struct bench *bench, unsigned width, bool ascii, struct str *out);
/* As one object (xtop(1)), in one line. */
void bench_add_json(const struct bench *bench, struct str *out);

#endif
