/* The part of fs.h that finds paths by a pattern.
 *
 * The pattern's components are numbered, and a set of numbers (bits) says which of them may match next in a
 * directory.  So each directory is read once and each path is found once, however many `**` there are.
 */
#include "base/alloc.h"
#include "base/fs.h"
#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { COMPONENT_LIMIT = 63 }; /* one bit more stands for the pattern's end */

struct glob {
	VEC(char *) components;
	bool directories_only; /* the pattern ends with a slash */
	VEC(char *) found;
	struct error *error;
};

static bool is_any_depth(const char *component)
{
	return strcmp(component, "**") == 0;
}

static int split(struct glob *glob, const char *pattern, const char *whole)
{
	while (*pattern) {
		size_t length = strcspn(pattern, "/");
		char *component = alloc_string_n(pattern, length);
		char *last =
			glob->components.length ? glob->components.items[glob->components.length - 1] : NULL;

		pattern += length;
		glob->directories_only = *pattern == '/';
		while (*pattern == '/')
			pattern++;
		/* Two `**` in a row say what one says. */
		if (length == 0 || strcmp(component, ".") == 0 ||
		    (last && is_any_depth(component) && is_any_depth(last))) {
			free(component);
			continue;
		}
		vec_push(&glob->components, component);
	}
	if (glob->components.length > 0 && is_any_depth(glob->components.items[glob->components.length - 1]))
		vec_push(&glob->components, alloc_string("*")); /* everything below, at any depth */
	if (glob->components.length > COMPONENT_LIMIT)
		return error_set(glob->error, "'%s': a pattern has at most %d parts, this one has %zu", whole,
				 COMPONENT_LIMIT, glob->components.length);
	return 0;
}

/* Copies a component that is no pattern, without its backslashes. NULL: it is a pattern. */
static char *literal(const char *component)
{
	char *text, *to;

	text = to = alloc_string(component);
	for (; *component; component++) {
		if (strchr("*?[", *component)) {
			free(text);
			return NULL;
		}
		if (*component == '\\' && component[1])
			component++;
		*to++ = *component;
	}
	*to = '\0';
	return text;
}

/* Adds what may be skipped: `**` matches no directory as well. */
static uint64_t closure(const struct glob *glob, uint64_t set)
{
	for (size_t i = 0; i < glob->components.length; i++) {
		if (set >> i & 1 && is_any_depth(glob->components.items[i]))
			set |= UINT64_C(1) << (i + 1);
	}
	return set;
}

/* The components that may come next, below an entry of this name. */
static uint64_t step(const struct glob *glob, uint64_t set, const char *name, bool is_real_directory)
{
	uint64_t next = 0;

	for (size_t i = 0; i < glob->components.length; i++) {
		if (!(set >> i & 1))
			continue;
		if (is_any_depth(glob->components.items[i])) {
			/* Links are not followed here: they may lead back up. */
			if (is_real_directory && name[0] != '.')
				next |= UINT64_C(1) << i;
		} else if (fnmatch(glob->components.items[i], name, FNM_PERIOD) == 0) {
			next |= UINT64_C(1) << (i + 1);
		}
	}
	return closure(glob, next);
}

struct entry {
	char *name;
	unsigned char type; /* as in struct dirent, known where it matters */
};

struct entries {
	VEC(struct entry) list;
};

static void entries_fini(struct entries *entries)
{
	vec_each(&entries->list, entry)
		free(entry->name);
	vec_fini(&entries->list);
}

