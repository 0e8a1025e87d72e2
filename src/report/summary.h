/* The closing sections of a plain report. */
#ifndef XTOP_REPORT_SUMMARY_H
#define XTOP_REPORT_SUMMARY_H

#include "report/report.h"
#include "report/style.h"

#include <stdbool.h>

/* Everything but the closing line. `with_suite`: names of tests tell their suite. */
void summary_write(FILE *out, const struct plain_options *options, const struct style *style,
		   const struct run *run, bool with_suite);

#endif
