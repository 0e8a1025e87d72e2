#include "adapter/nearest.h"

#include "base/fs.h"
#include "base/vec.h"
#include "config/pytest_project.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* The entry of a directory that is nearest to a name; the caller frees it. NULL: none is near. */
static char *nearest_entry(const char *directory, const char *name)
{
	DIR *stream = opendir(directory);
	VEC(char *) names = VEC_INIT;
	const struct dirent *entry;
	const char *nearest;
	char *found;

	if (!stream)
		return NULL;
	while ((entry = readdir(stream)) != NULL) {
		if (entry->d_name[0] != '.')
			vec_push(&names, alloc_string(entry->d_name));
	}
	closedir(stream);
	nearest = text_nearest(name, (const char *const *)names.items, names.length);
	found = nearest ? alloc_string(nearest) : NULL;
	vec_each(&names, it)
		free(*it);
	vec_fini(&names);
	return found;
}

/* A path that is there and differs in one name from one that is not; the caller frees it. NULL: none is near. */
static char *nearest_path(const char *path)
{
	char *directory = fs_directory_of(path);
	char *name = alloc_string(fs_name_of(path));
	char *found = NULL;

	if (fs_is_directory(directory)) {
		found = nearest_entry(directory, name);
	} else if (strcmp(directory, path) != 0) {
		char *other = nearest_path(directory);

		free(directory);
		directory = other;
		found = directory ? alloc_string(name) : NULL;
	}
	if (found) {
		char *joined = fs_join(directory, found);

		free(found);
		found = joined;
		if (!fs_exists(found)) {
			free(found);
			found = NULL;
		}
	}
	free(name);
	free(directory);
	return found;
}

char *nearest_argument(const char *text)
{
	char *path = pytest_path_of(text);
	char *absolute = fs_absolute(path);
	char *nearest = nearest_path(absolute);
	char *found = NULL;

	if (nearest) {
		char *here = fs_absolute(".");
		char *relative = fs_relative(nearest, here);

		found = alloc_format("%s%s", relative, pytest_id_of(text));
		free(relative);
		free(here);
	}
	free(nearest);
	free(absolute);
	free(path);
	return found;
}
