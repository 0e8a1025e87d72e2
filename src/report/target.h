/* Files that reports are written to: known before the run whether they can be. */
#ifndef XTOP_REPORT_TARGET_H
#define XTOP_REPORT_TARGET_H

#include "base/err.h"

/* Makes the directories that are missing, and sees whether a file can be made or replaced there: a few bytes are
 * written beside it, and removed again. A device or a pipe is only asked for its permission. -1: it can't, and the message, which
 * begins with the path, says why. */
int target_check(const char *path, struct error *error);

/* Ends a file of lines that could not be written on behind its last whole line. */
void target_cut_back(const char *path);

#endif
