/* The part of fs.h that only handles the text of paths. */
#include "base/alloc.h"
#include "base/fs.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *fs_join(const char *directory, const char *name)
{
	size_t length = strlen(directory);

	if (name[0] == '/' || length == 0)
		return alloc_string(name);
	if (name[0] == '\0')
		return alloc_string(directory);
	return alloc_format("%s%s%s", directory, directory[length - 1] == '/' ? "" : "/", name);
}

/* Appends the components of `path` to `clean`, which holds no slash at its end ("" is the root). */
static void add_components(struct str *clean, const char *path)
{
	while (*path) {
		size_t length = strcspn(path, "/");

		if (length == 2 && path[0] == '.' && path[1] == '.') {
			while (clean->length > 0 && clean->data[clean->length - 1] != '/')
				clean->length--;
			if (clean->length > 0)
				clean->length--;
			if (clean->capacity)
				clean->data[clean->length] = '\0';
		} else if (length > 0 && !(length == 1 && path[0] == '.')) {
			str_add_char(clean, '/');
			str_add(clean, path, length);
		}
		path += length;
		while (*path == '/')
			path++;
	}
}

char *fs_absolute(const char *path)
{
	struct str clean = STR_INIT;

	if (path[0] != '/') {
		char *here = getcwd(NULL, 0);

		/* Without a working directory (it was removed) there is nothing true to say; the root
		 * is at least absolute. Linux says "(unreachable)…" for one outside of the root. */
		if (here && here[0] == '/')
			add_components(&clean, here);
		free(here);
	}
	add_components(&clean, path);
	if (clean.length == 0)
		str_add_char(&clean, '/');
	return str_take(&clean);
}

char *fs_relative(const char *path, const char *base)
{
	size_t length = strlen(base);

	while (length > 0 && base[length - 1] == '/')
		length--;
	if (strncmp(path, base, length) != 0 || (path[length] != '/' && path[length] != '\0'))
		return alloc_string(path);
	path += length;
	while (*path == '/')
		path++;
	return alloc_string(*path ? path : ".");
}

char *fs_directory_of(const char *path)
{
	size_t length = strlen(path);

	while (length > 0 && path[length - 1] == '/') /* slashes at the end */
		length--;
	if (length == 0)
		return alloc_string(path[0] == '/' ? "/" : ".");
	while (length > 0 && path[length - 1] != '/') /* the name */
		length--;
	if (length == 0)
		return alloc_string(".");
	while (length > 1 && path[length - 1] == '/') /* the slashes before it */
		length--;
	return alloc_string_n(path, length);
}

const char *fs_name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
