#!/bin/sh
# A theme that is asked for and is none is a usage error; what the project says of it stops no run. TAP on stdout.
# shellcheck disable=SC1091
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cases.sh"

program passes 'exit 0'
export XDG_CONFIG_HOME="$PWD/config"
mkdir -p config/xtop/themes
printf 'roles:\n  faild: red\n' >config/xtop/themes/mine.yaml
printf 'inherits: mine\n' >heir.yaml

begin 'a theme that there is changes nothing of a run without a dashboard'
xtop --theme nord --no-tui passes
code 0
err ""
end

begin 'a theme that there is not is a usage error, with the nearest one'
xtop --theme nrod --no-tui passes
code 4
err "xtop: theme: there is no theme 'nrod'; did you mean 'nord'?"
end

begin 'one that is wrong is told with its place'
xtop --theme mine passes
code 4
err_has "mine.yaml:2:3: expected a role of xtop-theme(5), found 'faild'; did you mean 'failed'?"
end

begin 'a path is one, also without a directory'
xtop --theme heir.yaml passes
code 4
err_has "config/xtop/themes/mine.yaml:2:3: expected a role"
end

begin 'the environment asks for one too'
shell 'XTOP_OPT_THEME=nrod "$XTOP" passes'
code 4
err_has "theme: there is no theme 'nrod'"
end

begin 'what the project says of it stops no run'
printf 'defaults:\n  theme: nrod\n' >xtop.yaml
xtop passes
code 0
end

finish
