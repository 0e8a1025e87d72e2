#!/bin/sh
echo words before the end
exit 3
