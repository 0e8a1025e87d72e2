#!/bin/sh
# What tests print is data, however much and of whatever bytes; and what becomes of xtop's own output where it can't be
# written. TAP on stdout.
. "$srcdir/tests/lib/cases.sh"

mkdir tests
program tests/test_good 'exit 0'
program tests/test_bad 'echo no; exit 1'

begin 'a full disk below standard output is told'
shell '"$XTOP" --junit-xml junit.xml tests >/dev/full'
code 3
err 'xtop: the report could not be written: No space left on device'
exists junit.xml
rm -f junit.xml
shell '"$XTOP" list tests >/dev/full'
code 3
err 'xtop: the report could not be written: No space left on device'
shell '"$XTOP" --format json tests/test_good >/dev/full'
code 3
err "xtop: 1 passed, 0 failed, 0 skipped${newline}xtop: json: the events could not be written: No space left on device"
end

begin 'help and version are told whole or not at all'
shell '"$XTOP" --help >/dev/full'
code 3
err 'xtop: standard output could not be written: No space left on device'
shell '"$XTOP" --version >/dev/full'
code 3
err 'xtop: standard output could not be written: No space left on device'
end

begin 'a reader that leaves early ends nothing: the run has its own exit code'
mkfifo pipe
for arguments in '-v tests' '--format json -q tests' '-s tests' 'list tests' '--help'; do
	# A pipe that nobody reads any more from the begin on.
	shell 'exec 3<>pipe 4>pipe 3<&-; exec "$XTOP" '"$arguments"' >&4 4>&-'
	case $arguments in
	list* | --help)
		code 0
		err ''
		;;
	*json*)
		code 1
		err "x failed  tests/test_bad${newline}xtop: 1 passed, 1 failed, 0 skipped"
		;;
	*)
		code 1
		err ''
		;;
	esac
done
rm pipe
end

begin 'a closed standard output is as good as a full one'
shell '"$XTOP" --junit-xml junit.xml tests >&-'
code 3
err 'xtop: the report could not be written: Bad file descriptor'
exists junit.xml
shell '"$XTOP" --version >&-'
code 3
rm -f junit.xml
end

begin 'closed standard input and error do no harm'
shell '"$XTOP" --events events tests <&- 2>&-'
code 1
closes 'xtop: 1 passed, 1 failed, 0 skipped'
json_lines events
shell '"$XTOP" --events events tests <&- >&- 2>&-'
code 3
json_lines events
equal 'passed and failed' 1-1 "$(values passed run.finished <events)-$(values failed run.finished <events)"
rm -f events
end

# --- much ---

# Prints a line, a gigabyte and a line, then notes the peak memory of its worker and of the controller.
GIGABYTE=1073741824
export GIGABYTE
program giant 'echo the first line' \
	'yes "a line of 32 bytes, one of many" | head -c $GIGABYTE' \
	'echo; echo the last line' \
	'parent() { sed -n "s/^PPid:[[:blank:]]*//p" /proc/$1/status; }' \
	'peak() { sed -n "s/^VmHWM:[[:blank:]]*\([0-9]*\).*/\1/p" /proc/$1/status; }' \
	'worker=$PPID; controller=$(parent $(parent $worker))' \
	'echo "$(peak $worker) $(peak $controller)" >peaks' \
	'exit ${XTOP_TEST_CODE:-1}'

begin 'a gigabyte of output takes little memory, and its begin and end are shown'
xtop --events events giant
code 1
closes 'xtop: 0 passed, 1 failed, 0 skipped'
read -r worker controller <peaks
# Sanitizers take memory of their own; a gigabyte is far beyond that too.
[ "${worker:-999999}" -lt 300000 ] || complain "the worker takes less than 300 MB, but took $worker kB"
[ "${controller:-999999}" -lt 300000 ] || complain "the controller takes less than 300 MB, but took $controller kB"
out_line '  | the first line'
out_line '  | the last line'
out_has 'giant  exit code 1: the last line'
out_has '  output, 1.0 GiB, in '
count 1 ' beyond --output-limit not kept]' "$out"
out_line '  | [... 16.0 MiB only in the file, 1008.0 MiB beyond --output-limit not kept]'
file=$(sed -n "s|^  output, 1.0 GiB, in \(.*\):$|\1|p" "$out")
equal 'the file' "$here/.xtop/runs/$(values run_id <events)/1-1.out" "$file"
if [ -f "$file" ]; then
	equal 'the first line of the file' 'the first line' "$(head -n 1 "$file")"
	equal 'the last line of the file' 'the last line' "$(tail -n 1 "$file")"
	size=$(wc -c <"$file")
	limit=$((16 * 1024 * 1024))
	[ "$size" -gt $limit ] && [ "$size" -lt $((limit + 20000)) ] || complain "its size is about the limit, but is $size"
	left_out=$(values dropped <events | head -n 1)
	count 1 "[xtop: $left_out bytes beyond --output-limit left out]" "$file"
	# first, gigabyte, newline, last
	equal 'all that was printed' $((15 + GIGABYTE + 1 + 14)) $((left_out + limit + 16384))
fi
end

begin 'the file of a long output goes when the test has passed'
rm -rf .xtop
GIGABYTE=1000000 XTOP_TEST_CODE=0 xtop --reruns 1 giant
code 0
equal 'what is kept' '' "$(find .xtop/runs -type f)"
equal 'what git is told' '*' "$(cat .xtop/.gitignore)"
end

