#!/bin/sh
# Stands in for a check of the installed shop.
sleep 0.7
echo "health: fine"
