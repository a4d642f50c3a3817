#!/bin/sh
# The jail of jail.c, as its author would start it.
set -e
cc -O1 -Wall -o /tmp/jail jail.c
exec /tmp/jail br0 sh /etc/jail/serve.sh eth0
