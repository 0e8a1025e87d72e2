#!/usr/bin/perl
$SIG{TERM} = "IGNORE";
sleep 1000 while 1;
