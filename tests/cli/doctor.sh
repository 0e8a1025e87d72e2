#!/bin/sh
# `xtop doctor` tells how -n auto came to its number, and what a run would be made with. TAP on stdout.
. "$srcdir/tests/lib/cases.sh"

mkdir tests
program tests/test_a 'sleep 0.01'
program tests/test_b 'exit 0'

# fact NAME: what stands behind it.
fact() {
	sed -n "s/^  $1   *//p" "$out" | head -n 1
}

# value NAME…: of the JSON object, each name a key.
value() {
	perl -MJSON::PP -e '
		local $/;
		open my $in, "<", shift or die;
		my $at = JSON::PP->new->utf8->decode(<$in>);
		$at = $at->{$_} for @ARGV;
		print defined $at ? $at : "null"' "$out" "$@"
}

begin 'each input of -n auto has a line, with the file that it is from'
xtop doctor
code 0
err ''
grep -q '^xtop [0-9]' "$out" || complain 'it says which xtop it is'
grep -q '^workers: -n auto means [1-9][0-9]* ' "$out" || complain 'it says what -n auto means'
for line in 'CPUs  *[1-9][0-9]*  */sys/devices/system/cpu/online' 'for this process  *[1-9][0-9]*  *sched_getaffinity(2)' \
	'quota  *[0-9n]' 'memory to be had  *[0-9.]* [A-Za-z]*  */' 'a worker took  *not known' 'open files  *'; do
	equal "the lines '$line'" 1 "$(grep -c "^  $line" "$out")"
done
equal 'the root' "$here" "$(fact root)"
equal 'the configuration' none "$(fact configuration)"
equal 'the history file' "$here/.xtop/history.db" "$(fact 'history file')"
equal 'the history' 'none yet; the first run begins it' "$(fact history)"
equal 'the distribution' load "$(fact distribution | sed 's/ .*//')"
[ "$(wc -l <"$out")" -le 40 ] || complain 'it is one screen'
missing .xtop
no_controls "$out"
end

begin 'the number is that of the workers of a run'
program tests/test_count 'echo "$XTOP_WORKER_COUNT" >count'
for i in 1 2 3 4 5 6 7 8 9; do
	cp tests/test_b "tests/test_more$i"
done
xtop doctor --json
code 0
json_lines "$out"
expected=$(value workers auto)
# Not more than there are tests.
[ "$expected" -gt 12 ] && expected=12
xtop --no-history tests
code 0
equal 'the workers of the run' "$expected" "$(cat count)"
rm tests/test_more* tests/test_count count
end

begin 'affinity counts'
if has taskset && first=$(taskset -cp $$ 2>/dev/null | sed 's/.*: \([0-9]*\).*/\1/') && [ -n "$first" ]; then
	shell "exec taskset -c $first \"\$XTOP\" doctor --json"
	code 0
	equal 'the affinity' 1 "$(value workers affinity)"
	equal 'the workers' 1 "$(value workers auto)"
	end
else
	skip 'taskset is missing'
fi

begin 'what the environment says goes before all'
PYTEST_XDIST_AUTO_NUM_WORKERS=7
export PYTEST_XDIST_AUTO_NUM_WORKERS
xtop doctor
code 0
equal 'what was told' '7           PYTEST_XDIST_AUTO_NUM_WORKERS, instead of what follows' "$(fact told)"
out_line 'workers: -n auto means 7 (and never more than there are tests)'
end

begin 'so does --maxprocesses, and files that may be open'
xtop doctor --maxprocesses 3
out_line 'workers: -n auto means 3 (and never more than there are tests)'
equal 'the cap' '3           --maxprocesses' "$(fact 'at most')"
shell 'ulimit -n 30 && exec "$XTOP" doctor'
code 0
out_line 'workers: -n auto means 2 (and never more than there are tests)'
equal 'the files' '30          ulimit -n, for 2 workers' "$(fact 'open files')"
unset PYTEST_XDIST_AUTO_NUM_WORKERS
end

begin 'what is configured is told'
printf 'suites:\n  - name: all\n    programs: tests/test_*\n' >xtop.yaml
xtop doctor -n 5 --dist loadfile
code 0
equal 'the workers' '5           -n, instead of auto' "$(fact configured)"
equal 'the distribution' 'loadfile    --dist' "$(fact distribution)"
equal 'the configuration' "$here/xtop.yaml" "$(fact configuration)"
rm xtop.yaml
end

begin 'a history is looked at, and only that'
xtop -n 1 tests
code 0
sum=$(cksum <.xtop/history.db)
xtop doctor
code 0
grep -q '^  history  *2 tests, [0-9.]* [A-Za-z]*, fingerprint [0-9a-f]\{16\}$' "$out" || complain 'it has 2 tests'
equal 'the distribution' duration "$(fact distribution | sed 's/ .*//')"
equal 'the history' "$sum" "$(cksum <.xtop/history.db)"
xtop doctor --json
equal 'the tests' 2 "$(value history tests)"
equal 'it is usable' 1 "$(value history usable)"
xtop doctor --no-history
equal 'without it' 'none: --no-history' "$(fact history)"
equal 'the distribution without it' load "$(fact distribution | sed 's/ .*//')"
end

begin 'a history that is damaged is told'
echo 'this is no data base' >broken.db
xtop doctor --history broken.db
code 0
case $(fact history) in "can't be used: "*broken.db*) ;; *) complain 'it says why it cannot be used' ;; esac
xtop doctor --history broken.db --json
code 0
equal 'it is usable' 0 "$(value history usable)"
end

begin 'the Python of a run is asked for its pytest'
program fake_python 'echo "a start-up file speaks"' 'echo "[\"3.99.0\", \"8.7.6\", null]"'
xtop doctor --python ./fake_python
code 0
equal 'the Python' "3.99.0      $here/fake_python" "$(fact Python)"
equal 'pytest' 8.7.6 "$(fact pytest)"
program fake_python 'echo "[\"3.99.0\", null, \"ModuleNotFoundError: no pytest\"]"'
xtop doctor --python ./fake_python
code 0
equal 'pytest' 'ModuleNotFoundError: no pytest' "$(fact pytest)"
program fake_python 'exit 9'
xtop doctor --python ./fake_python
code 0
equal 'pytest' 'it ended with exit code 9' "$(fact pytest)"
xtop doctor --python ./missing
code 0
case $(fact Python) in '--python: '*missing*) ;; *) complain 'it says that there is no such Python' ;; esac
end

begin 'a worker that took much lowers the number'
if ! has python3 || ! python3 -c 'import sqlite3' 2>/dev/null; then
	skip 'python3 has no sqlite3'
else
	python3 - <<-'END' || complain 'the history can be changed'
		import sqlite3
		history = sqlite3.connect(".xtop/history.db")
		tables = [row[0] for row in history.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
		for table in tables:
		    columns = [row[1] for row in history.execute("PRAGMA table_info(%s)" % table)]
		    if "worker_memory" in columns:
		        history.execute("UPDATE %s SET worker_memory = 1 << 50" % table)
		history.commit()
	END
	xtop doctor
	code 0
	equal 'for so many it is' 1 "$(fact 'for so many it is')"
	out_line 'workers: -n auto means 1 (and never more than there are tests)'
	equal 'what a worker took' history "$(fact 'a worker took' | sed 's/.* //')"
	end
fi

finish
