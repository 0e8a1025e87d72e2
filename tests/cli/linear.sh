#!/bin/sh
# --linear: the run told in lines, and commands that are read from standard input. TAP on stdout.
# shellcheck disable=SC1091
. "$srcdir/tests/lib/runs.sh"

program good.sh <<'END'
#!/bin/sh
echo all is well
END
program bad.sh <<'END'
#!/bin/sh
printf 'three\001 is not \033[31mtwo\033[0m\n'
exit 3
END
program flaky.sh <<'END'
#!/bin/sh
echo x >>flaky.count
[ "$(wc -l <flaky.count)" -gt 1 ]
END
cat >xtop.yaml <<'END'
suites:
  - name: all
    programs: [good.sh, bad.sh, flaky.sh]
END

# asks COMMAND…: one a line, in a run of their own.
asks() {
	rm -f flaky.count
	printf '%s\n' "$@" >asked
	timeout -s KILL "$LIMIT" "$XTOP" --linear -n 1 --dist no --events "$scratch/events" ${options-} <asked >out 2>err
	status=$?
	# What was answered to the commands alone: up to the summary.
	sed '/^-- /,$d' out >answers
}
tells() {
	grep -q -x -e "$1" answers
}
# behind COMMAND TEXT: the first line that was told behind the command.
behind() {
	same "$(grep -A1 -x "> $1" answers | tail -n 1)" "$2"
}

asks status
check 'the number of tests and workers' tells '3 tests on 1 worker.'
check 'a failure is told when it happens' tells '2\. failed after .* on worker 0: bad\.sh: exit code 3: .*'
check 'what passed is not' eval '! grep -q "^1\." answers'
check 'the end' tells 'The run is over: 1 passed, 2 failed, 0 skipped\.'
check 'status' grep -q '^3 of 3 done, 2 failed, .* in all$' answers
check 'at the end of the input it leaves' same $status 1
check 'with the closing line' same "$(tail -n 1 out)" 'xtop: 1 passed, 2 failed, 0 skipped'
check 'nothing is drawn and nothing coloured' eval '! LC_ALL=C grep -q "[^ -~	]" out'

asks list 'list all' 'list fl' 'list nonsense' more
check 'failures are what is listed first' tells '2\. failed .*: bad\.sh: exit code 3: .*'
check 'all' tells '1\. passed .*: good\.sh'
check 'a list by the beginning of its name' behind 'list fl' 'No test passed only at a later attempt.'
check 'a list that there is not' behind 'list nonsense' \
	'There is no list "nonsense": failed, running, flaky, slow, quarantined, skipped, waiting, notrun, all.'

asks next n previous 'show 1' 'show 9' show
check 'the next failure' grep -q -A1 -x '> next' answers
check 'with its output, made visible' tells '  three.* is not two'
check 'and the one behind it' eval 'grep -A1 -x "> n" answers | grep -q "^3\."'
check 'and back' eval 'grep -A1 -x "> previous" answers | grep -q "^2\."'
check 'a test by its number' eval 'grep -A1 -x "> show 1" answers | grep -q "^1\. passed"'
check 'a number that there is not' behind 'show 9' 'There is no test 9: the last one is 3.'

asks 'rerun 3' 'show 3' 'rerun failed' 'rerun good.sh' 'rerun nothing.sh'
check 'a test runs again' behind 'rerun 3' '3 runs again.'
check 'the next command waits for it' eval 'grep -A1 -x "> show 3" answers | grep -q "^3\. passed"'
check 'all that failed' behind 'rerun failed' '1 test runs again.'
check 'a file' behind 'rerun good.sh' '1 test runs again.'
check 'a file that there is not' behind 'rerun nothing.sh' 'No test has this number or is of this file.'
check 'each ran again' same "$(events test.started | wc -l | tr -d ' ')" 6
check 'and counts as it ended last' same "$(tail -n 1 out)" 'xtop: 2 passed, 1 failed, 0 skipped'

asks 'quarantine 2' 'quarantine 2 not today' 'list quarantined' 'rerun 3'
check 'quarantine wants a reason' behind 'quarantine 2' 'Why? Say "quarantine 2 REASON".'
check 'and is written' grep -q 'not today' quarantine.yaml
check 'the list has it' eval 'grep -A1 -x "> list quarantined" answers | grep -q "^2\. failed in quarantine"'
check 'it does not fail the run' same $status 0
asks 'release 2'
check 'it is released' eval '! grep -q bad.sh quarantine.yaml'

