#!/bin/sh
# What a person chooses lasts: a theme, the set-up screen and its file, in a real terminal (tmux); and each kind of
# terminal is sent the colours that it has. TAP on stdout.
set -u
export LC_ALL=C.UTF-8
unset TMUX NO_COLOR
. "${srcdir:-$(dirname "$0")/../..}/tests/tui/lib/live.sh"

mkdir "$scratch/suite" && cd "$scratch/suite" || exit 99
printf '#!/bin/sh\nexit 1\n' >fails.sh
printf '#!/bin/sh\nexit 0\n' >passes.sh
chmod +x ./*.sh
cd "$scratch" || exit 99
settings=$XDG_CONFIG_HOME/xtop/dashboard.yaml
source=${srcdir:-$(dirname "$0")/../..}

# Terminals like tmux with fewer colours, and with all of them.
cat >terminals <<'END'
live-direct|all colours by number,
	RGB, colors#0x1000000, pairs#0x10000,
	setab=\E[%?%p1%{8}%<%t4%p1%d%e48;2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%{255}%&%d%;m,
	setaf=\E[%?%p1%{8}%<%t3%p1%d%e38;2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%{255}%&%d%;m,
	setb@, setf@, initc@, ccc@, use=screen-256color,
live-256color|256 colours, use=screen-256color,
live-16color|16 colours,
	colors#16, pairs#256,
	setab=\E[%?%p1%{8}%<%t%p1%{40}%+%e%p1%{92}%+%;%dm,
	setaf=\E[%?%p1%{8}%<%t%p1%{30}%+%e%p1%{82}%+%;%dm, use=screen-256color,
live-8color|8 colours,
	colors#8, pairs#64, setab=\E[4%p1%dm, setaf=\E[3%p1%dm, use=screen-256color,
live-mono|no colours, colors@, pairs@, setab@, setaf@, op@, use=screen-256color,
END
mkdir terminfo
if ! command -v tic >/dev/null 2>&1 || ! tic -x -o terminfo terminals 2>/dev/null; then
	echo '1..0 # SKIP tic can not make the terminals'
	exit 0
fi

window new-session -d -x 100 -y 30 "cd '$scratch'; PS1='ready> ' exec sh" || exit 99
window set-option -g default-terminal screen-256color
check 'a shell waits' shows 'ready> *$'
start() {
	window clear-history
	text "clear; TERMINFO_DIRS='$scratch/terminfo:' XTOP_DATADIR='$source' $1 '$XTOP' run --tui --stay --no-history -n 1 suite/*.sh $2"
	keys Enter
	check "a run ends, $1" shows 'load .*FAILED'
}
leave() {
	keys q
	check "$1" shows 'ready> *$'
}
# What capture-pane writes for colours and attributes: colours as "38;2;…", "38;5;…", "31" or "91".
sent() {
	window capture-pane -e -p | grep -q -e "$1"
}
not_sent() {
	shows 'suite/fails' && ! sent "$1"
}
escape=$(printf '\033')
csi="$escape\\["

start 'TERM=live-direct' '--theme nord'
check 'all colours of a theme' sent "38;2;163;190;140m"
leave 'q leaves'
start 'TERM=live-256color' '--theme nord'
check 'the nearest of 256' sent "38;5;144m"
leave 'q leaves'
start 'TERM=live-256color COLORTERM=truecolor' '--theme nord'
check 'all colours where terminfo has a -direct entry beside it' sent "38;2;163;190;140m"
leave 'q leaves'
start 'TERM=live-16color' '--theme nord'
check '16 colours' sent "${csi}9[0-7]m"
check 'and no more' not_sent "38;[25]"
leave 'q leaves'
start 'TERM=live-8color' '--theme nord'
check '8 colours' sent "3[0-7]m"
check 'and no more' not_sent "38;[25]\\|${csi}9[0-7]m"
leave 'q leaves'
start 'TERM=live-mono' '--theme nord'
check 'no colours, but attributes' sent "${csi}1m"
check 'and nothing else' not_sent "38;[25]\\|${csi}[39][0-7]m"
leave 'q leaves'
start 'TERM=live-256color NO_COLOR=1' '--theme nord'
check 'NO_COLOR counts' not_sent "38;[25]\\|${csi}[39][0-7]m"
leave 'q leaves'
start 'TERM=live-direct COLORFGBG="0;15"' ''
check 'the light theme on a light background' sent "38;2;30;123;52m"
leave 'q leaves'

start 'TERM=live-direct' ''
keys T
check 'T opens the menu' shows 'Theme ─'
keys End
keys Up
keys Up
check 'a theme is seen at once' sent "38;2;133;153;0m"
keys Enter
check 'Enter keeps it' shows 'Saved in .*dashboard\.yaml'
check 'in the file' has "$settings" '^theme: solarized-dark$'
keys F2
check 'F2 opens the set-up screen' shows 'Set-up'
keys Down Down Space Tab Space
keys Escape
check 'on leaving it asks' shows 'Save these settings'
keys y
check 'and saves' has "$settings" 'workers: { shown: false, height: auto }'
check 'the workers are gone' not_sent 'Workers'
leave 'q leaves'
echo '# a remark' >>"$settings"
printf 'keys:\n  theme: ["&"]\n  kill: [R]\nlater: [1, 2]\n' >>"$settings"
start 'TERM=live-direct' ''
check 'another run has the theme' sent "38;2;133;153;0m"
check 'and tells what is wrong' shows 'dashboard\.yaml:[0-9]*:10: kill: the key .R. is that of rerun-failed'
check 'and has no workers' not_sent 'Workers'
check 'and fewer columns' not_sent ' TIME'
keys '&'
check 'and the other key' shows 'Theme ─'
keys Home
keys Enter
check 'is saved again' has "$settings" '^theme: color-blind$'
check 'a remark stays' has "$settings" '^# a remark$'
check 'and what is not known' has "$settings" '^later: \[1, 2\]$'
leave 'q leaves'
check 'what was wrong is told behind the run' shows 'xtop: .*dashboard\.yaml:[0-9]*:10: kill: the key'

mkdir -p "$XDG_CONFIG_HOME/xtop/themes"
printf 'roles:\n  faild: red\n' >"$XDG_CONFIG_HOME/xtop/themes/mine.yaml"
echo 'theme: mine' >"$settings"
start 'TERM=live-direct' ''
check 'a theme that is wrong stops nothing' shows 'mine\.yaml:2:3: expected a role .*did you mean .failed'
check 'and the default is used' sent "38;2;95;175;95m"
rm -r "$XDG_CONFIG_HOME"
: >"$XDG_CONFIG_HOME"
keys T
keys Down
keys Enter
check 'what can not be saved is told' shows 'Not saved: .*config'
keys j
check 'and the run goes on' shows 'fails\.sh'
leave 'q leaves'
live_end
