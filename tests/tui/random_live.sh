#!/bin/sh
# The real program in a real terminal (tmux) while it runs tests: random keys, pieces of what a mouse sends, and sizes of
# the window down to one cell, then Q. The terminal is as it was, and nothing is left. TAP on stdout.
# XTOP_TEST_SEED: the first seed; XTOP_TEST_SEEDS: how many; XTOP_TEST_STEPS: keys of each.
set -u
export LC_ALL=C.UTF-8
unset TMUX NO_COLOR
. "${srcdir:-$(dirname "$0")/../..}/tests/tui/lib/live.sh"

# A line each: key NAME, text TEXT, size W H. Not those that leave, that choose keys, or that give the terminal away to a
# debugger.
steps() {
	awk -v seed="$1" -v steps="${XTOP_TEST_STEPS:-250}" '
	function any(n) { return int(rand() * n) }
	BEGIN {
		srand(seed)
		names = split("Up Down Left Right PPage NPage Home End Tab BTab Enter Escape Space BSpace DC " \
			"F1 F3 F4 F5 F6 F7 F8 F9 F11 F12 C-b C-f C-l", name, " ")
		letters = "abceghijklmnoprtsuvwxyzABCDEFGHIJKLMNOPRSTUVWXYZ0123456789:/\\[]<>{}+-?!()=~ "
		for (i = 0; i < steps; i++) {
			chance = rand()
			if (chance < 0.4)
				print "key", name[1 + any(names)]
			else if (chance < 0.75)
				print "text", substr(letters, 1 + any(length(letters)), 1)
			else if (chance < 0.8)
				print "text :" substr("filter test(~one)goto 3       sort name    tab failed   save-display x", 1 + 14 * any(5), 14)
			else if (chance < 0.85)
				print "text \303\251\346\227\245\314\201"
			else if (chance < 0.92)
				printf "text \033[<%d;%d;%dM\n", any(3) * 32, 1 + any(120), 1 + any(40)
			else if (rand() < 0.5)
				print "size", 1 + any(200), 1 + any(60)
			else
				print "size", 1 + any(50), 1 + any(14)
		}
	}'
}
press() {
	while IFS= read -r line; do
		case $line in
		key*) keys "${line#key }" ;;
		text*) text "${line#text }" ;;
		# shellcheck disable=SC2086 # two numbers
		*) set -- $line && window resize-window -x "$2" -y "$3" ;;
		esac
	done
}
# It may be in a question, a menu or a line that is typed.
leaves() {
	keys Escape
	keys Q
	[ -e code ]
}
ends_well() {
	case $(cat code) in
	0 | 1 | 2 | 130) ;;
	*) return 1 ;;
	esac
}
# What was pressed too late stands in the shell's line, and what comes with a Ctrl-C may go with it.
asked_it_is_back() {
	terminal_is_back over after && return
	keys C-c
	keys 'stty -g >after; touch over' Enter
	return 1
}
no_process_is_left() {
	[ -z "$(grep -lsz "^XTOP_TEST_MARK=$scratch" /proc/[0-9]*/environ)" ]
}
nothing_temporary_is_left() {
	[ -z "$(ls -A tmp)" ]
}

mkdir "$scratch/suite" "$scratch/tmp" && cd "$scratch/suite" || exit 99
cat >one.sh <<'END'
#!/bin/sh
printf 'a line, \033[31mred\033[0m, 日本 and \377\n\033[2J\033[10;200Hfar away\rback\n'
[ "${XTOP_ATTEMPT:-1}" -gt 1 ]
END
cat >waits.sh <<'END'
#!/bin/sh
until [ -e ../go ]; do echo 'it waits'; sleep 0.05; done
END
for i in 2 3 4 5 6 7 8 9; do
	ln one.sh "one_$i.sh"
	printf '#!/bin/sh\nsleep 0.%s\nexit %s\n' "$i" $((i % 3)) >"two_$i.sh"
done
chmod +x ./*.sh
cd "$scratch" || exit 99
window new-session -d -x 80 -y 24 "cd '$scratch'; PS1='ready> ' exec sh" || exit 99
check 'a shell runs in the terminal' shows 'ready>'
# Without the size: tmux waits a little before it tells of another one.
keys 'stty -g >before; touch here' Enter
check 'and takes commands' test -e here
seed=${XTOP_TEST_SEED:-1}
last=$((seed + ${XTOP_TEST_SEEDS:-2} - 1))
while [ "$seed" -le $last ]; do
	rm -f go code over after
	window resize-window -x 80 -y 24
	keys "clear; cd suite; XTOP_TEST_MARK=$scratch TMPDIR=$scratch/tmp PAGER=true VISUAL=true \
'$XTOP' --tui --stay -n 3 --reruns 1 --adapter exec .; echo \$? >../code; cd .." Enter
	check "seed $seed: the dashboard opens" shows 'Tests'
	steps "$seed" >script
	sed -n '1~2p' script | press
	touch go
	sed -n '2~2p' script | press
	window resize-window -x 80 -y 24
	check "seed $seed: Q leaves" leaves
	check "seed $seed: it did not crash" ends_well
	check "seed $seed: no process is left" no_process_is_left
	check "seed $seed: nothing temporary is left" nothing_temporary_is_left
	check "seed $seed: the terminal is as it was" asked_it_is_back
	seed=$((seed + 1))
done

live_end
