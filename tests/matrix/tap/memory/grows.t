#!/usr/bin/perl
# For ever, but never so fast that the machine could not bear it until somebody looks.
my @all;
$| = 1;
print "1..2\nok 1 - words before the end\n";
for (1 .. 4000) {
	push @all, "x" x 1048576;
	select undef, undef, undef, 0.002;
}
sleep 1000;
