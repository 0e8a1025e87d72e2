#!/usr/bin/perl
$| = 1;
print "1..2\nok 1 - words before the end\n";
my $child = fork;
waitpid $child, 0 if $child;
print "ok 2 - both say so\n";
