#!/usr/bin/perl
use POSIX ();
my $all = POSIX::SigSet->new;
$all->fillset;
POSIX::sigprocmask(POSIX::SIG_BLOCK, $all);
sleep 1000 while 1;
