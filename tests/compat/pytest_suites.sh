#!/bin/sh
# Real pytest suites under xtop and under plain pytest: the same outcome for each test?
#
# Takes networkx and sympy, and the pytest they are tried with, from Debian's packages: those that are installed, or
# else fetched with the package sources that this machine's apt is set up with, into a temporary directory. Nothing is
# installed.
#
# XTOP=PROGRAM              the xtop to try (./xtop)
# XTOP_COMPAT_SUITES=...    "networkx sympy"
# XTOP_COMPAT_SYMPY=...     the parts of sympy to run (sympy/core sympy/sets sympy/logic); "sympy" is all of it
# XTOP_COMPAT_WORKERS=...   numbers of workers ("2 8")
# XTOP_COMPAT_STARTS=...    ways to start them ("fork spawn")
# XTOP_COMPAT_KILLS=N       also kills N processes below xtop at random in each run (0)
# XTOP_COMPAT_SOURCES=D     keeps the packages in directory D, and takes those that are there
#
# Prints TAP with a summary of each comparison in its comments. Exit code 77: the suites can't be had.
set -u

suites=${XTOP_COMPAT_SUITES:-networkx sympy}
sympy_parts=${XTOP_COMPAT_SYMPY:-sympy/core sympy/sets sympy/logic}
workers=${XTOP_COMPAT_WORKERS:-2 8}
starts=${XTOP_COMPAT_STARTS:-fork spawn}
kills=${XTOP_COMPAT_KILLS:-0}
here=$(cd "$(dirname "$0")" && pwd) || exit 99
xtop=${XTOP:-./xtop}
case $xtop in
*/*) xtop=$(cd "$(dirname "$xtop")" && pwd)/$(basename "$xtop") ;;
*) xtop=$(command -v "$xtop") ;;
esac
unset PYTHONDONTWRITEBYTECODE PYTHONUNBUFFERED PYTHONPATH PYTEST_ADDOPTS PYTEST_PLUGINS

skip() {
	echo "1..0 # SKIP $*"
	exit 77
}

python=/usr/bin/python3
[ -x $python ] || skip "there is no $python"
if [ ! -x "$xtop" ]; then
	echo "Bail out! there is no xtop at '$xtop': build it, or say XTOP=PROGRAM"
	exit 99
fi

work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
packages=$work/packages
if [ -n "${XTOP_COMPAT_SOURCES:-}" ]; then
	mkdir -p "$XTOP_COMPAT_SOURCES" && packages=$(cd "$XTOP_COMPAT_SOURCES" && pwd) || exit 99
fi
mkdir -p "$packages" "$work/root"

# fetch PACKAGE…: what they hold is below $work/root.
fetch() {
	command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
	for package; do
		set -- "$packages/${package}"_*.deb
		[ -f "$1" ] || (cd "$packages" && apt-get -qq download "$package" >"$work/apt.log" 2>&1)
		set -- "$packages/${package}"_*.deb
		[ -f "$1" ] && dpkg-deb -x "$1" "$work/root" || return 1
	done
}

# Python finds pytest only where it is installed, or by a .pth file in a virtual environment: PYTHONPATH would be
# seen by the tests, too.
if ! $python -c 'import pytest' 2>/dev/null; then
	fetch python3-pytest python3-pluggy python3-iniconfig python3-packaging python3-attr python3-py ||
		skip "no pytest: $(tail -n 1 "$work/apt.log" 2>/dev/null)"
	$python -m venv --without-pip "$work/python" >"$work/venv.log" 2>&1 ||
		skip "no pytest, and no virtual environment: $(tail -n 1 "$work/venv.log")"
	for site in "$work"/python/lib/python3*/site-packages; do
		echo "$work/root/usr/lib/python3/dist-packages" >"$site/debian.pth"
	done
	python=$work/python/bin/python
fi

# copy MODULE: a copy of its own, as tests may write beside themselves.
copy() {
	mkdir -p "$work/$1"
	for place in "$work/root/usr/lib/python3/dist-packages" /usr/lib/python3/dist-packages; do
		[ -d "$place/$1" ] || continue
		cp -R "$place/$1" "$work/$1/" && return
	done
	fetch "python3-$1" && cp -R "$work/root/usr/lib/python3/dist-packages/$1" "$work/$1/"
}

found=
for suite in $suites; do
	if copy "$suite"; then
		found="$found $suite"
	else
		echo "# not run, because its package could not be fetched: $suite"
	fi
done
[ -n "$found" ] || skip "no packages could be fetched: $(tail -n 1 "$work/apt.log" 2>/dev/null)"
# sympy needs mpmath; where it is not installed it lies beside it.
case $found in
*sympy*)
	$python -c 'import mpmath' 2>/dev/null ||
		{ fetch python3-mpmath && cp -R "$work/root/usr/lib/python3/dist-packages/mpmath" "$work/sympy/"; }
	cat >"$work/sympy/pytest.ini" <<'END'
[pytest]
python_files = test_*.py
END
	# Its own conftest is not in the package.
	printf 'import os, sys\nsys.path.insert(0, os.path.dirname(__file__))\n' >"$work/sympy/conftest.py"
	;;
esac

number=0
status=0
for suite in $found; do
	parts=$suite
	[ "$suite" = sympy ] && parts=$sympy_parts
	for count in $workers; do
		for start in $starts; do
			number=$((number + 1))
			# shellcheck disable=SC2086
			if $python "$here/pytest_outcomes.py" --python $python --xtop "$xtop" -n "$count" --python-start "$start" \
				--kill "$kills" --name "$suite" "$work/$suite" $parts >"$work/report" 2>&1; then
				echo "ok $number - $suite, -n $count, $start"
			else
				status=1
				echo "not ok $number - $suite, -n $count, $start"
			fi
			sed 's/^/# /' "$work/report"
		done
	done
done
echo "1..$number"
exit $status
