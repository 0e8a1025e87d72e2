#!/usr/bin/perl
1 while 1;
