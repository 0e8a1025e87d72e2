# Golden screens, for the scripts of tests/tui: what the driver prints for a script of events and keys is compared with
# golden/NAME.txt. With --update the files are written anew. TAP on stdout.
#
#     . "$srcdir/tests/tui/lib/screens.sh"
#     screen NAME [OPTION OF THE DRIVER]… <<END
#     …
#     END
#     screens_end
export LC_ALL=C.UTF-8
tui="${srcdir:-$(dirname "$0")/../..}/tests/tui"
driver=${TUI_DRIVER:-${builddir:-.}/tests/tui/tui_driver}
update=
[ "${1-}" = --update ] && update=yes

if ! [ -x "$driver" ]; then
	echo "Bail out! $driver is not built"
	exit 99
fi
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT

: >"$scratch/results"

# Counted in a file: behind a pipe a shell's variables are lost.
result() {
	echo "$1" >>"$scratch/results"
	number=$(wc -l <"$scratch/results")
	echo "$1 $((number)) - $2"
}

# The events of a run in its middle, 36 seconds old.
demo() {
	cat "$tui/demo.events"
	echo now 36.2
}

screen() {
	name=$1
	shift
	if ! "$driver" "$@" >"$scratch/found" 2>"$scratch/errors"; then
		sed 's/^/# /' "$scratch/errors"
		result "not ok" "$name: the driver failed"
	elif [ -n "$update" ]; then
		cp "$scratch/found" "$tui/golden/$name.txt"
		result ok "$name # written"
	elif diff "$tui/golden/$name.txt" "$scratch/found" >"$scratch/difference" 2>&1; then
		result ok "$name"
	else
		sed 's/^/# /' "$scratch/difference"
		result "not ok" "$name"
	fi
}

screens_end() {
	number=$(wc -l <"$scratch/results")
	echo "1..$((number))"
	! grep -q not "$scratch/results"
	exit
}