begin 'a small --output-limit keeps the begin and the end'
GIGABYTE=1000000 xtop --output-limit 1000 giant
code 1
out_line '  | the first line'
out_line '  | the last line'
out_line '  | [... 959.6 KiB beyond --output-limit not kept]'
out_has '  output, 976.6 KiB:'
end

begin 'directories of old runs go, the last ten stay'
rm -rf .xtop
for run in 1 2 3 4 5 6 7 8 9 10 11 12; do
	GIGABYTE=100000 xtop giant
done
equal 'the number of kept runs' 10 "$(ls .xtop/runs | wc -l | tr -d ' ')"
rm -rf .xtop giant peaks
end

begin '--capture=no prints at once, each line with its worker'
program talks 'echo one; printf "two\nthree"; exit 1'
xtop -s talks
code 1
out_line 'gw0 | one'
out_line 'gw0 | two'
out_line 'gw0 | three'
out_has_not '  | one'
end

# --- bytes ---

rm -rf tests talks
mkdir bytes
escape=$(printf '\033')
printf '#!/bin/sh\nexec cat "%s"\n' "$scratch/bytes" >bytes/test_plain
printf '#!/bin/sh\ncat "%s"; exit 1\n' "$scratch/bytes" >bytes/test_failing
printf '#!/bin/sh\nprintf "not ok 1 - a\\0b%s[2J\\377 # SKIPPED?\\n1..1\\n"\n' "$escape" >bytes/points.t
# NUL, clear screen, a title, a hyperlink, a colour, a bell, backspaces, DEL, invalid and cut UTF-8, a surrogate, C1
# control characters, a right-to-left override, a byte order mark, carriage returns; at last a cut escape sequence.
printf 'a\000b\033[2J\033]0;title\007\033]8;;http://x\033\\link\033]8;;\033\\\033[31mred\033[0m\007\b\b\177\n' >"$scratch/bytes"
printf '\377\376\303( \355\240\200 \302\233 31m\302\205 \342\200\256rtl \357\273\277 a\rb\r\n%%s%%n &<>"\047]]>\n\033[' >>"$scratch/bytes"
chmod +x bytes/*

begin 'control characters and invalid text in outputs are shown, never obeyed'
xtop -vv --color no --junit-xml junit.xml --events events bytes
code 1
no_controls "$out"
closes 'xtop: 1 passed, 2 failed, 0 skipped'
out_line '  | a^@blinkred^G^H^H^?'
out_has '<FF><FE><C3>( <ED><A0><80> '
out_has '<U+202E>rtl '
LC_ALL=C.UTF-8 xtop -vv --color no bytes
no_controls "$out"
end

begin 'so they are while the test runs'
xtop -s --color no bytes
code 1
no_controls "$out"
out_has '| a^@b'
end

begin 'JUnit XML of such output is well-formed'
if has xmllint; then
	valid_xml junit.xml
	count 1 'a^@blinkred^G^H^H^?' junit.xml
	end
else
	skip 'xmllint is missing'
fi

begin 'NDJSON of such output is valid UTF-8'
json_lines events
xtop --format json bytes
json_lines "$out"
! tr -d '\n\177' <"$out" | grep -q -a '[[:cntrl:]]' || complain 'control characters are escaped'
end

begin 'names of files with such bytes are shown, reported and handed on'
mkdir names
i=0
for name in 'with space' "new${newline}line" "$(printf 'escape\033[2J\007')" "$(printf 'invalid\377')" \
	'quo"te'"'"' & <b>]]>' '-n' '$(touch oops)' "$(printf 'caf\303\251')"; do
	i=$((i + 1))
	program "names/test_$name" 'printf "%s\n" "$XTOP_TEST_ID" >>seen; exit 1'
	printf '%s\n' "names/test_$name" >>"$scratch/names"
done
xtop --junit-xml junit.xml --events events names
code 1
closes 'xtop: 0 passed, 8 failed, 0 skipped'
no_controls "$out"
json_lines events
sort <"$scratch/names" >"$scratch/names.sorted"
sort <seen >"$scratch/seen.sorted"
cmp -s "$scratch/names.sorted" "$scratch/seen.sorted" || complain 'the tests saw their names in XTOP_TEST_ID'
# An invalid byte has no place in JSON.
perl -pe 's/\xff/\xef\xbf\xbd/' <"$scratch/names.sorted" >"$scratch/expected"
values id test.verdict <events | sort >"$scratch/found"
sort <"$scratch/expected" | cmp -s - "$scratch/found" || complain 'the events have the names'
missing oops
missing names/oops
xtop list names
no_controls "$out"
count 1 'test_new\nline' "$out"
xtop "names/test_new${newline}line" 'names/test_-n'
closes 'xtop: 0 passed, 2 failed, 0 skipped'
end

begin 'JUnit XML with such names is well-formed'
if has xmllint; then
	valid_xml junit.xml
	end
else
	skip 'xmllint is missing'
fi

begin 'without UTF-8 in the locale all of ours is ASCII'
program plain_bad 'exit 1'
xtop -v --color no plain_bad
! tr -d '[:print:]\n\t' <"$out" | grep -q . || complain 'there is only ASCII'
out_has 'x failed '
LC_ALL=C.UTF-8 xtop -v plain_bad
out_has '✘ failed '
LC_ALL=C.UTF-8 xtop -v --ascii plain_bad
out_has 'x failed '
end

finish
