/* Which files below a directory were saved: a watch on each directory, through libuv (inotify(7) on Linux).
 *
 * What editors and build tools leave beside the files that people save is passed over (hidden names, backups, caches,
 * virtual environments). Changes are told in batches: once nothing more has come for a moment, because an editor writes,
 * renames and sets modes in several steps and a checkout changes many files.
 */
#ifndef XTOP_ENGINE_WATCH_TREE_H
#define XTOP_ENGINE_WATCH_TREE_H

#include "base/err.h"

#include <stddef.h>
#include <uv.h>

struct watch_tree;

/* `changed`: absolute paths of regular files, each once, that were written, made, moved there or taken away; borrowed for
 * the call. `trouble`: part of the tree can't be watched, and why; at most once. NULL: the directory can't be watched. */
struct watch_tree *watch_tree_new(uv_loop_t *loop, const char *directory,
				  void (*changed)(void *context, char *const *paths, size_t count),
				  void (*trouble)(void *context, const char *message), void *context,
				  struct error *error);
/* The file as it is now is no news: the caller had it made itself. */
void watch_tree_know(struct watch_tree *tree, const char *path);
/* Frees it once the loop has closed its handles. NULL is fine. */
void watch_tree_close(struct watch_tree *tree);

#endif
