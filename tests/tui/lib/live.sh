# A real terminal (tmux), for the scripts of tests/tui: keys go in, what it shows is waited for. TAP on stdout.
#
#     . "$srcdir/tests/tui/lib/live.sh"       makes $scratch, or skips all
#     window new-session …
#     check NAME COMMAND…
#     live_end
DEADLINE=30

if ! command -v tmux >/dev/null 2>&1; then
	echo '1..0 # SKIP tmux is missing'
	exit 0
fi
scratch=$(mktemp -d) || exit 99
socket=xtop-test-$$
# Nobody's settings, and colours as they are without hints.
export XDG_CONFIG_HOME="$scratch/config"
unset COLORFGBG COLORTERM
window() {
	tmux -u -L "$socket" -f /dev/null "$@"
}
trap 'window kill-server 2>/dev/null; rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM

number=0
# check NAME COMMAND…: waits until the command succeeds. Where it never does, what comes behind it can't either.
check() {
	name=$1
	shift
	number=$((number + 1))
	end=$(($(date +%s) + DEADLINE))
	until "$@"; do
		if [ "$(date +%s)" -ge $end ]; then
			window capture-pane -p 2>&1 | sed 's/^/# /'
			echo "not ok $number - $name"
			echo "1..$number"
			exit 1
		fi
		sleep 0.05
	done
	echo "ok $number - $name"
}

shows() {
	window capture-pane -p | grep -q -e "$1"
}
shows_both() {
	shows "$1" && shows "$2"
}
keys() {
	window send-keys "$@"
}
text() {
	window send-keys -l "$1"
}
has() {
	grep -q -e "$2" "$1" 2>/dev/null
}
same() {
	[ -s "$1" ] && cmp -s "$1" "$2"
}
is_gone() {
	! kill -0 "$1" 2>/dev/null
}
is_plain() {
	[ "$(window display-message -p '#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_flag}')" = '0 1 0 0' ]
}
terminal_is_back() {
	[ -e "$1" ] && same before "$2" && is_plain
}
live_end() {
	echo "1..$number"
}
