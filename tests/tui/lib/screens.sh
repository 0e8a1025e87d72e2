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

# Messages of each level, of several lines, and of a suite's own process.
log() {
	cat <<END
0.5 log level=note name=pytest message="conftest.py: using the database at /tmp/db"
0.5 log level=note name=pytest message="    \e[33mindented\e[0m, bell \x07, and longer than a line of a terminal that is eighty columns wide"
0.6 log level=warning message="the suite opens sockets while it is collected: it is started by spawn\ntests/conftest.py:12: socket.socket()\n\ttests/net.py:3: urlopen()"
4.5 collect.error suite=demo file=tests/broken.py message="ImportError: no module named 'nowhere'"
4.6 worker.died worker=1 incarnation=1 pid=4002 signal=9 message="was killed by SIGKILL"
END
}
# What pytest says at its end.
summary() {
	cat <<'END'
36.3 log level=note name=pytest message="\n================================ tests coverage ================================\n_______________ coverage: platform linux, python 3.11.2-final-0 ________________\n\nName                  Stmts   Miss  Cover   Missing\n---------------------------------------------------\n  src/\e[31mnet.py\e[0m             120     12    90%   3-8, 77\n  src/日本.py             10      0   100%\n---------------------------------------------------\nTOTAL                   130     12    91%\nRequired test coverage of 90% reached. Total coverage: 90.77%\n"
END
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
