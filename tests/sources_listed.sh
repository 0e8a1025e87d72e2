#!/bin/sh
# sources.mk names every file that is built, tested or shipped; this checks that it
# names neither more nor less than the tree has. TAP on stdout.
# Usage: sources_listed.sh [--update]     --update writes sources.mk anew
set -u
cd "${srcdir:-$(dirname "$0")/..}" || exit 99

# What stands in the given directories, sorted, without what a build or a run leaves there.
files_below() {
	find "$@" \( -name .deps -o -name .xtop -o -name __pycache__ -o -name .pytest_cache \) -prune -o -type f \
		! -name '*.o' ! -name '*.log' ! -name '*.trs' ! -name '*~' ! -name '.*.sw?' ! -name .dirstamp \
		! -path examples/demo/quarantine.yaml -print 2>/dev/null |
		LC_ALL=C sort |
		while read -r file; do
			[ -f "$file.c" ] || printf '%s\n' "$file" # a program that was built from the file beside it
		done
}

# list VARIABLE: an assignment with a line for each line of stdin.
list() {
	awk -v name="$1" '
		{ files[++count] = $0 }
		END {
			printf "\n%s =", name
			for (i = 1; i <= count; i++)
				printf " \\\n\t%s", files[i]
			print ""
		}'
}

without_suffix() {
	sed 's/\.c$//'
}

is_script_test='^tests/\([^/]*\|cli/[^/]*\|tui/[^/]*\)\.sh$'

generate() {
	echo '# Every file that is built, tested or shipped, the sources in the order of their layers.'
	echo '# Written by tests/sources_listed.sh --update.'
	for layer in $(sed -n 's/^layer //p' tests/layers.txt); do
		files_below "src/$layer"
	done | list library_sources
	files_below include | list public_headers
	files_below man | list man_pages
	files_below python | list python_package
	files_below themes | list theme_files
	files_below tests/unit | sed -n 's/^\(tests\/unit\/test_[^/]*\)\.c$/\1/p' | list unit_tests
	files_below tests/unit | grep -v '^tests/unit/test_[^/]*\.c$' | list unit_support
	files_below tests | grep "$is_script_test" | list script_tests
	files_below tests/cli tests/tui | grep '\.c$' | without_suffix | list helper_programs
	files_below tests/model | grep '\.pml$' | list model_tests
	files_below bench | grep '_bench\.c$' | without_suffix | list bench_programs
	{
		files_below tests | grep -v -e "$is_script_test" -e '^tests/unit/' -e '^tests/model/.*\.pml$' \
			-e '^tests/cli/.*\.c$' -e '^tests/tui/.*\.c$'
		files_below bench | grep -v '_bench\.c$'
		files_below completions doc examples
	} | list shipped_files
}

if [ "${1-}" = --update ]; then
	generate >sources.mk.new && mv sources.mk.new sources.mk
	exit
fi

echo 1..1
scratch=$(mktemp) || exit 99
trap 'rm -f "$scratch"' EXIT
generate >"$scratch"
if grep -q '^	.*[^\\] [^\\]' "$scratch"; then
	echo '# a file name has a blank, which make cannot list'
	echo 'not ok 1 - sources.mk lists every file'
	exit 1
elif difference=$(diff sources.mk "$scratch"); then
	echo 'ok 1 - sources.mk lists every file'
else
	echo "$difference" | sed -n -e 's/^>[[:blank:]]*\([^ ]*\).*/# not listed: \1/p' \
		-e 's/^<[[:blank:]]*\([^ ]*\).*/# listed but gone or out of order: \1/p'
	echo '# tests/sources_listed.sh --update writes the list anew'
	echo 'not ok 1 - sources.mk lists every file'
	exit 1
fi
