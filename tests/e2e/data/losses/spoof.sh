#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Send from an address that nobody has a route back to; neighbours are asked from the right one.
set -e
echo 2 >/proc/sys/net/ipv4/conf/all/arp_announce
ip address add 192.0.2.1/32 dev lo
ip route change 10.7.0.0/24 via 10.6.0.254 src 192.0.2.1
