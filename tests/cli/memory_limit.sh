#!/bin/sh
# Tests that use much memory: ended by --mem-limit, or killed by the kernel; and each test's own peak. TAP on stdout.
# shellcheck disable=SC1091,SC2154
. "$srcdir/tests/lib/runs.sh"
. "$srcdir/tests/lib/python.sh"
. "$srcdir/tests/lib/groups.sh"

message_of() {
	events test.verdict | grep -F "\"id\":\"$1\"" | field message
}

finished() {
	events test.finished | grep -F "\"id\":\"$1\""
}

# Those of a whole tree are listed by kernels that have CONFIG_PROC_CHILDREN.
[ -e "/proc/$$/task/$$/children" ] || {
	echo '1..0 # SKIP this kernel does not list the children of processes'
	exit 0
}

program grows.pl <<'END'
#!/usr/bin/perl
# For ever, but never so fast that the machine could not bear it until somebody looks.
my @all;
for (1 .. 4000) {
	push @all, "x" x 1048576;
	select undef, undef, undef, 0.002;
}
sleep 1000;
END
program child_grows.sh <<'END'
#!/bin/sh
"$SCRATCH/grows.pl"
echo never
END
program many.pl <<'END'
#!/usr/bin/perl
# None of them is beyond the limit.
for (1 .. 4) {
	next if fork;
	my $part = "x" x (50 << 20);
	sleep 1000;
	exit;
}
wait for 1 .. 4;
END
program fine.sh <<'END'
#!/bin/sh
END
program times_out.pl <<'END'
#!/usr/bin/perl
$SIG{TERM} = sub { exec "$ENV{SCRATCH}/grows.pl" };
sleep 1000;
END
export SCRATCH="$scratch"
run -n 2 --mem-limit 120M grows.pl child_grows.sh many.pl fine.sh
check 'tests beyond the limit fail the run' same "$status" 1
check 'every test has its verdict' one_verdict_each
for id in grows.pl child_grows.sh many.pl; do
	check "$id crashed" same "$(outcome $id)" crashed
	check "$id says why" same "$(message_of $id | sed 's/: [0-9]*M$//')" 'used more than --mem-limit 120M'
	finished $id >"$scratch/finished"
	# By the worker, or by the kernel where this script is in a control group that allows it.
	check "$id has evidence" grep -q -e '"evidence":{"killed_by":"xtop","limit":125829120,"rss":[0-9]*}' \
		-e '"evidence":{"killed_by":"kernel","limit":125829120}' "$scratch/finished"
done
check 'others run' same "$(outcome fine.sh)" passed
check 'nothing is left' await none_marked

run -n 1 grows.pl --timeout 0.3 --mem-limit 4G
check 'within its limit it only times out' same "$(outcome grows.pl)" timeout
run -n 1 times_out.pl --timeout 0.3 --timeout-grace 100 --mem-limit 120M
check 'a timeout stays one when it goes on growing' same "$(outcome times_out.pl)" timeout
check 'and does not get its grace for that' await none_marked

# --- the kernel's killer, in a control group of our own ---

if make_group $((100 << 20)); then
	# Only what is run from here on is in it.
	kernel_run() {
		start_in_group "$@"
		finish
	}
	program suicide.sh <<-'END'
		#!/bin/sh
		kill -KILL $$
	END
	kernel_run -n 1 --leak report suicide.sh grows.pl fine.sh
	check 'what the kernel killed has crashed' same "$(outcome grows.pl)" crashed
	check 'the kernel counted it' grep -q 'oom_kill [1-9]' "$group/$events_file"
	finished grows.pl >"$scratch/finished"
	check 'and is named' grep -q '"evidence":{"oom":[1-9][0-9]*,"killed_by":"kernel"}' "$scratch/finished"
	finished suicide.sh >"$scratch/finished"
	check 'what was killed by others is not' grep -q '"evidence":{"oom":0}' "$scratch/finished"
	check 'others run' same "$(outcome fine.sh)" passed
	check 'nothing is left' await none_marked
	rmdir "$group"
else
	echo "ok $((number += 1)) - the kernel's killer # SKIP no control group can be made here"
fi

# --- the limit as a control group's, of version 2 ---

