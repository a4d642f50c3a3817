#!/bin/sh
# In the jail: give the interface that it was born with an address, and serve.
set -e
ifconfig lo up
ifconfig "$1" 10.10.20.10/24
route add default gw 10.10.20.1 2>/dev/null || route -n | grep -q '^0.0.0.0 *10.10.20.1'
exec lighttpd -D -f /etc/jail/lighttpd.conf