asks 'quarantine 2 the network, until 30d'
check 'a reason may end with a time' grep -q "^ *expires: $(date -u -d '30 days' +%Y-%m-%d)" quarantine.yaml
check 'which is no part of it' grep -q '^ *reason: the network$' quarantine.yaml
asks 'release 2' 'quarantine 2 wait until 2020-01-31'
check 'a day that is over is refused' eval 'grep -A1 -x "> quarantine 2 wait until 2020-01-31" answers | grep -q "^No: "'
asks 'quarantine 2 wait until 3 others pass'
check 'an until of a sentence stays' grep -q '^ *reason: wait until 3 others pass$' quarantine.yaml
asks 'release 2'

asks 'search BAD' 'search xyz' log workers 'kill 1' 'kill 1 NONSENSE' pause nonsense '' help 'quit' status
check 'search' eval 'grep -A1 -x "> search BAD" answers | grep -q "^2\."'
check 'search in vain' behind 'search xyz' 'No test has "xyz" in its name.'
check 'workers' eval 'grep -A1 -x "> workers" answers | grep -q "^worker 0: .* percent busy, 3 done"'
check 'what does not run takes no signal' behind 'kill 1' 'No: it does not run now.'
check 'a signal that there is not' behind 'kill 1 NONSENSE' 'There is no signal "NONSENSE": TERM, KILL, INT, say.'
check 'a run that is over is not paused' behind pause 'No: the run is over.'
check 'a command that there is not' behind nonsense 'There is no command "nonsense": "help" lists them.'
check 'help has each command' same "$(sed -n '/^> help/,/^N is/p' answers | grep -c ': ')" 21
check 'behind quit nothing is taken' eval '! grep -q "^> status" answers'

# A recording.
asks status
timeout -s KILL "$LIMIT" "$XTOP" --no-tui -n 1 --record rec.xtj >out 2>err
printf 'next\nrerun 2\n' >asked
timeout -s KILL "$LIMIT" "$XTOP" replay --linear rec.xtj <asked >answers 2>err
check 'a recorded run is told too' grep -q '^2\. failed' answers
check 'and has no workers' behind 'rerun 2' 'This is a recorded run: it has no workers.'

timeout -s KILL "$LIMIT" "$XTOP" --linear --format json >out 2>err </dev/null
check 'not where a machine reads' same $? 4

# --- a person at a terminal, while tests run ---

if command -v tmux >/dev/null 2>&1; then
	socket=xtop-test-$$
	window() {
		LC_ALL=C.UTF-8 tmux -u -L "$socket" -f /dev/null "$@"
	}
	trap 'window kill-server 2>/dev/null; clean_up' EXIT
	shows() {
		window capture-pane -p 2>/dev/null | grep -q -e "$1"
	}
	mkfifo gate
	program good.sh <<'END'
#!/bin/sh
read line <gate
END
	unset CI TMUX
	window new-session -d -x 100 -y 30 "env XTOP_TEST_MARK=$mark '$XTOP' --linear -n 1 --dist no; echo left \$?; cat"
	need shows '3 tests on 1 worker'
	# It may not have started yet when it is asked for first.
	asks_until() {
		window send-keys "$1" Enter
		shows "$2"
	}
	check 'a terminal is answered at once' await asks_until 'list running' '1\. runs on worker 0: good\.sh'
	window send-keys 'quit' Enter
	check 'leaving while tests run is asked about' await shows 'Tests still run'
	window send-keys 'pause' Enter
	check 'pause' await shows 'New tests are held back'
	window send-keys 'resume' Enter
	need shows 'New tests start again'
	window send-keys 'kill 1 KILL' Enter
	check 'kill' await shows 'crashed after .* on worker 0: good\.sh'
	check 'after a failure it stays' await shows '"next" shows the first failure'
	window send-keys 'quit' Enter
	check 'until it is left' await shows 'left 1'
	echo x >flaky.count
	printf '#!/bin/sh\nexit 0\n' >good.sh
	printf '#!/bin/sh\nexit 0\n' >bad.sh
	window respawn-pane -k "'$XTOP' --linear -n 1; echo left \$?; cat"
	check 'what passed untouched leaves by itself' await shows 'left 0'
	window respawn-pane -k "'$XTOP' --linear --stay -n 1; echo left \$?; cat"
	check '--stay' await shows '"help" lists the commands, "quit" leaves'
	window send-keys C-c
	check 'Ctrl-C leaves' await shows 'left 0'
	printf '#!/bin/sh\nexit 1\n' >bad.sh
	window respawn-pane -k "'$XTOP' --linear --exit-when-done -n 1; echo left \$?; cat"
	check '--exit-when-done leaves after failures too' await shows 'left 1'
	window kill-server
else
	number=$((number + 1))
	echo "ok $number - a person at a terminal # SKIP tmux is missing"
fi

end_tests
