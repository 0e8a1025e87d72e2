#!/bin/sh
# Programs that can't be executed are an error that says which and why; other tests run. TAP on stdout.
. "$srcdir/tests/lib/runs.sh"

printf 'no program at all\n' | program text.sh
printf '#!/no/such/interpreter\n' | program interpreter
printf '#!%s/interpreter\n' "$scratch" | program lost.sh
printf '#!/no/such/interpreter\n' | program broken.sh
program remover.sh <<'END'
#!/bin/sh
rm gone.sh
chmod -x locked.sh
rmdir below
END
printf '#!/bin/sh\n' | program gone.sh
printf '#!/bin/sh\n' | program locked.sh
printf '#!/bin/sh\n' | program fine.sh
printf '#!/bin/sh\n' | program homeless.sh
mkdir "$scratch/below"
cat >"$scratch/xtop.yaml" <<'END'
suites:
  - name: first
    adapter: exec
    programs: [remover.sh, text.sh, lost.sh, gone.sh, locked.sh, fine.sh]
  - name: elsewhere
    adapter: exec
    programs: [homeless.sh]
    cwd: below
END
run -n 0 --reruns 2
check 'the run has failures' same "$status" 1
check 'every test has its verdict' one_verdict_each
check 'the others ran' same "$(outcome remover.sh) $(outcome fine.sh)" 'passed passed'

# error_of ID
error_of() {
	events test.verdict | grep -F "\"id\":\"$1\"" | grep '"outcome":"error"' | field message
}
strerror() {
	perl -MErrno="$1" -e '$! = '"$1"'; print $!'
}
for pair in text.sh=ENOEXEC lost.sh=ENOENT; do
	id=${pair%=*}
	error=$(strerror "${pair#*=}")
	check "$id: the error names the program and why" same \
		"$(error_of $id | sed 's/\(: '"$error"'\) (.*/\1/')" "cannot execute $scratch/$id: $error"
	check "$id: it is not tried again" same "$(events test.started | grep -c "\"id\":\"$id\"")" 1
done
check 'a program that went away is named' same "$(error_of gone.sh)" "gone.sh: $(strerror ENOENT)"
check 'one that may not be executed is named' test -n "$(error_of locked.sh | grep '^locked.sh is not executable')"
check 'nothing is left' await none_marked
check 'a directory that is gone is named, and nothing else' same "$(error_of homeless.sh)" \
	"cannot change to its directory $scratch/below: $(strerror ENOENT)"
check 'a reader is told as well' grep -q "cannot execute $scratch/lost.sh" "$scratch/out"

cat >"$scratch/xtop.yaml" <<'END'
suites:
  - name: first
    adapter: exec
    programs: [broken.sh, fine.sh]
END
run -n 1
check 'an interpreter that is not there is named' same "$(error_of broken.sh)" \
	'its interpreter /no/such/interpreter (first line) does not exist'
check 'which is found out when tests are collected' same "$(outcome fine.sh) $status" 'passed 2'
end_tests
