#!/bin/sh
# Waits for what never comes, until its time is over.
echo 'waiting for the lock ...'
sleep 600
