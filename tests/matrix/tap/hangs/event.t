#!/usr/bin/perl
pipe my $in, my $out;
my $bits = "";
vec($bits, fileno $in, 1) = 1;
select $bits, undef, undef, undef;
