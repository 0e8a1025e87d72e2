#!/bin/sh
echo words before the end
exec sleep 1000
