#!/usr/bin/perl
pipe my $in, my $out;
<$in>;
