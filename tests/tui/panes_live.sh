#!/bin/sh
# What the panes are told by the engine, in a real terminal (tmux): expected times and deadlines, what is flaky by a real
# history, a real quarantine.yaml, and the timeline of a run. TAP on stdout.
set -u
export LC_ALL=C.UTF-8
unset TMUX NO_COLOR
. "${srcdir:-$(dirname "$0")/../..}/tests/tui/lib/live.sh"

mkdir "$scratch/suite" && cd "$scratch/suite" || exit 99
cat >flaky.sh <<'END'
#!/bin/sh
[ "$XTOP_ATTEMPT" -gt 1 ]
END
cat >held_one.sh <<'END'
#!/bin/sh
exit 1
END
ln held_one.sh held_two.sh
cat >waits.sh <<'END'
#!/bin/sh
until [ -e ../go ]; do sleep 0.05; done
END
chmod +x ./*.sh
cat >quarantine.yaml <<'END'
# kept
- test: test(/held/)
  reason: nobody knows
END
touch ../go
for i in 1 2 3 4 5; do
	"$XTOP" -n 2 --adapter exec --reruns 1 . >../headless 2>&1
done
rm ../go

window new-session -d -x 120 -y 30 "PS1='ready> ' exec sh" || exit 99
check 'a shell runs in the terminal' shows 'ready>'
keys "'$XTOP' --tui --stay -n 2 --adapter exec --reruns 1 --timeout 1000 ." Enter
check 'the deadline of the test that runs is told' shows '[0-9]s/16m40s'
check 'so is how long it still takes' shows 'eta '
check 'and the memory of the machine' shows 'mem [0-9.]*[KMG]/[0-9.]*[KMG]'
check 'failures of the entry do not gate' shows '2 quarantined'
keys 5
check 'flaky in this run, and by the runs before' shows_both '1 now, by 6 runs' '100%.*↻↻↻↻↻.*flaky.sh'
check 'the entry, and what came of its tests' shows '▣2  *test(/held/)  *nobody knows'
keys Tab x
check 'it asks' shows 'Release from quarantine'
keys y
check 'the entry is gone' shows_both 'Released: test(/held/)' 'No test is in quarantine'
check 'from the file' has quarantine.yaml '^# kept$'
check 'from the file, all of it' sh -c '! grep -q held quarantine.yaml'
keys Tab x
check 'a test goes in by its row' shows 'Quarantine, reason:'
keys 'too often' Enter
check 'it is in the list' shows 'Quarantine 1'
check 'and in the file' has quarantine.yaml 'flaky.sh'
keys Escape
check 'what was released gates' shows '2 failed'
keys 4
check 'the timeline has the worker with the failures and the one that is waited for' \
	shows_both 'gw[01].*✘' 'gw[01]  ◆ .*▸$'
check 'the tail, which has begun' shows 'tail [0-9.ms]*, 1 of 2 workers idle'
keys Up Up G
check 'the newest is followed' shows 'follows'
touch ../go
check 'the run ends' sh -c '! tmux -u -L '"$socket"' capture-pane -p | grep -q ▸$'
keys Escape
check 'and its verdict stands' shows 'FAILED'
keys Q
check 'the dashboard is left' shows 'xtop: 2 passed, 2 failed'
live_end
