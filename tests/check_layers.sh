#!/bin/sh
# Holds src/ to the layers and walls of tests/layers.txt. TAP on stdout.
# Usage: check_layers.sh [TOP]
set -u
top=${1:-${srcdir:-$(dirname "$0")/..}}
cd "$top" || exit 99

find src include -name '*.[ch]' | LC_ALL=C sort | xargs awk '
function complain(text) { problems[++problem_count] = FILENAME ":" FNR ": " text }
function layer_of(path,   parts) { split(path, parts, "/"); return parts[2] }

FILENAME == "tests/layers.txt" {
	if ($1 == "layer")
		rank[$2] = ++layer_count
	else if ($1 == "wall") {
		wall = $2
		for (i = 3; i <= NF; i++)
			walls[wall] = walls[wall] " " $i
	}
	next
}

FNR == 1 {
	files++
	public = FILENAME ~ /^include\//
	free = FILENAME == "src/main.c"
	own = public || free ? "" : layer_of(FILENAME)
	if (own != "" && !(own in rank))
		complain("src/" own "/ is no layer of tests/layers.txt")
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, quoted, "\"")
	name = quoted[2]
	other = name
	if (!sub(/\/.*/, "", other))
		complain("\"" name "\": write it with its layer, as in \"base/str.h\"")
	else if (other == "xtop")
		;
	else if (public)
		complain("\"" name "\": a public header may include public headers only")
	else if (!(other in rank))
		complain("\"" name "\": " other "/ is no layer")
	else if (!free && own in rank && rank[other] > rank[own])
		complain("\"" name "\": " own "/ may not see " other "/, which is built on it")
}

/^[ \t]*#[ \t]*include[ \t]*</ {
	name = $0
	sub(/^[^<]*</, "", name)
	sub(/>.*/, "", name)
	for (wall in walls) {
		if (name != wall && index(name, wall "/") != 1 && name !~ ("/" wall "$"))
			continue
		count = split(walls[wall], places, " ")
		inside = 0
		for (i = 1; i <= count; i++)
			if (index(FILENAME, places[i]) == 1)
				inside = 1
		if (!inside)
			complain("<" name "> is for" walls[wall] " only")
	}
}

END {
	print "1..1"
	if (!layer_count || !files)
		complain("found no layers or no files to look at")
	for (i = 1; i <= problem_count; i++)
		print "# " problems[i]
	print (problem_count ? "not ok" : "ok") " 1 - includes of " files + 0 " files keep to layers and walls"
	exit problem_count > 0
}
' tests/layers.txt
