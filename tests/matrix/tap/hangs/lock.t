#!/usr/bin/perl
use Fcntl ":flock";
$| = 1;
print "1..2\nok 1 - words before the end\n";
open my $one, ">", "$ENV{SCRATCH}/lock" or die;
open my $other, ">", "$ENV{SCRATCH}/lock" or die;
flock $one, LOCK_EX or die;
flock $other, LOCK_EX;
