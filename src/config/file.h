/* What the readers of the parts of a project file share. Private to config/. */
#ifndef XTOP_CONFIG_FILE_H
#define XTOP_CONFIG_FILE_H

#include "base/err.h"
#include "base/yaml.h"
#include "config/config.h"

/* A project file while it is read. */
struct file {
	const struct yaml *yaml;
	const char *directory; /* what relative names in it are relative to */
	struct invocation *invocation;
	struct error *error;
};

/* "key: expected WHAT, found …" at the node. Returns -1, as all that set the error here. */
int file_expected(const struct file *file, const struct yaml_node *node, const char *key, const char *what);
/* Puts the place and the key before what a function of values.h or an option said. */
int file_wrong_value(const struct file *file, const struct yaml_node *node, const char *key,
		     const struct error *cause);
/* At a key that is not among `names`: "expected a key of a suite, found …", with the one that may have been
 * meant, or, where none is near, with all of them. */
int file_unknown_key(const struct file *file, const struct yaml_node *key, const char *what,
		     const char *const *names, size_t count);

/* Nothing was written: the key stands there without a value. */
bool file_is_nothing(const struct yaml_node *node);
/* The text of a scalar; NULL, with the error set: it is none, or can't be a text of C. */
const char *file_text(const struct file *file, const struct yaml_node *node, const char *key,
		      const char *what);
/* The same, which also must not be empty. */
const char *file_filled_text(const struct file *file, const struct yaml_node *node, const char *key,
			     const char *what);
/* A scalar, or a sequence, as a list of nodes: *items and *count. */
void file_list(const struct yaml_node *const *node, const struct yaml_node *const **items, size_t *count);

/* Values that suites and rules have. */
int file_duration(const struct file *file, const struct yaml_node *node, const char *key, uint64_t *ns);
int file_reruns(const struct file *file, const struct yaml_node *node, int *reruns);
int file_mem_limit(const struct file *file, const struct yaml_node *node, uint64_t *bytes);
int file_leak(const struct file *file, const struct yaml_node *node, int *leak); /* enum leak_mode */

/* rules.c: `limits:`, which are read before `rules:`, wherever they stand. */
int file_read_limits(const struct file *file, const struct yaml_node *node);
int file_read_rules(const struct file *file, const struct yaml_node *node);
/* flaky.c: `flaky:`. */
int file_read_flaky(const struct file *file, const struct yaml_node *node);

#endif
