/* Numbers as a dashboard shows them: short, and of the same width as they grow. */
#ifndef XTOP_TUI_FORMAT_H
#define XTOP_TUI_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define FORMAT_SIZE 24

/* Each fills `buffer` and returns it. Times in ns. */
const char *format_duration(char buffer[FORMAT_SIZE], uint64_t duration); /* "0.32s" "12.3s" "2m03s" */
const char *format_age(char buffer[FORMAT_SIZE], uint64_t age);           /* whole: "0s" "31s" "2m03s" */
const char *format_clock(char buffer[FORMAT_SIZE], uint64_t elapsed);     /* "0:42" "1:02:03" */
const char *format_bytes(char buffer[FORMAT_SIZE], uint64_t bytes);       /* "64K" "212M" "3.1G" */

#endif
