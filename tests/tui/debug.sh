#!/bin/sh
# pytest's debugger in a real terminal (tmux): by key from the dashboard, and by --pdb. TAP on stdout.
set -u
export LC_ALL=C.UTF-8
unset TMUX NO_COLOR
. "${srcdir:-$(dirname "$0")/../..}/tests/tui/lib/live.sh"

. "${srcdir:-$(dirname "$0")/../..}/tests/lib/python.sh"

if ! python=$(python_newest); then
	echo "1..0 # SKIP $python"
	exit 0
fi
mkdir "$scratch/suite" || exit 99
cat >"$scratch/suite/test_it.py" <<'END'
def helper(value):
    assert value == 2

def test_fails():
    seen = 41
    helper(seen)

def test_asks():
    answer = 7
    breakpoint()
    assert answer == 8
END
printf '[pytest]\nmarkers =\n    slow: it is\n' >"$scratch/suite/pytest.ini"
cd "$scratch" || exit 99
window new-session -d -x 100 -y 30 "cd '$scratch'; PS1='ready> ' exec sh" || exit 99
check 'a shell runs in the terminal' shows 'ready>'
keys "stty -a >before; cd suite; '$XTOP' --tui -n 2 --python '$python' -k 'fails or asks' ." Enter
check 'the dashboard shows that both failed' shows '2 of 2 failed'
text /test_fails
keys Enter
check 'one is selected' shows 'Detail .*test_fails'
check 'its error shows the line in the helper' shows '2 *assert value == 2'
keys d
check 'd opens pytest'\''s debugger' shows '^(Pdb)'
text up
keys Enter
text 'p "seen", seen + 1'
keys Enter
check 'in the frames of the test' shows "'seen', 42"
keys C-c
check 'which has its Ctrl-C' shows 'KeyboardInterrupt'
text 'q'
keys Enter
check 'and ends' shows 'any key goes back'
keys x
check 'and the dashboard is back' shows 'Detail .*test_fails'
text /test_asks
keys Enter
check 'the other is selected' shows 'XT5001'
keys d
check 'its breakpoint() works' shows '^(Pdb)'
text 'answer = 8'
keys Enter
text 'c'
keys Enter
check 'and what is changed there counts' shows '1 passed'
check 'it ends with 0' shows 'exit code 0; any key'
keys x
check 'back again' shows 'Detail .*test_asks'
keys q
check 'q leaves' shows 'ready> *$'
keys 'cd ..; stty -a >after; touch over' Enter
check 'the terminal is as it was' terminal_is_back over after

keys "clear; '$XTOP' --pdb --python '$python' -k fails suite; echo \$? >code" Enter
check '--pdb stops where a test fails' shows '^(Pdb)'
text 'c'
keys Enter
check 'and ends with its exit code' has code '^1$'
"$XTOP" --pdb --python "$python" suite </dev/null >out 2>&1
echo "$?" >code
check 'without a terminal it says so' has out 'no terminal'
check 'which is a usage error' has code '^4$'

live_end
