#!/usr/bin/perl
$| = 1;
print "1..2\nok 1 - words before the end\n";
1 while 1;
