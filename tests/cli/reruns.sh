#!/bin/sh
# Which failures are followed by another attempt, how often and when; --stress; --session-timeout. TAP on stdout.
# shellcheck disable=SC1091
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cases.sh"

program network 'echo the network is down; exit 1'
program assertion 'echo no good; exit 1'
program good 'exit 0'

# attempts ID: of its verdict.
attempts() {
	grep '"type":"test.verdict"' events | grep "\"id\":\"$1\"" | sed 's/.*"attempts":\([0-9]*\).*/\1/'
}

begin 'only failures that a regular expression is found in are run again'
xtop --reruns 2 --only-rerun 'net.*down' --events events network assertion
code 1
equal 'attempts at the one' 3 "$(attempts network)"
equal 'attempts at the other' 1 "$(attempts assertion)"
xtop --reruns 2 --rerun-except 'net.*down' --events events network assertion
equal 'attempts at the excepted one' 1 "$(attempts network)"
equal 'attempts at the other one' 3 "$(attempts assertion)"
xtop --only-rerun '(' good
code 4
err_has '--only-rerun: '
end

begin 'reruns have a limit for all tests together, and a number that is stronger than a rule'
xtop -n 1 --reruns 5 --max-suite-reruns 3 --events events network assertion
equal 'all attempts' 5 "$(grep -c '"type":"test.started"' events)"
cat >xtop.yaml <<'END'
rules: [{filter: all(), reruns: 4}]
END
xtop --force-reruns 1 --events events network
equal 'attempts' 2 "$(attempts network)"
rm xtop.yaml
end

begin 'each delay is longer than the one before by a factor'
xtop --reruns 2 --reruns-delay 0.05 --reruns-delay-backoff-factor 3 --events events network
equal 'delays that are too short' '' "$(grep '"type":"test.started"' events | sed 's/.*"t":\([0-9.e-]*\).*/\1/' |
	awk 'NR == 2 && $1 - last < 0.05 || NR == 3 && $1 - last < 0.15 { print $1 - last } { last = $1 }')"
end

begin 'a stress run runs each test so often, and tells the rate'
xtop -n 2 --stress 5 --reruns 2 --events events network good
code 1
out_has '100.0 % failed, 5 of 5 (57 to 100 %)  network'
out_has '  0.0 % failed, 0 of 5 (0 to 43 %)  good'
equal 'attempts' 10 "$(grep -c '"type":"test.started"' events)"
for type in test.started test.finished test.verdict; do
	equal "which run each $type is of" '1 2 3 4 5' \
		"$(grep '"id":"good"' events | values iteration $type | sort -n | tr '\n' ' ' | sed 's/ $//')"
done
closes 'xtop: 5 passed, 5 failed, 0 skipped'
end

begin 'the end of the session is a failure, and what did not run is told'
program forever 'sleep 1000'
xtop -n 1 --session-timeout 2 --events events good forever network
code 1
closes 'xtop: 1 passed, 0 failed, 0 skipped'
out_has "xtop: error: XT2016: the session's 2 s are over (--session-timeout)"
equal 'what did not run' 2 "$(grep '"type":"test.verdict"' events | grep -c '"outcome":"notrun"')"
end

begin 'what is in quarantine is run, or not'
cat >quarantine.yaml <<'END'
- test: network
  reason: the network
END
xtop --skip-quarantine --events events network good
code 0
closes 'xtop: 1 passed, 0 failed, 1 skipped'
equal 'what was started' 1 "$(grep -c '"type":"test.started"' events)"
end

finish
