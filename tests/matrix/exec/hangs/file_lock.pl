#!/usr/bin/perl
use Fcntl ":flock";
open my $one, ">", "$ENV{SCRATCH}/lock" or die;
open my $other, ">", "$ENV{SCRATCH}/lock" or die;
flock $one, LOCK_EX or die;
flock $other, LOCK_EX;
