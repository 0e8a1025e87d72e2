#!/bin/sh
# What a run keeps for the next one, and how it travels. TAP on stdout.
# shellcheck disable=SC1091
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cases.sh"

mkdir tests
program tests/test_1 'exit 0'
program tests/test_2 'exit 0'

begin 'a run is kept, and git is not to see it'
xtop -n 2 tests
code 0
equal 'what git is to see' '*' "$(cat .xtop/.gitignore)"
xtop --no-history --history elsewhere.db tests
code 0
[ -f elsewhere.db ] || complain '--history does not take --no-history back'
rm elsewhere.db
xtop --no-history tests
code 0
end

begin 'a history that nobody has begun is not made by looking'
xtop --history none.db --collect-only tests
code 0
[ ! -e none.db ] || complain 'none.db was made'
xtop history --history none.db export copy.db
code 4
err_has 'none.db'
[ ! -e none.db ] || complain 'none.db was made'
end

begin 'what is exported is a snapshot, which a run reads and leaves as it is'
xtop history export snapshot.db
code 0
cp snapshot.db before.db
xtop -n 2 --history snapshot.db tests
code 0
out_line 'xtop: 2 tests on 2 workers, duration'
cmp -s snapshot.db before.db || complain 'the snapshot was changed'
end

begin 'what is imported counts'
rm -rf .xtop
xtop history import snapshot.db
code 0
out_has 'added 1 run'
xtop history import snapshot.db
code 0
out_has 'added 0 runs'
xtop -n 2 tests
code 0
out_line 'xtop: 2 tests on 2 workers, duration'
end

begin 'both tell JSON where that is asked for'
xtop history --json export again.db
code 0
out_has '"file":"again.db","tests":2,"fingerprint":"'
xtop history --json import again.db
code 0
out '{"v":1,"runs":0,"files":1}'
rm again.db
end

begin 'a damaged history costs a message, not the run'
printf 'this is no database, however long it is made by what stands here' >.xtop/history.db
rm -f .xtop/history.db-*
xtop -n 2 tests
code 0
out_has 'xtop: warning: XT7004: the run goes on without a history: '
closes 'xtop: 2 passed, 0 failed, 0 skipped'
grep -q 'this is no database' .xtop/history.db || complain 'the file was changed'
xtop --shard 1/2 --history .xtop/history.db tests
code 4
err_has 'shards that see different histories would not add up'
end

begin 'words that make no sense are refused'
rm .xtop/history.db
xtop history
code 4
err_has 'export'
xtop history forget snapshot.db
code 4
xtop history import missing.db
code 4
err_has 'missing.db'
end

# fields NAME TYPE: its values in the events of that type, a line each, "-" where it is missing.
fields() {
	grep "\"type\":\"$2\"" events | sed -e "s/.*\"$1\":\([0-9.e-]*\).*/\1/" -e 's/^{.*/-/'
}

begin 'events tell how long tests are expected to take, and how long they may'
rm -rf .xtop
xtop -n 2 --events events tests
equal 'deadlines where there is no limit' '- -' "$(fields deadline test.started | xargs)"
equal 'expected without a history' '- -' "$(fields expected test.found | xargs)"
equal 'known without a history' - "$(fields known run.collected)"
program tests/test_3 'exit 0'
xtop -n 2 --timeout 40 --events events tests
equal 'deadlines' '40.0 40.0 40.0' "$(fields deadline test.started | xargs)"
equal 'known' 2 "$(fields known run.collected)"
equal 'those of which nothing is known' 1 "$(fields expected test.found | grep -c '^-$')"
equal 'told again at the start' "$(fields expected test.found | sort)" "$(fields expected test.started | sort)"
fields expected test.found | awk -v sum="$(fields expected run.collected)" \
	'$1 != "-" { found += $1 } END { exit !(found > 0 && (found - sum) ^ 2 < 1e-12) }' ||
	complain 'the sum is not that of the tests'
rm tests/test_3
end

finish
