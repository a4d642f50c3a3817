#!/bin/sh
# The gateway's own part of the network: a bridge for the jail, and routing.
set -e
brctl addbr br0
ifconfig br0 10.10.20.1/24 up
echo 1 >/proc/sys/net/ipv4/ip_forward

# What is served, and how. /etc is the jail's as well, read-only.
mkdir -p /etc/jail /var/www/html
cp lighttpd.conf serve.sh /etc/jail
echo "Greetings from the jail." >/var/www/html/index.html
