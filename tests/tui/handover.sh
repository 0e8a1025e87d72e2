#!/bin/sh
# Programs that get the dashboard's terminal, in a real one (tmux): a pager, an editor, a debugger. The run goes on
# meanwhile; Ctrl-C and Ctrl-Z are the program's; whatever ends, the terminal is as it was. TAP on stdout.
set -u
export LC_ALL=C.UTF-8
unset TMUX NO_COLOR PAGER VISUAL EDITOR LESS
. "${srcdir:-$(dirname "$0")/../..}/tests/tui/lib/live.sh"

mkdir "$scratch/suite" && cd "$scratch/suite" || exit 99
cat >broken.sh <<'END'
#!/bin/sh
echo 'this one is broken'
exit 1
END
cat >asks.sh <<'END'
#!/bin/sh
printf 'what is it? '
read -r answer
echo "it is $answer"
[ "$answer" = good ]
END
cat >slow.sh <<'END'
#!/bin/sh
echo began
until [ -e ../go ]; do sleep 0.05; done
END
chmod +x ./*.sh
cd "$scratch" || exit 99
# A pager that takes keys as they come, has a screen of its own and says what it was given.
cat >pager <<'END'
#!/bin/sh
printf '%s\n' "$@" >"$SCRATCH/pager.given"
ps -o pgid= -p $$ | tr -d ' ' >"$SCRATCH/pager.group"
printf '\033[?1049h\033[?25l'
trap 'echo int >>"$SCRATCH/pager.signals"' INT
trap 'kill $! 2>/dev/null; stty sane; printf "\033[?25h\033[?1049l"; echo term >>"$SCRATCH/pager.signals"; exit 0' TERM HUP
stty -icanon -echo
cat -- "$@"
echo '(the pager)'
while :; do
	key=$(dd bs=1 count=1 2>/dev/null) || continue
	[ "$key" = q ] && break
	[ "$key" = k ] && kill -KILL $$
	# A shell hears signals at once only here.
	[ "$key" = w ] && { echo '(waits)'; sleep 1000 & wait $!; }
	[ -n "$key" ] && echo "(key $key)"
done
stty sane
printf '\033[?25h\033[?1049l'
END
cat >editor <<'END'
#!/bin/sh
printf '%s\n' "$@" >"$SCRATCH/editor.given"
exit "${EDITOR_CODE:-0}"
END
chmod +x pager editor
mkdir tmp
export SCRATCH="$scratch" TMPDIR="$scratch/tmp"
# files COUNT: so many directories of temporary files are there.
files() {
	[ "$(find tmp -name 'xtop-scratch-*' | wc -l)" -eq "$1" ]
}

window new-session -d -x 80 -y 24 "cd '$scratch'; PS1='ready> ' exec sh" || exit 99
check 'a shell runs in the terminal' shows 'ready>'
keys "stty -a >before; export PAGER='$scratch/pager' EDITOR='$scratch/editor -w'; touch here" Enter
check 'and takes commands' test -e here
run="'$XTOP' --tui --events events -n 2 --adapter exec --rootdir suite suite"
keys "clear; $run" Enter
check 'the dashboard opens' shows_both 'failed .*broken\.sh' 'running .*slow\.sh'

text /slow
keys Enter
check 'a test that runs is selected' shows 'Detail slow\.sh'
keys b
check 'b tells where it is' shows 'it.* \(was blocked\|was spinning\)'
text /broken
keys Enter
check 'a test is selected' shows 'Detail broken\.sh'
keys o
check 'o hands the terminal to the pager' shows '(the pager)'
check 'with the output' shows 'this one is broken'
check 'in a process group of its own, in the foreground' test -s pager.group
keys C-c
check 'Ctrl-C there is the pager'\''s' has pager.signals int
keys C-z
check 'Ctrl-Z there gives the shell the terminal' shows_both 'ready>' 'Stopped'
keys 'stty -a >stopped; true' Enter
check 'in its usual modes' same before stopped
keys fg Enter
text x
check 'fg gives it to the pager again' shows '(key x)'
touch go
check 'the run goes on meanwhile' has events '"test.verdict".*"slow\.sh"'
keys q
check 'q in the pager comes back' shows_both 'FAILED' 'Detail broken\.sh'
keys e
check 'e opens the editor' has editor.given 'suite/broken\.sh'
check 'with the options that $EDITOR has' has editor.given '^-w$'
check 'and comes back' shows 'Detail broken\.sh'
keys y
check 'y copies the command' shows 'Copied'
keys o
check 'the pager opens again' shows '(the pager)'
text k
check 'a pager that is killed is told of' shows 'the pager .*\(SIGKILL\|137\)'

text /asks
keys Enter
check 'another test is selected' shows 'Detail asks\.sh'
keys d
check 'd runs it on the terminal' shows 'what is it?'
text good
keys Enter
check 'to which it can speak' shows 'it is good'
check 'and its end waits for a key' shows 'ended with exit code 0; any key'
keys C-c
check 'any key, and Ctrl-C is one' shows_both 'FAILED' 'Detail asks\.sh'
keys q
check 'q leaves' shows 'ready> *$'
keys 'echo $? >code; stty -a >after; touch over' Enter
check 'and the terminal is as it was' terminal_is_back over after
check 'the exit code is that of the run' has code '^1$'

# xtop is asked to end while a pager has the terminal.
rm -f go over pager.signals
keys "clear; sh -c 'echo \$\$ >pid; exec \"\$0\" --tui -n 2 --adapter exec --rootdir suite suite' '$XTOP'" Enter
check 'it opens once more' shows_both 'failed .*broken\.sh' 'running .*slow\.sh'
text /broken
keys Enter
check 'with the same test' shows 'Detail broken\.sh'
keys o
check 'and the pager' shows '(the pager)'
kill -TERM "$(cat pid)"
check 'SIGTERM ends xtop' is_gone "$(cat pid)"
check 'and the pager before it' has pager.signals term
check 'the shell is back' shows 'ready> *$'
keys 'stty -a >ended; touch over' Enter
check 'with the terminal as it was' terminal_is_back over ended
check 'and no temporary file' files 0

# It is killed, and finds what another one left that was.
mkdir tmp/xtop-scratch-killed
echo left >tmp/xtop-scratch-killed/attempt-1.txt
touch -d '10 minutes ago' tmp/xtop-scratch-killed
rm -f go over pager.signals
keys "clear; sh -c 'echo \$\$ >pid; exec \"\$0\" --tui -n 2 --adapter exec --rootdir suite suite' '$XTOP'" Enter
check 'it opens for the last time' shows_both 'failed .*broken\.sh' 'running .*slow\.sh'
text /broken
keys Enter
check 'with that test' shows 'Detail broken\.sh'
keys o
check 'and its pager' shows '(the pager)'
text w
check 'which waits' shows '(waits)'
kill -KILL "$(cat pid)"
check 'the pager hears that xtop is gone' has pager.signals term
check 'its own files are all that is left' files 1

live_end
