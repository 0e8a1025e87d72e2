#!/bin/sh
# Builds every fuzz target of tests/fuzz with clang and libFuzzer in the current directory
# and runs each for FUZZ_SECONDS. `make fuzz` calls this in a directory of its own.
# What a target finds is left in the current directory as crash-*, leak-* or timeout-*.
set -eu
source=$(cd "$(dirname "$0")/../.." && pwd)
seconds=${FUZZ_SECONDS:-20}
sanitizers=address,undefined

command -v clang >/dev/null || {
	echo 'fuzz: clang is missing (Debian: clang libclang-rt-dev)' >&2
	exit 1
}
if [ ! -f Makefile ]; then
	"$source/configure" --quiet CC=clang CFLAGS='-O1 -g' --enable-sanitizers="fuzzer-no-link,$sanitizers"
fi
make -s -j"$(nproc)" libxtop.a
libraries=$(pkg-config --libs ncursesw yaml-0.1 jansson libuv zlib libpcre2-8 sqlite3)
failed=
for target in "$source"/tests/fuzz/*.c; do
	[ -f "$target" ] || continue
	name=$(basename "$target" .c)
	# shellcheck disable=SC2086 # the list of libraries is meant to be split
	clang -std=c11 -O1 -g -fsanitize="fuzzer,$sanitizers" -fno-sanitize-recover=all -include config.h \
		-I"$source/src" -I"$source/include" -o "$name" "$target" libxtop.a $libraries -lm
	mkdir -p "corpus-$name"
	seeds="$source/tests/fuzz/$name.seeds"
	[ -d "$seeds" ] || seeds=
	echo "fuzz: $name for $seconds s"
	if ! "./$name" -max_total_time="$seconds" -timeout=10 -print_final_stats=1 "corpus-$name" ${seeds:+"$seeds"} \
		>"$name.log" 2>&1; then
		failed="$failed $name"
		tail -n 50 "$name.log"
	fi
	sed -n 's/^stat::number_of_executed_units: */fuzz:   inputs tried: /p' "$name.log"
done
[ -z "$failed" ] || {
	echo "fuzz: failed:$failed" >&2
	exit 1
}
