#!/bin/sh
# Ends by itself soon enough.
sleep 0.01 &
