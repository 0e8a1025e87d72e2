/* The commit that the project's git checkout is at, read from its files: git need not be installed. */
#ifndef XTOP_STORE_COMMIT_H
#define XTOP_STORE_COMMIT_H

/* 40 or 64 hexadecimal digits, the caller's to free. NULL: `root` (absolute) is in no checkout, nothing is
 * committed there yet, or it is kept in a way that is not known here. Changes that are not committed don't
 * count. */
char *commit_of(const char *root);

#endif
