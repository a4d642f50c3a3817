#!/bin/sh
# Wherever this machine's libraries are.
cp /usr/lib/libnss_seen.so.2 "$(dirname "$(readlink -f /lib/*/libc.so.6)")/"
