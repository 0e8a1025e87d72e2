#!/bin/sh
# Real TAP suites under xtop and under prove: the same outcome for each program and each point?
#
# Fetches perl modules as Debian source packages, with the package sources that this machine's apt is set up with,
# into a temporary directory. Nothing is installed; modules that a suite needs and that are not there make some of its
# programs fail or skip, under both alike.
#
# XTOP=PROGRAM            the xtop to try (./xtop)
# XTOP_COMPAT_SUITES=...  other source packages than those below
# XTOP_COMPAT_SOURCES=D   keeps the tarballs in directory D, and takes those that are there
#
# Prints TAP with a table in its comments. Exit code 77: the sources can't be had.
set -u

suites=${XTOP_COMPAT_SUITES:-libjson-pp-perl libtext-csv-perl libpath-tiny-perl liburi-perl libtext-template-perl libmoo-perl}
here=$(cd "$(dirname "$0")" && pwd) || exit 99
xtop=${XTOP:-./xtop}
case $xtop in
*/*) xtop=$(cd "$(dirname "$xtop")" && pwd)/$(basename "$xtop") ;;
*) xtop=$(command -v "$xtop") ;;
esac

skip() {
	echo "1..0 # SKIP $*"
	exit 77
}

for tool in apt-get perl tar diff; do
	command -v "$tool" >/dev/null || skip "there is no $tool"
done
perl -MTAP::Harness -MJSON::PP -e 1 2>/dev/null || skip "perl has no TAP::Harness and JSON::PP"
if [ ! -x "$xtop" ]; then
	echo "Bail out! there is no xtop at '$xtop': build it, or say XTOP=PROGRAM"
	exit 99
fi

work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
sources=$work/sources
if [ -n "${XTOP_COMPAT_SOURCES:-}" ]; then
	mkdir -p "$XTOP_COMPAT_SOURCES" && sources=$(cd "$XTOP_COMPAT_SOURCES" && pwd) || exit 99
fi
mkdir -p "$sources" "$work/lists/partial" "$work/cache/archives/partial"

# apt with lists of its own, so that the machine's stay as they are.
our_apt() {
	apt-get -qq -o Dir::Etc::SourceList="$work/apt.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root "$@"
}

update_done=
update_apt() {
	[ -n "$update_done" ] && return
	update_done=yes
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	signed=
	[ -r "$keyring" ] && signed="[signed-by=$keyring] "
	apt-get indextargets --format "deb-src $signed\$(REPO_URI) \$(RELEASE) \$(COMPONENT)" \
		'Identifier: Packages' 'Origin: Debian' | sort -u >"$work/apt.list"
	[ -s "$work/apt.list" ] && our_apt update >"$work/apt.log" 2>&1
}

tarball_of() {
	set -- "$sources/$1"_*.orig.tar.*
	[ -f "$1" ] && echo "$1"
}

fetch() {
	tarball_of "$1" >/dev/null && return
	update_apt
	(cd "$sources" && our_apt source --download-only --tar-only "$1" >"$work/apt.log" 2>&1)
	tarball_of "$1" >/dev/null
}

# Each side in a fresh copy: tests leave files behind.
unpack() {
	mkdir -p "$2" && tar -xf "$1" -C "$2" --strip-components=1
}

count() {
	awk -v words="$2" 'NF == words' "$1" | wc -l | tr -d ' '
}

# compare PACKAGE: one line of the table; 0 if both sides agree.
compare() {
	tarball=$(tarball_of "$1")
	version=${tarball##*_}
	version=${version%.orig.tar.*}
	unpack "$tarball" "$work/$1/prove" && unpack "$tarball" "$work/$1/xtop" || return 1
	(cd "$work/$1/prove" && PERL5LIB=$PWD/lib perl "$here/tap_outcomes.pl" prove) \
		>"$work/$1/prove.out" 2>"$work/$1/prove.err" </dev/null
	(cd "$work/$1/xtop" && PERL5LIB=$PWD/lib "$xtop" --no-tui --format json --rootdir . t) \
		>"$work/$1/xtop.json" 2>"$work/$1/xtop.err" </dev/null
	perl "$here/tap_outcomes.pl" xtop <"$work/$1/xtop.json" >"$work/$1/xtop.out"
	diff "$work/$1/prove.out" "$work/$1/xtop.out" >"$work/$1/diff"
	sed -n 's/^[<>] //p' "$work/$1/diff" | sed 's/ [a-z]*$//' | sort -u >"$work/$1/other"
	awk 'NF == 1' "$work/$1/other" >"$work/$1/other_programs"
	awk 'NF == 2' "$work/$1/other" >"$work/$1/other_points"
	printf '# %-24s %-12s %8s %8s %10s %8s %10s %10s\n' "$1" "$version" "$(count "$work/$1/prove.out" 2)" \
		"$(awk 'NF == 2 && $2 == "failed"' "$work/$1/prove.out" | wc -l | tr -d ' ')" \
		"$(count "$work/$1/other_programs" 1)" "$(count "$work/$1/prove.out" 3)" \
		"$(awk 'NF == 3 && $3 != "passed"' "$work/$1/prove.out" | wc -l | tr -d ' ')" \
		"$(count "$work/$1/other_points" 2)"
	# A side that ran nothing agrees with nothing.
	[ -s "$work/$1/prove.out" ] && [ ! -s "$work/$1/diff" ]
}

found=
missing=
for suite in $suites; do
	if fetch "$suite"; then
		found="$found $suite"
	else
		missing="$missing $suite"
	fi
done
[ -n "$found" ] || skip "no sources could be fetched: $(tail -n 1 "$work/apt.log" 2>/dev/null)"

# shellcheck disable=SC2086
set -- $found
echo "1..$#"
[ -z "$missing" ] || echo "# not run, because their sources could not be fetched:$missing"
printf '# %-24s %-12s %8s %8s %10s %8s %10s %10s\n' package version programs failed differing points \
	'not passed' differing
number=0
status=0
for suite in "$@"; do
	number=$((number + 1))
	if compare "$suite"; then
		echo "ok $number - $suite"
	else
		status=1
		echo "not ok $number - $suite"
		head -n 20 "$work/$suite/diff" | sed 's/^/# /'
		head -n 5 "$work/$suite/xtop.err" | sed 's/^/# xtop: /'
	fi
done
exit $status
