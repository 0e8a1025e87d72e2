#!/bin/sh
sleep 1000
echo never
