#!/bin/sh
echo 1..1
echo ok 1 - words before the end
echo '==1==ERROR: AddressSanitizer: stack-overflow on address 0x1' >&2
exit 1
