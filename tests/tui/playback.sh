#!/bin/sh
# XTOP_SCRIPT: keys and commands that drive the real program, on a real terminal. TAP on stdout.
# shellcheck disable=SC1091
. "$srcdir/tests/lib/runs.sh"
unset TMUX NO_COLOR CI

command -v tmux >/dev/null 2>&1 || {
	echo '1..0 # SKIP tmux is missing'
	exit 0
}
socket=xtop-test-$$
window() {
	LC_ALL=C.UTF-8 tmux -u -L "$socket" -f /dev/null "$@"
}
trap 'window kill-server 2>/dev/null; clean_up' EXIT

program good.sh <<'END'
#!/bin/sh
[ -e gate ] && read line <gate
echo good
END
program bad.sh <<'END'
#!/bin/sh
exit 3
END
mkfifo gate

# plays NAME <SCRIPT: in a window of its own; its exit code is in NAME.code when it is done.
plays() {
	cat >"$1.script"
	rm -f "$1.code"
	# A server that is on its way out would take the next one's window with it.
	window kill-server 2>/dev/null
	socket=xtop-test-$$-$1
	window new-session -d -x 80 -y 24 "env XTOP_TEST_MARK=$mark XTOP_SCRIPT='$scratch/$1.script' XDG_CONFIG_HOME='$scratch/config' \
		'$XTOP' --tui ${options-} -n 2 --rootdir '$scratch' ./good.sh ./bad.sh 2>'$scratch/$1.err'; echo \$? >'$scratch/$1.code'; cat"
}
is_over() {
	[ -s "$1.code" ]
}

plays first <<'END'
# While a test runs.
wait good.sh
key j j
:tab running
wait good.sh
:kill KILL
idle
:tab all
:goto bad
:save-display first.screen
:save-styles first.styles
size 60x12
:save-display second.screen
:rerun
wait 2 of 2 failed
:save-display third.screen
:quit
END
need is_over first
check 'it plays to its end' same "$(cat first.code)" 1
check 'no message' same "$(cat first.err)" ''
check 'the display is saved' grep -q 'crashed' first.screen
check 'as the screen has it' same "$(wc -l <first.screen | tr -d ' ')" 24
check 'and its styles' grep -q 'C' first.styles
check 'its size can be set' same "$(wc -l <second.screen | tr -d ' ')" 12
check 'a rerun is waited for' grep -q bad.sh third.screen

plays wrong <<'END'
wait bad.sh
press x
END
echo >gate &
need is_over wrong
check 'a wrong line ends it' grep -q "wrong.script:2: expected key, type, :, wait, idle or size, found 'press x'" wrong.err

plays none <<'END'
key NoSuchKey
END
echo >gate &
need is_over none
check 'so does a key that there is not' grep -q "expected the name of a key, found 'NoSuchKey'" none.err
wait

rm gate
options=--exit-when-done
plays done </dev/null
need is_over done
check '--exit-when-done leaves after failures too' same "$(cat done.code)" 1
options=
plays stays <<'END'
wait 1 of 2 failed
:save-display stays.screen
:quit
END
need is_over stays
check 'without it a run that failed is there to be read' grep -q bad.sh stays.screen
check 'nothing is left' await none_marked

end_tests
