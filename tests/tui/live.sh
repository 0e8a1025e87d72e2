#!/bin/sh
# The real program in a real terminal (tmux): a run is followed while it goes on, a test is run again, another put into
# quarantine, and the terminal comes back as it was, also after a crash. TAP on stdout.
set -u
export LC_ALL=C.UTF-8
unset TMUX NO_COLOR
. "${srcdir:-$(dirname "$0")/../..}/tests/tui/lib/live.sh"

is_small() {
	shows 'xtop needs 40x10' && shows 'this is 30x8'
}
# The tests and the detail, without the row of keys or messages.
lists() {
	window capture-pane -p | sed -n '/Tests/,$p' | sed '$d'
}
lists_are() {
	lists | cmp -s - "$1"
}

mkdir "$scratch/suite" && cd "$scratch/suite" || exit 99
cat >passes.sh <<'END'
#!/bin/sh
exit 0
END
cat >broken.sh <<'END'
#!/bin/sh
echo 'this one is broken'
exit 1
END
cat >mended.sh <<'END'
#!/bin/sh
[ -e ../mended ] || { echo 'not mended yet'; exit 1; }
END
cat >slow.sh <<'END'
#!/bin/sh
wait_for() {
	until [ -e "../$1" ]; do sleep 0.05; done
}
echo 'the first line'
wait_for more
echo 'the second line'
wait_for go
END
chmod +x ./*.sh
cd "$scratch" || exit 99

window new-session -d -x 80 -y 24 "cd '$scratch'; PS1='ready> ' exec sh" || exit 99
check 'a shell runs in the terminal' shows 'ready>'
keys 'stty -a >before; cd suite; touch ../here' Enter
check 'and takes commands' test -e here
keys "'$XTOP' --tui -n 2 --adapter exec --record ../run.xtj ." Enter

check 'the dashboard opens' shows 'Tests'
check 'a failure is shown while the run goes on' shows_both 'failed .*broken\.sh' 'running .*slow\.sh'
text /slow
keys Enter
check 'output is shown while its test runs' shows 'the first line'
touch more
check 'and grows' shows 'the second line'
keys q
check 'q asks while tests run' shows '\[h\]eadless'
keys b
window resize-window -x 120 -y 40
check 'a larger window is filled' shows 'Tab *Pane'
window resize-window -x 30 -y 8
check 'a window that is too small says what it needs' is_small
window resize-window -x 80 -y 24
keys C-z
check 'Ctrl-Z gives the terminal back' is_plain
keys fg Enter
check 'fg takes it again' shows_both 'xtop' 'running .*slow\.sh'
touch go
check 'the end is shown' shows_both 'FAILED' '2 of 4 failed'

text /mended
keys Enter
check 'the search selects' shows 'Detail mended\.sh'
touch mended
keys r
check 'a rerun by key passes' shows 'passed .*mended\.sh'
text /broken
keys Enter
check 'the next search selects' shows 'Detail broken\.sh'
keys x
check 'x asks for a reason' shows 'reason:'
text 'known to be broken'
keys Enter
check 'the file has the test' has suite/quarantine.yaml 'broken\.sh'
check 'and the reason' has suite/quarantine.yaml 'known to be broken'
check 'and what this run tells of it' has suite/quarantine.yaml 'evidence: .*1 of 1 run failed (21 % to 100 %)'
check 'the run passes now' shows_both 'PASSED' 'quarantined 1'
keys g
check 'g goes to the top' shows 'Detail broken\.sh'
lists >"$scratch/seen"
keys '?'
check 'help is shown' shows 'Help: keys'
keys q
check 'and left' shows 'PASSED'
keys q
check 'q leaves' shows 'ready> *$'
keys 'echo $? >../code; stty -a >../after; touch ../over' Enter
check 'and the terminal is as it was' terminal_is_back over after
check 'the exit code is that of the run after its reruns' has code '^0$'
check 'a summary stays' shows '^xtop: 3 passed, 0 failed, 1 skipped'

keys "clear; '$XTOP' replay --tui ../run.xtj" Enter
check 'its record opens' shows 'replay'
check 'and shows the same tests' lists_are "$scratch/seen"
keys r
check 'without workers to run any' shows 'it has no workers'
keys q
check 'q leaves the record' is_plain

# A crash, in the middle of a run.
rm -f more go over
keys "clear; sh -c 'echo \$\$ >../pid; exec \"\$0\" --tui -n 2 --adapter exec .' '$XTOP'" Enter
check 'it opens once more' shows 'running .*slow\.sh'
kill -SEGV "$(cat pid)"
check 'a crash ends it' is_gone "$(cat pid)"
check 'and the shell is back' shows 'ready> *$'
keys 'stty -a >../crashed; touch ../over' Enter
check 'with the terminal as it was' terminal_is_back over crashed

# The terminal is closed in the middle of a run: nothing stays behind that nobody can see.
rm -f more go over
keys "clear; sh -c 'echo \$\$ >../pid; exec \"\$0\" --tui -n 2 --adapter exec .' '$XTOP'" Enter
check 'it opens for the last time' shows 'running .*slow\.sh'
window kill-server
check 'a closed terminal ends it' is_gone "$(cat pid)"

live_end