static unsigned char type_of(int directory, const struct dirent *entry)
{
	struct stat info;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type;
	if (fstatat(directory, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
		return DT_UNKNOWN;
	return S_ISDIR(info.st_mode) ? DT_DIR : S_ISLNK(info.st_mode) ? DT_LNK : DT_REG;
}

/* Reads a directory to its end before anything below is opened, so that depth costs no descriptors.
 * Returns 0, or an errno. */
static int read_entries(const char *path, struct entries *entries)
{
	DIR *stream = opendir(path);
	struct dirent *entry;
	int number;

	if (!stream)
		return errno;
	while (errno = 0, (entry = readdir(stream)) != NULL) {
		struct entry copy;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		copy.name = alloc_string(entry->d_name);
		copy.type = type_of(dirfd(stream), entry);
		vec_push(&entries->list, copy);
	}
	number = errno;
	closedir(stream);
	return number;
}

/* A directory in the middle of the search that can't be read is passed over, as a shell does it. */
static bool is_passed_over(int number)
{
	return number == EACCES || number == ENOENT || number == ENOTDIR || number == ELOOP ||
	       number == ENAMETOOLONG;
}

/* Lengthens a path by a name; the caller cuts it back to the length that is returned. */
static size_t extend(struct str *path, const char *name)
{
	size_t length = path->length;

	if (length > 0 && path->data[length - 1] != '/')
		str_add_char(path, '/');
	str_add_text(path, name);
	return length;
}

static void cut(struct str *path, size_t length)
{
	path->length = length;
	if (path->capacity)
		path->data[length] = '\0';
}

static int walk(struct glob *glob, struct str *full, struct str *relative, uint64_t set, bool is_start)
{
	const uint64_t end = UINT64_C(1) << glob->components.length;
	struct entries entries = { .list = VEC_INIT };
	int status = 0;
	int number = read_entries(full->data, &entries);

	if (number != 0 && (!is_passed_over(number) || (is_start && number == EACCES)))
		status = error_set_errno(glob->error, number, "%s", full->data);
	vec_each(&entries.list, entry) {
		uint64_t next = step(glob, set, entry->name, entry->type == DT_DIR);
		size_t full_length, relative_length;

		if (status != 0)
			break;
		if (!next)
			continue;
		full_length = extend(full, entry->name);
		relative_length = extend(relative, entry->name);
		if (next & end && (!glob->directories_only || fs_is_directory(full->data)))
			vec_push(&glob->found, alloc_string(relative->data));
		if (next & ~end && (entry->type == DT_DIR || entry->type == DT_LNK))
			status = walk(glob, full, relative, next & ~end, false);
		cut(full, full_length);
		cut(relative, relative_length);
	}
	entries_fini(&entries);
	return status;
}

/* Goes along the components that are no patterns (".." among them) without reading directories, then
 * walks. */
static int search(struct glob *glob, struct str *full, struct str *relative)
{
	struct stat info;
	size_t first = 0;

	for (; first < glob->components.length; first++) {
		char *name = literal(glob->components.items[first]);

		if (!name)
			break;
		extend(full, name);
		extend(relative, name);
		free(name);
	}
	if (first < glob->components.length)
		return walk(glob, full, relative, closure(glob, UINT64_C(1) << first), true);
	if (lstat(full->data, &info) == 0 && (!glob->directories_only || fs_is_directory(full->data)))
		vec_push(&glob->found, alloc_string(relative->data));
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int fs_glob(const char *directory, const char *pattern,
	    void (*found)(void *context, const char *relative_path), void *context, struct error *error)
{
	struct glob glob = { .components = VEC_INIT, .found = VEC_INIT, .error = error };
	struct str full = STR_INIT;
	struct str relative = STR_INIT;
	int count = -1;

	if (split(&glob, pattern, pattern) != 0)
		goto done;
	if (pattern[0] == '/') {
		str_add_char(&full, '/');
		str_add_char(&relative, '/');
	} else {
		str_add_text(&full, directory);
	}
	if (glob.components.length == 0) {
		error_set(error, "'%s': expected a pattern for paths", pattern);
		goto done;
	}
	if (search(&glob, &full, &relative) != 0)
		goto done;
	if (glob.found.length > 0)
		qsort(glob.found.items, glob.found.length, sizeof(*glob.found.items), compare);
	vec_each(&glob.found, path)
		found(context, *path);
	count = (int)glob.found.length;
done:
	vec_each(&glob.components, component)
		free(*component);
	vec_fini(&glob.components);
	vec_each(&glob.found, path)
		free(*path);
	vec_fini(&glob.found);
	str_fini(&full);
	str_fini(&relative);
	return count;
}
