#!/usr/bin/perl
use POSIX ();
unless (fork) {
	POSIX::setsid();
	exit 0 if fork;
	POSIX::close($_) for 0 .. 2;
	$SIG{$_} = "IGNORE" for qw(TERM HUP INT);
	exec "sleep", "1202";
}
wait;
print "1..1\nok 1\n";