if make_group $((600 << 20)) && [ "$limit_file" = memory.max ]; then
	kernel_run -n 2 --mem-limit 60M grows.pl child_grows.sh many.pl suicide.sh fine.sh
	check 'groups: tests beyond the limit fail the run' same "$status" 1
	check 'groups: every test has its verdict' one_verdict_each
	for id in grows.pl child_grows.sh many.pl; do
		check "groups: $id crashed" same "$(outcome $id)" crashed
		check "groups: $id says why" same "$(message_of $id)" 'used more than --mem-limit 60M'
		finished $id >"$scratch/finished"
		check "groups: the kernel ended $id" grep -q '"evidence":{"killed_by":"kernel","limit":62914560}' "$scratch/finished"
	done
	finished suicide.sh >"$scratch/finished"
	check 'groups: what others killed did not need too much' grep -q '"evidence":{"oom":0}' "$scratch/finished"
	check 'groups: others run' same "$(outcome fine.sh)" passed
	check 'groups: nothing is left' await none_marked
	check 'groups: no group either' same "$(find "$group" -mindepth 1 -type d)" ''
	check 'groups: and it hands nothing out' same "$(cat "$group/cgroup.subtree_control")" ''

	printf 'defaults: {mem-limit: 60M}\nrules: [{filter: name(child), mem-limit: 90M}]\n' >"$scratch/xtop.yaml"
	kernel_run -n 1 grows.pl child_grows.sh
	check 'groups: the limit of the next test is its own' same "$(message_of grows.pl) $(message_of child_grows.sh)" \
		'used more than --mem-limit 60M used more than --mem-limit 90M'
	rm "$scratch/xtop.yaml"

	start_in_group -n 1 --mem-limit 400M --timeout 60 many.pl
	check 'groups: a worker is in none of its own' await exists "$group/xtop-$xtop/gw0/cgroup.procs"
	check 'groups: but what it runs is' await grep -q . "$group/xtop-$xtop/gw0/cgroup.procs"
	kill -INT "$xtop"
	finish
	check 'groups: an interrupt leaves none' same "$(find "$group" -mindepth 1 -type d)" ''

	# Somebody else is in the group: it stays as it is.
	sleep 1000 &
	other=$!
	echo "$other" >"$group/cgroup.procs"
	kernel_run -n 1 --mem-limit 120M grows.pl
	check 'groups: where others are the worker watches' same "$(message_of grows.pl | sed 's/: [0-9]*M$/: M/')" \
		'used more than --mem-limit 120M: M'
	check 'groups: and they stay there' same "$(cat "$group/cgroup.procs")" "$other"
	kill "$other"
	wait "$other" 2>/dev/null
	check 'groups: that can be removed' await rmdir "$group"
else
	[ "$group" ] && rmdir "$group"
	echo "ok $((number += 1)) - --mem-limit by control groups # SKIP no group of version 2 with memory can be made here"
fi

# --- pytest ---

mkdir "$scratch/suite"
cat >"$scratch/suite/test_memory.py" <<'END'
import subprocess
import time


def test_small():
    pass


def test_peak():
    assert b"x" * (64 << 20)


def test_after_peak():
    pass


def test_grows():
    print("words before it grew")
    parts = []
    for _ in range(4000):
        parts.append(b"x" * (1 << 20))
        time.sleep(0.002)


def test_child_grows():
    script = "my @all; for (1 .. 4000) { push @all, 'x' x 1048576; select undef, undef, undef, 0.002 }"
    subprocess.run(["perl", "-e", script])


def test_after():
    pass
END

memory_of_pytest() {
	at=suite/test_memory.py::test_
	run --adapter pytest --python "$python" -n 1 --mem-limit 250M suite
	check "$which: every test has its verdict" one_verdict_each
	for id in grows child_grows; do
		check "$which: $id is ended" same "$(outcome $at$id) $(message_of $at$id | sed 's/: [0-9]*M$//')" \
			'crashed used more than --mem-limit 250M'
	done
	check "$which: others run" same "$(outcome ${at}small) $(outcome ${at}peak) $(outcome ${at}after)" 'passed passed passed'
	events test.output | grep -F "${at}grows" >"$scratch/words"
	check "$which: what was printed before is there" grep -q 'words before it grew' "$scratch/words"
	small=$(finished ${at}small | field rss)
	peak=$(finished ${at}peak | field rss)
	after=$(finished ${at}after_peak | field rss)
	check "$which: a test's peak is told" test "$peak" -gt $((64 << 20))
	check "$which: and is not that of the next" test "$after" -lt $((peak - (32 << 20)))
	check "$which: nor more than it was" test "$after" -lt $((small + (32 << 20)))
	check "$which: nothing is left" await none_marked
}

each_python memory_of_pytest
end_tests
